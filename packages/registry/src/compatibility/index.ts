import { ParsedAvroSchema, ParsedJsonSchema, ParsedProtobufSchema, type ParsedSchema } from '@headwater/serdes';
import { avroIncompatibilities } from './avro.ts';
import type { Incompatibility } from './incompatibility.ts';
import { type CompatibilityPolicy, jsonSchemaIncompatibilities } from './json-schema.ts';
import { protobufIncompatibilities } from './protobuf.ts';

export type { Incompatibility } from './incompatibility.ts';

/** What keeps `reader` from reading data of `writer`; empty when nothing does. */
export function incompatibilities(
  reader: ParsedSchema,
  writer: ParsedSchema,
  policy: CompatibilityPolicy = 'STRICT',
): Incompatibility[] {
  if (reader.schemaType !== writer.schemaType) {
    const description = `The schema was of type ${writer.schemaType} and is of type ${reader.schemaType}. Keep the type, or use another subject.`;
    return [{ errorType: 'SCHEMA_TYPE_CHANGED', description, additionalInfo: writer.schemaType }];
  }
  if (reader instanceof ParsedAvroSchema && writer instanceof ParsedAvroSchema) {
    return avroIncompatibilities(reader.schema, writer.schema);
  }
  if (reader instanceof ParsedJsonSchema && writer instanceof ParsedJsonSchema) {
    return jsonSchemaIncompatibilities(reader, writer, policy);
  }
  if (reader instanceof ParsedProtobufSchema && writer instanceof ParsedProtobufSchema) {
    return protobufIncompatibilities(reader, writer);
  }
  return [];
}
