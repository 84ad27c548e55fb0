import { isUtf8 } from 'node:buffer';
import type { FetchedBatch } from '@headwater/client';
import type { RecordView } from '@headwater/protocol';
import { keyNumber, type RecordSchemas, recordJson } from '@headwater/rest';
import { exactRecord } from '../kafka-command/exact-record.ts';
import type { ConsumeFlags } from './consume-flags.ts';

const newline = Buffer.from('\n');

/** Records as lines of the format that was asked for, and which of them are asked for. */
export class RecordLines {
  readonly #flags: ConsumeFlags;
  /** Null: values are shown as they are. */
  readonly #schemas: RecordSchemas | null;

  constructor(flags: ConsumeFlags, schemas: RecordSchemas | null) {
    this.#flags = flags;
    this.#schemas = flags.format === 'record' || flags.isRaw ? null : schemas;
  }

  /** Asks the registry for what the records of a batch were written by, where that is not known yet. */
  prepare(records: readonly RecordView[]): Promise<void> | undefined {
    const schemas = this.#schemas;
    if (schemas === null || records.every((record) => schemas.isReady(record))) return undefined;
    return schemas.prepare(records);
  }

  /** The line with its end; undefined for a record that is not asked for. */
  line(record: RecordView, batch: FetchedBatch): string | Buffer | undefined {
    const { format, key, contains } = this.#flags;
    const { topic, partition } = batch;
    if (key !== undefined && this.#keyText(record, topic) !== key) return undefined;
    if (contains !== undefined && !this.#has(record, topic, contains)) return undefined;
    switch (format) {
      case 'json': {
        const { timestampType } = batch.header;
        return `${recordJson(record, { topic, partition, timestampType }, 'json', this.#schemas)}\n`;
      }
      case 'record':
        return `${exactRecord(record, topic, partition)}\n`;
      case 'value':
        return this.#valueLine(record, topic);
      case 'template':
        return `${this.#templateText(record, topic, partition)}\n`;
    }
  }

  #valueLine(record: RecordView, topic: string): string | Buffer {
    const shown = this.#schemas?.show(record, 'value', topic) ?? null;
    if (shown !== null && 'json' in shown) return `${shown.json}\n`;
    return record.value === null ? newline : Buffer.concat([record.value, newline]);
  }

  #has(record: RecordView, topic: string, text: string): boolean {
    return this.#keyText(record, topic).includes(text) || this.#valueText(record, topic).includes(text);
  }

  #keyText(record: RecordView, topic: string): string {
    const shown = this.#schemas?.show(record, 'key', topic) ?? null;
    if (shown !== null && 'json' in shown) return unquoted(shown.json);
    return (this.#flags.isRaw ? null : keyNumber(record.key))?.digits ?? textOf(record.key);
  }

  #valueText(record: RecordView, topic: string): string {
    const shown = this.#schemas?.show(record, 'value', topic) ?? null;
    return shown !== null && 'json' in shown ? shown.json : textOf(record.value);
  }

  #templateText(record: RecordView, topic: string, partition: number): string {
    return this.#flags.template.replace(
      /\\n|\\t|\{([a-z]+)(?:\.([^{}]+))?\}/g,
      (whole, name?: string, header?: string) => {
        if (whole === '\\n') return '\n';
        if (whole === '\\t') return '\t';
        switch (name) {
          case 'topic':
            return topic;
          case 'partition':
            return String(partition);
          case 'offset':
            return String(record.offset);
          case 'timestamp':
            return String(record.timestamp);
          case 'time':
            return record.timestamp < 0 ? '' : new Date(record.timestamp).toISOString();
          case 'key':
            return this.#keyText(record, topic);
          case 'value':
            return this.#valueText(record, topic);
          case 'headers':
            return record.headers.map((each) => `${each.key}=${textOf(each.value)}`).join(',');
          case 'header':
            return textOf(record.headers.findLast((each) => each.key === header)?.value ?? null);
          default:
            return whole;
        }
      },
    );
  }
}

/** A key that is a JSON text is shown without its quotes. */
function unquoted(json: string): string {
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}

function textOf(bytes: Buffer | null): string {
  if (bytes === null) return '';
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('base64');
}
