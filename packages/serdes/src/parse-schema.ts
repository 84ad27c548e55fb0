import { ParsedAvroSchema } from './avro/parsed-avro.ts';
import { ParsedJsonSchema } from './json-schema/parsed-json-schema.ts';
import { ParsedProtobufSchema } from './protobuf/parsed-protobuf.ts';
import type { ParsedSchema, ReferencedTexts, SchemaType } from './schema.ts';
import { SchemaError } from './schema-error.ts';

/**
 * Understands a schema.
 *
 * @example
 * parseSchema('AVRO', '{"type":"record","name":"Tweet","fields":[{"name":"id","type":"long"}]}').fullName; // 'Tweet'
 *
 * @throws SchemaError when it cannot be understood, with the path of what is wrong
 */
export function parseSchema(type: SchemaType, text: string, references: ReferencedTexts = new Map()): ParsedSchema {
  if (text.trim() === '') throw new SchemaError('The schema is empty');
  if (type === 'AVRO') return new ParsedAvroSchema(text, references);
  if (type === 'JSON') return new ParsedJsonSchema(text, references);
  return new ParsedProtobufSchema(text, references);
}
