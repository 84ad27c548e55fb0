import { avroCodecOf } from './avro/avro-format.ts';
import { delimitedCodec } from './delimited/delimited-format.ts';
import type { CodecSpec, RowCodec } from './format.ts';
import { checkFormatSchema } from './format-checks.ts';
import { jsonCodec } from './json/json-format.ts';
import { jsonSchemaCodecOf } from './json-schema/json-schema-format.ts';
import { kafkaCodec } from './kafka-format.ts';
import { noneCodec } from './none-format.ts';
import { plainProtobufCodecOf, protobufCodecOf } from './protobuf/protobuf-format.ts';

/**
 * What reads and writes the keys or values of a topic. Not re-entrant, as all serdes.
 *
 * @throws SqlError HW_SQL_STATEMENT when the format cannot hold the columns
 */
export function rowCodec(spec: CodecSpec): RowCodec {
  checkFormatSchema(spec.part, spec.format, spec.columns, null);
  switch (spec.format.name) {
    case 'NONE':
      return noneCodec;
    case 'KAFKA':
      return kafkaCodec(spec);
    case 'DELIMITED':
      return delimitedCodec(spec);
    case 'JSON':
      return jsonCodec(spec);
    case 'JSON_SR':
      return jsonSchemaCodecOf(spec);
    case 'AVRO':
      return avroCodecOf(spec);
    case 'PROTOBUF':
      return protobufCodecOf(spec);
    case 'PROTOBUF_NOSR':
      return plainProtobufCodecOf(spec);
  }
}
