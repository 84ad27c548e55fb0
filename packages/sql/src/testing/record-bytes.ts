import { JsonNumber, type JsonValue, jsonText, parseJson } from '@headwater/serdes';
import { bytesOfBase64 } from '../formats/base64.ts';
import type { CodecSpec } from '../formats/format.ts';
import { rowCodec } from '../formats/row-codec.ts';
import { SqlError } from '../sql-error.ts';
import { type SqlType, sqlTypes } from '../types/sql-type.ts';
import { wholePartOf } from '../values/big-decimal.ts';
import { parseDouble } from '../values/double-text.ts';
import { longOf } from '../values/long.ts';
import { type RecordValue, recordValueOf, recordValueOfJson } from './record-value.ts';
import { plainMessageBytes, schemaRecordBytes } from './schema-record-bytes.ts';

/** The keys or values of a topic, between JSON as a test file has it and their bytes. Null is null both ways. */
export interface RecordBytesCodec {
  encode(json: JsonValue): Buffer | null;
  decode(bytes: Buffer | null): RecordValue;
}

/**
 * @param spec of the source that the topic belongs to
 * @param schemaId of the schema that records are written with, in formats with a registry; it has to be in the schema book already
 *   (`await schemaBookOf(registry).fetch(id)`). Without it records are only read.
 * @throws SqlError
 */
export function recordBytesCodec(spec: CodecSpec, schemaId?: number): RecordBytesCodec {
  switch (spec.format.name) {
    case 'NONE':
      return { encode: () => null, decode: () => null };
    case 'JSON':
      return {
        encode: (json) => (json === null ? null : Buffer.from(jsonText(json))),
        decode: (bytes) => (bytes === null ? null : recordValueOfJson(parseJson(bytes.toString()))),
      };
    case 'DELIMITED':
      return {
        encode: (json) => (json === null ? null : Buffer.from(textOf(json))),
        decode: (bytes) => bytes?.toString() ?? null,
      };
    case 'KAFKA':
      return kafkaRecordBytes(spec);
    case 'PROTOBUF_NOSR':
      return plainMessageBytes(spec);
    default:
      return schemaRecordBytes(spec, schemaId);
  }
}

/** Without a column everything is text. */
function kafkaRecordBytes(spec: CodecSpec): RecordBytesCodec {
  const type = spec.columns[0]?.type ?? sqlTypes.string;
  const codec = rowCodec({ ...spec, columns: [{ name: 'COLUMN', type }] });
  return {
    encode: (json) =>
      json === null ? null : Buffer.from(codec.encode([scalarOf(type, json)], spec.topic) as Uint8Array),
    decode: (bytes) =>
      bytes === null ? null : recordValueOf(type, codec.decode(bytes, 0, bytes.length, spec.topic)[0]),
  };
}

function scalarOf(type: SqlType, json: JsonValue): unknown {
  const text = textOf(json);
  switch (type.kind) {
    case 'INTEGER':
      return Number(BigInt.asIntN(32, wholePartOf(text)));
    case 'BIGINT':
      return longOf(wholePartOf(text));
    case 'DOUBLE': {
      const value = parseDouble(text);
      if (value === undefined) throw new SqlError('HW_SQL_FORMAT', `${text} is no DOUBLE`);
      return value;
    }
    case 'BYTES':
      return bytesOfBase64(text);
    default:
      return text;
  }
}

function textOf(json: JsonValue): string {
  if (typeof json === 'string') return json;
  return json instanceof JsonNumber ? json.text : jsonText(json);
}

/** The window of a record's key. The end of a session is its last record's time; of others, start and size. */
export interface RecordWindow {
  readonly type: 'time' | 'session';
  readonly startMs: number;
  readonly endMs: number;
}

/** A key's bytes with its window behind them. */
export function withRecordWindow(key: Buffer | null, window: RecordWindow): Buffer {
  const bytes = Buffer.alloc(window.type === 'time' ? 8 : 16);
  if (window.type === 'session') bytes.writeBigInt64BE(BigInt(window.endMs));
  bytes.writeBigInt64BE(BigInt(window.startMs), bytes.length - 8);
  return key === null ? bytes : Buffer.concat([key, bytes]);
}

/** A windowed key's bytes without its window, and the window. `sizeMs` is null for sessions. */
export function splitRecordWindow(bytes: Buffer, sizeMs: number | null): { key: Buffer; window: RecordWindow } {
  const windowBytes = sizeMs === null ? 16 : 8;
  if (bytes.length < windowBytes) throw new SqlError('HW_SQL_FORMAT', `A windowed key has ${bytes.length} bytes`);
  const startMs = Number(bytes.readBigInt64BE(bytes.length - 8));
  const key = bytes.subarray(0, bytes.length - windowBytes);
  if (sizeMs !== null) return { key, window: { type: 'time', startMs, endMs: startMs + sizeMs } };
  return { key, window: { type: 'session', startMs, endMs: Number(bytes.readBigInt64BE(bytes.length - 16)) } };
}
