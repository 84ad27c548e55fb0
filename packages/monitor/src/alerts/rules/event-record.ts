import type { Labels } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';

/** A record of a topic as rules see it. */
export interface EventRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: string | null;
  /** The JSON object that it holds; null: it holds something else. */
  readonly fields: Readonly<Record<string, unknown>> | null;
}

const labelMaxChars = 256;
const valueMaxBytes = 1024 * 1024;
/** After an object with this key Node's JSON.parse can give wrong keys to others. */
const trap = Buffer.from('"\\\\":');

export function eventRecord(
  topic: string,
  partition: number,
  record: { offset: number; timestamp: number; key: Buffer | null; value: Buffer | null },
): EventRecord {
  const { key, offset, timestamp, value } = record;
  return {
    topic,
    partition,
    offset,
    timestampMs: timestamp,
    key: key === null ? null : key.toString('utf8'),
    fields: fieldsOf(value),
  };
}

function fieldsOf(value: Buffer | null): Record<string, unknown> | null {
  // `{` first: what is no object has no fields.
  if (value === null || value.length > valueMaxBytes || value[0] !== 0x7b || value.includes(trap)) return null;
  try {
    return JSON.parse(value.toString('utf8')) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** What stands at a path such as `service`, `labels.region` or `$key`; undefined: nothing. */
export function fieldOf(record: EventRecord, path: string): unknown {
  if (path === '$key') return record.key ?? undefined;
  let value: unknown = record.fields;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function holds(record: EventRecord, where: readonly Matcher[]): boolean {
  return where.every((matcher) => matcher.matches({ [matcher.name]: textOf(fieldOf(record, matcher.name)) }));
}

/** The labels that the fields named by `by` make: of `labels.region` the label is `region`, of `$key` it is `key`. */
export function labelsOf(record: EventRecord, by: readonly string[]): Labels {
  const labels: Record<string, string> = {};
  for (const path of by) {
    const text = textOf(fieldOf(record, path));
    if (text !== '') labels[labelNameOf(path)] = text.length > labelMaxChars ? text.slice(0, labelMaxChars) : text;
  }
  return labels;
}

export function labelNameOf(path: string): string {
  const name = path === '$key' ? 'key' : path.slice(path.lastIndexOf('.') + 1);
  return name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^\d/, '_');
}
