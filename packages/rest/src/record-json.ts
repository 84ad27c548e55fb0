import { isUtf8 } from 'node:buffer';
import { isJson } from '@headwater/http';
import type { RecordView } from '@headwater/protocol';
import type { RecordSchemas, ShownPart } from './schemas/record-schemas.ts';

export type RecordFormat = 'json' | 'text';

/** In the text format a value longer than this is cut: a page of many large ones stays a page. */
export const textValueBytesMax = 64 * 1024;

export interface Placed {
  topic: string;
  partition: number;
  timestampType: 'CreateTime' | 'LogAppendTime';
}

/** Renders records as JSON text. Numbers in values keep every digit: the bytes are embedded, never parsed and printed. */
export function recordJson(
  record: RecordView,
  at: Placed,
  format: RecordFormat,
  schemas: RecordSchemas | null = null,
): string {
  const head =
    `{"topic":${JSON.stringify(at.topic)},"partition":${at.partition},"offset":${record.offset},` +
    `"timestamp":${record.timestamp},"timestampType":"${at.timestampType}",`;
  const key = schemas?.show(record, 'key', at.topic) ?? null;
  const value = schemas?.show(record, 'value', at.topic) ?? null;
  return format === 'json' ? `${head}${jsonBody(record, key, value)}` : `${head}${textBody(record, key, value)}`;
}

function jsonBody(record: RecordView, key: ShownPart | null, value: ShownPart | null): string {
  const headers = record.headers.map(({ key, value }) => `${JSON.stringify(key)}:${plain(value)}`).join(',');
  const number = key === null ? keyNumber(record.key) : null;
  const keyText = key !== null ? decoded(record.key, key) : (number?.digits ?? structuredOrPlain(record.key));
  const valueText = value === null ? embedded(record.value) : decoded(record.value, value);
  const format = number === null ? '' : `,"keyFormat":"${number.format}"`;
  return `"key":${keyText},"value":${valueText},"headers":{${headers}}${format}${about('key', key)}${about('value', value)}}`;
}

/** What was written by a schema as JSON; what cannot be read by it as bytes. */
function decoded(bytes: Buffer | null, part: ShownPart): string {
  return 'json' in part ? part.json : base64(bytes!);
}

/** `,"valueSchema":{"id","type","subject","version"},"valueError":"…"`: beside the value, so that this stays what it is. */
function about(name: 'key' | 'value', part: ShownPart | null): string {
  if (part === null) return '';
  const schema = part.schema === undefined ? '' : `,"${name}Schema":${JSON.stringify(part.schema)}`;
  return 'error' in part ? `${schema},"${name}Error":${JSON.stringify(part.error)}` : schema;
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

/** A key that Kafka's own serializers wrote of a number: four or eight bytes that are no text that anybody would write. */
export function keyNumber(bytes: Buffer | null): { digits: string; format: 'int32' | 'int64' } | null {
  if (bytes === null || (bytes.length !== 8 && bytes.length !== 4)) return null;
  if (isUtf8(bytes) && bytes.every((byte) => byte >= 0x20 && byte !== 0x7f)) return null;
  return bytes.length === 8
    ? { digits: String(bytes.readBigInt64BE()), format: 'int64' }
    : { digits: String(bytes.readInt32BE()), format: 'int32' };
}

function plain(bytes: Buffer | null): string {
  if (bytes === null) return 'null';
  return isUtf8(bytes) ? JSON.stringify(bytes.toString('utf8')) : base64(bytes);
}

function base64(bytes: Buffer): string {
  return `{"base64":"${bytes.toString('base64')}"}`;
}

function textBody(record: RecordView, key: ShownPart | null, value: ShownPart | null): string {
  const headers = record.headers.map(({ key, value }) => `{"key":${JSON.stringify(key)},"value":${shown(value)}}`);
  return `"key":${shownKey(record.key, key)},"value":${shownPart(record.value, value)},"headers":[${headers.join(',')}]}`;
}

/** As `shownPart`; a number with `format`, `int32` or `int64`. */
function shownKey(bytes: Buffer | null, part: ShownPart | null): string {
  const number = part === null ? keyNumber(bytes) : null;
  if (number === null) return shownPart(bytes, part);
  return `{"text":"${number.digits}","format":"${number.format}","sizeBytes":${bytes!.length},"truncated":false}`;
}

/** As `shown`; with `schema` where it was written by one, its JSON as the text, and `error` where it cannot be read by it. */
function shownPart(bytes: Buffer | null, part: ShownPart | null): string {
  if (bytes === null || part === null) return shown(bytes);
  const schema = part.schema === undefined ? '' : `,"schema":${JSON.stringify(part.schema)}`;
  if ('error' in part) {
    const cut = bytes.subarray(0, textValueBytesMax);
    const truncated = cut.length < bytes.length;
    return `{"base64":"${cut.toString('base64')}","sizeBytes":${bytes.length},"truncated":${truncated}${schema},"error":${JSON.stringify(part.error)}}`;
  }
  const text = Buffer.from(part.json);
  const truncated = text.length > textValueBytesMax;
  const cut = truncated ? text.toString('utf8', 0, wholeCharacters(text, textValueBytesMax)) : part.json;
  return `{"text":${JSON.stringify(cut)},"sizeBytes":${bytes.length},"truncated":${truncated}${schema}}`;
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
