import type { JsonValue, RegistryClient } from '@headwater/serdes';
import type { CodecSpec } from '../formats/format.ts';
import { typeOfSchema } from '../formats/registry/infer-columns.ts';
import { schemaBookOf } from '../formats/registry/schema-book.ts';
import { schemaFormats } from '../formats/registry/schema-formats.ts';
import { rowCodec } from '../formats/row-codec.ts';
import { SqlError } from '../sql-error.ts';
import type { SqlType } from '../types/sql-type.ts';
import { valueOfJson } from './json-to-value.ts';
import type { RecordBytesCodec } from './record-bytes.ts';
import { RecordBytes, type RecordValue, recordValueOf } from './record-value.ts';

/** JSON read against the registered schema, whole, whatever columns the source has of it; names keep their case. */
export function schemaRecordBytes(spec: CodecSpec, schemaId: number | undefined): RecordBytesCodec {
  const format = schemaFormats[spec.format.name]!;
  const book = schemaBookOf(spec.registry as RegistryClient);
  const whole = (
    id: number,
  ): { type: SqlType; spec: CodecSpec; schema: NonNullable<ReturnType<typeof book.known>> } => {
    const schema = book.known(id);
    const type = schema && typeOfSchema(schema, spec.format, 'kept');
    if (schema === undefined || type === undefined) throw new SqlError('HW_SQL_FORMAT', `Schema ${id} is not known`);
    return { type, schema, spec: { ...spec, columns: [{ name: 'VALUE', type }], isWrapped: false, wanted: undefined } };
  };
  return {
    encode(json: JsonValue) {
      if (json === null) return null;
      if (schemaId === undefined) throw new SqlError('HW_SQL_FORMAT', `No schema is registered for ${spec.topic}`);
      const { type, schema, spec: bare } = whole(schemaId);
      return Buffer.from(format.writer(schema, bare).encode([valueOfJson(type, json)], schemaId));
    },
    decode(bytes) {
      if (bytes === null) return null;
      const id = bytes.readUInt32BE(1);
      const { type, schema, spec: bare } = whole(id);
      const value = recordValueOf(type, format.reader(schema, bare).decode(bytes, 5, bytes.length)[0]);
      return spec.format.name === 'PROTOBUF' ? withoutEmptyBytes(value) : value;
    },
  };
}

/** Messages without registry: the columns are the schema. */
export function plainMessageBytes(spec: CodecSpec): RecordBytesCodec {
  const codec = rowCodec(spec);
  const { columns, isWrapped, topic } = spec;
  const type: SqlType = isWrapped ? { kind: 'STRUCT', fields: columns } : columns[0]!.type;
  return {
    encode(json) {
      if (json === null) return null;
      const value = valueOfJson(type, json);
      return Buffer.from(codec.encode(isWrapped ? (value as unknown[]) : [value], topic) as Uint8Array);
    },
    decode(bytes) {
      if (bytes === null) return null;
      const row = codec.decode(bytes, 0, bytes.length, topic);
      return withoutEmptyBytes(recordValueOf(type, isWrapped ? row : row[0]));
    },
  };
}

/** A message cannot tell bytes that are empty from none: expected records have null for both. */
function withoutEmptyBytes(value: RecordValue): RecordValue {
  if (value instanceof RecordBytes) return value.base64 === '' ? null : value;
  if (value instanceof Map) return new Map(Array.from(value, ([name, member]) => [name, withoutEmptyBytes(member)]));
  return Array.isArray(value) ? value.map(withoutEmptyBytes) : value;
}
