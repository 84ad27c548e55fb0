import { ParsedAvroSchema } from '../avro/parsed-avro.ts';
import { ParsedJsonSchema } from '../json-schema/parsed-json-schema.ts';
import { ParsedProtobufSchema } from '../protobuf/parsed-protobuf.ts';
import type { ParsedSchema } from '../schema.ts';
import { SchemaError } from '../schema-error.ts';
import { typesOfAvro } from './avro.ts';
import type { TypeDeclarations } from './declarations.ts';
import { typesOfJsonSchema } from './json-schema.ts';
import { typesOfProtobuf } from './protobuf.ts';

/**
 * TypeScript for the values of a schema: the same for the same schema, whoever asks and when.
 *
 * @param rootName what a value is called whose schema has no name
 * @throws SchemaError when there are no types for this kind of schema
 *
 * @example
 * typesOf(parseSchema('AVRO', '{"type":"record","name":"Tweet","fields":[{"name":"id","type":"long"}]}'), 'Value');
 * // { name: 'Tweet', declarations: 'export interface Tweet {\n  id: bigint;\n}\n' }
 */
export function typesOf(parsed: ParsedSchema, rootName: string): TypeDeclarations {
  if (parsed instanceof ParsedAvroSchema) return typesOfAvro(parsed, rootName);
  if (parsed instanceof ParsedProtobufSchema) return typesOfProtobuf(parsed);
  if (parsed instanceof ParsedJsonSchema) return typesOfJsonSchema(parsed, rootName);
  throw new SchemaError(`There are no types for schemas of type ${parsed.schemaType} yet`);
}
