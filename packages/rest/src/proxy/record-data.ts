import { type JsonValue, jsonText } from '@headwater/serdes';
import { shown } from './fields.ts';
import { refused } from './proxy-error.ts';

/** What keys and values are, as v3 requests name it. */
export const dataTypes = ['BINARY', 'JSON', 'STRING', 'AVRO', 'JSONSCHEMA', 'PROTOBUF'] as const;
export type DataType = (typeof dataTypes)[number];
export type PlainType = 'BINARY' | 'JSON' | 'STRING';
export type SchemaDataType = 'AVRO' | 'JSONSCHEMA' | 'PROTOBUF';

export function needsSchema(type: DataType): type is SchemaDataType {
  return type === 'AVRO' || type === 'JSONSCHEMA' || type === 'PROTOBUF';
}

/** The bytes of a key or value without a schema; null for null. @throws ProxyError 400 */
export function plainBytes(type: PlainType, data: JsonValue): Buffer | null {
  if (data === null) return null;
  if (type === 'JSON') return Buffer.from(jsonText(data));
  if (typeof data !== 'string') {
    throw refused(`data=${shown(data)} is not a ${type === 'BINARY' ? 'base64 string' : 'string'}.`);
  }
  if (type === 'STRING') return Buffer.from(data);
  const bytes = fromBase64(data);
  if (bytes === null) throw refused(`data=${shown(data)} is not a valid base64 string.`);
  return bytes;
}

const base64Pattern = /^[A-Za-z0-9+/]*={0,2}$/;

/** Null for a text that is no base64: Node's own decoder leaves out what it does not know. */
export function fromBase64(text: string): Buffer | null {
  if (!base64Pattern.test(text)) return null;
  const padded = text.endsWith('=');
  const length = padded ? text.replace(/=+$/, '').length : text.length;
  if (length % 4 === 1 || (padded && text.length % 4 !== 0)) return null;
  return Buffer.from(text, 'base64');
}
