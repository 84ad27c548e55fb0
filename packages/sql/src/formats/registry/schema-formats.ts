import { avroFormat } from '../avro/avro-format.ts';
import type { FormatName } from '../format.ts';
import { jsonSchemaFormat } from '../json-schema/json-schema-format.ts';
import { protobufFormat } from '../protobuf/protobuf-format.ts';
import type { SchemaFormat } from './registry-codec.ts';

/** The formats whose schemas are in a registry. */
export const schemaFormats: Partial<Record<FormatName, SchemaFormat>> = {
  AVRO: avroFormat,
  JSON_SR: jsonSchemaFormat,
  PROTOBUF: protobufFormat,
};
