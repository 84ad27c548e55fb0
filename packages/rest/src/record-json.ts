import { isUtf8 } from 'node:buffer';
import { isJson } from '@headwater/http';
import type { RecordView } from '@headwater/protocol';

export type RecordFormat = 'json' | 'text';

/** In the text format a value longer than this is cut: a page of many large ones stays a page. */
export const textValueBytesMax = 64 * 1024;

export interface Placed {
  topic: string;
  partition: number;
  timestampType: 'CreateTime' | 'LogAppendTime';
}

/** Renders records as JSON text. Numbers in values keep every digit: the bytes are embedded, never parsed and printed. */
export function recordJson(record: RecordView, at: Placed, format: RecordFormat): string {
  const head =
    `{"topic":${JSON.stringify(at.topic)},"partition":${at.partition},"offset":${record.offset},` +
    `"timestamp":${record.timestamp},"timestampType":"${at.timestampType}",`;
  return format === 'json' ? `${head}${jsonBody(record)}` : `${head}${textBody(record)}`;
}

function jsonBody(record: RecordView): string {
  const headers = record.headers.map(({ key, value }) => `${JSON.stringify(key)}:${plain(value)}`).join(',');
  return `"key":${structuredOrPlain(record.key)},"value":${embedded(record.value)},"headers":{${headers}}}`;
}

/** Valid JSON as it is, other text as a JSON string, other bytes as `{"base64":…}`. */
function embedded(bytes: Buffer | null): string {
  if (bytes === null) return 'null';
  if (!isUtf8(bytes)) return base64(bytes);
  const text = bytes.toString('utf8');
  return isJson(bytes) ? text : JSON.stringify(text);
}

/** A key is embedded only when it is an object or an array: the key `42` does not turn into a number beside the key `a1`. */
function structuredOrPlain(bytes: Buffer | null): string {
  const isStructured = bytes !== null && (bytes[0] === 0x7b || bytes[0] === 0x5b);
  return isStructured ? embedded(bytes) : plain(bytes);
}

function plain(bytes: Buffer | null): string {
  if (bytes === null) return 'null';
  return isUtf8(bytes) ? JSON.stringify(bytes.toString('utf8')) : base64(bytes);
}

function base64(bytes: Buffer): string {
  return `{"base64":"${bytes.toString('base64')}"}`;
}

function textBody(record: RecordView): string {
  const headers = record.headers.map(({ key, value }) => `{"key":${JSON.stringify(key)},"value":${shown(value)}}`);
  return `"key":${shown(record.key)},"value":${shown(record.value)},"headers":[${headers.join(',')}]}`;
}

/** `{"text","sizeBytes","truncated"}`, or base64 for bytes that are not UTF-8. */
function shown(bytes: Buffer | null): string {
  if (bytes === null) return 'null';
  const truncated = bytes.length > textValueBytesMax;
  const part = truncated ? bytes.subarray(0, wholeCharacters(bytes, textValueBytesMax)) : bytes;
  const what = isUtf8(part)
    ? `"text":${JSON.stringify(part.toString('utf8'))}`
    : `"base64":"${part.toString('base64')}"`;
  return `{${what},"sizeBytes":${bytes.length},"truncated":${truncated}}`;
}

/** The largest length up to `max` that does not cut a UTF-8 character. */
function wholeCharacters(bytes: Buffer, max: number): number {
  let end = max;
  while (end > max - 4 && end > 0 && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return end;
}
