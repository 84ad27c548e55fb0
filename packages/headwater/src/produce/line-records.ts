import type { EachRecord } from '@headwater/client';
import { checkJson } from '@headwater/http';
import type { KnownSchema, SchemaForms } from '@headwater/rest';
import { parseJson } from '@headwater/serdes';
import { HeadwaterError } from '../headwater-error.ts';
import { readExactRecord } from '../kafka-command/exact-record.ts';
import type { ProduceFlags } from './produce-flags.ts';

export interface ValueSchema {
  readonly forms: SchemaForms;
  readonly known: KnownSchema & { id: number };
  readonly subject: string;
}

/** Lines to records, as the flags say. Throws HW_PRODUCE_LINE with the number of the line that is none. */
export class LineRecords {
  readonly #flags: ProduceFlags;
  readonly #schema: ValueSchema | null;
  readonly #separator: Buffer | null;

  constructor(flags: ProduceFlags, schema: ValueSchema | null) {
    this.#flags = flags;
    this.#schema = schema;
    this.#separator = flags.keySeparator === undefined ? null : Buffer.from(flags.keySeparator);
  }

  /** @param number of the line, from 1 */
  record(line: Buffer, number: number): EachRecord {
    const { key = null, headers, isTombstones, format } = this.#flags;
    if (format === 'record') return this.#exact(line, number);
    if (this.#separator === null) return { key, value: this.#value(line, number), headers };
    const at = line.indexOf(this.#separator);
    if (at === -1) {
      throw this.#wrong(number, `it has no "${this.#flags.keySeparator}" between key and value`);
    }
    const rest = line.subarray(at + this.#separator.length);
    const value = isTombstones && rest.length === 0 ? null : this.#value(rest, number);
    return { key: line.subarray(0, at), value, headers };
  }

  #value(bytes: Buffer, number: number): Uint8Array | Buffer {
    if (this.#schema !== null) {
      const { forms, known, subject } = this.#schema;
      try {
        return forms.encode(known, parseJson(bytes.toString('utf8')), 'plain');
      } catch (cause) {
        throw this.#wrong(number, `it does not fit the schema of ${subject}: ${(cause as Error).message}`, cause);
      }
    }
    if (this.#flags.format === 'json') {
      const mistake = checkJson(bytes);
      if (mistake !== undefined)
        throw this.#wrong(number, `it is not JSON: ${mistake.message} (column ${mistake.column})`);
    }
    return bytes;
  }

  #exact(line: Buffer, number: number): EachRecord {
    try {
      const { partition, ...record } = readExactRecord(line.toString('utf8'));
      const headers = [...(record.headers ?? []), ...this.#flags.headers];
      return { ...record, headers, ...(this.#flags.isKeepingPartitions && partition !== undefined && { partition }) };
    } catch (cause) {
      throw this.#wrong(number, (cause as Error).message, cause);
    }
  }

  #wrong(number: number, why: string, cause?: unknown): HeadwaterError {
    return new HeadwaterError('HW_PRODUCE_LINE', `line ${number}: ${why}`, cause);
  }
}
