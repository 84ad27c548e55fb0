import { isUtf8 } from 'node:buffer';
import type { RecordInput, RecordView } from '@headwater/protocol';
import { JsonNumber, type JsonValue, parseJson } from '@headwater/serdes';

/**
 * A record as one line of JSON that loses nothing: what is text is a text, other bytes are `{"base64":…}`, headers are pairs in their order.
 * `headwater consume --format record` writes it, `headwater produce --format record` reads it.
 */
export function exactRecord(record: RecordView, topic: string, partition: number): string {
  const headers = record.headers.map(({ key, value }) => `[${JSON.stringify(key)},${exact(value)}]`).join(',');
  return `{"topic":${JSON.stringify(topic)},"partition":${partition},"offset":${record.offset},"timestamp":${record.timestamp},"key":${exact(record.key)},"value":${exact(record.value)},"headers":[${headers}]}`;
}

function exact(bytes: Buffer | null): string {
  if (bytes === null) return 'null';
  return isUtf8(bytes) ? JSON.stringify(bytes.toString('utf8')) : `{"base64":"${bytes.toString('base64')}"}`;
}

/** What `exactRecord` wrote. Throws a TypeError that says what is wrong. */
export function readExactRecord(line: string): RecordInput & { partition: number | undefined } {
  let given: JsonValue;
  try {
    given = parseJson(line);
  } catch (cause) {
    throw new TypeError(`it is not JSON: ${(cause as Error).message}`);
  }
  if (!(given instanceof Map)) throw new TypeError('it is no JSON object');
  const value = given.get('value');
  if (value === undefined) throw new TypeError('it has no "value" (null for a tombstone)');
  const headers = given.get('headers') ?? [];
  if (!Array.isArray(headers)) throw new TypeError('"headers" is no list of [name, value]');
  const timestamp = given.get('timestamp');
  const partition = given.get('partition');
  return {
    key: bytesOf(given.get('key') ?? null, 'key'),
    value: bytesOf(value, 'value'),
    headers: headers.map((pair) => {
      if (!Array.isArray(pair) || typeof pair[0] !== 'string') throw new TypeError('a header is [name, value]');
      return { key: pair[0], value: bytesOf(pair[1] ?? null, `header ${pair[0]}`) };
    }),
    ...(timestamp !== undefined && { timestamp: whole(timestamp, 'timestamp') }),
    partition: partition === undefined ? undefined : whole(partition, 'partition'),
  };
}

function whole(value: JsonValue, name: string): number {
  const number = value instanceof JsonNumber ? Number(value.text) : value;
  if (Number.isSafeInteger(number) && (number as number) >= 0) return number as number;
  throw new TypeError(`"${name}" is no whole number`);
}

function bytesOf(value: JsonValue, name: string): string | Buffer | null {
  if (value === null || typeof value === 'string') return value;
  const base64 = value instanceof Map ? value.get('base64') : undefined;
  if (typeof base64 === 'string') return Buffer.from(base64, 'base64');
  throw new TypeError(
    `"${name}" is neither a text, null nor {"base64":"…"}: --format record reads what consume --format record writes`,
  );
}
