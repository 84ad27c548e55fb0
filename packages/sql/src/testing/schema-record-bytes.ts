import type { JsonValue, RegistryClient } from '@headwater/serdes';
import { avroFormat } from '../formats/avro/avro-format.ts';
import type { CodecSpec, FormatName } from '../formats/format.ts';
import { jsonSchemaFormat } from '../formats/json-schema/json-schema-format.ts';
import { protobufFormat } from '../formats/protobuf/protobuf-format.ts';
import { typeOfSchema } from '../formats/registry/infer-columns.ts';
import type { SchemaFormat } from '../formats/registry/registry-codec.ts';
import { schemaBookOf } from '../formats/registry/schema-book.ts';
import { SqlError } from '../sql-error.ts';
import type { SqlType } from '../types/sql-type.ts';
import { valueOfJson } from './json-to-value.ts';
import type { RecordBytesCodec } from './record-bytes.ts';
import { recordValueOf } from './record-value.ts';

const formats: Partial<Record<FormatName, SchemaFormat>> = {
  AVRO: avroFormat,
  JSON_SR: jsonSchemaFormat,
  PROTOBUF: protobufFormat,
};

/** JSON read against the registered schema, whole, whatever columns the source has of it; names keep their case. */
export function schemaRecordBytes(spec: CodecSpec, schemaId: number | undefined): RecordBytesCodec {
  const format = formats[spec.format.name]!;
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
      return recordValueOf(type, format.reader(schema, bare).decode(bytes, 5, bytes.length)[0]);
    },
  };
}
