import {
  avroJson,
  ParsedAvroSchema,
  ParsedProtobufSchema,
  parseJson,
  protobufJson,
  type RegistryClient,
} from '@headwater/serdes';
import type { CaseSchema, SchemaCase } from './schema-cases.ts';

/** The value that a text of a case is, as our serializers take and give it. */
export type ValueOfText = (text: string) => unknown;

export async function valueOfText(
  { format }: Pick<SchemaCase, 'format'>,
  { schema, references = [], message = '' }: CaseSchema,
  registry: RegistryClient,
): Promise<ValueOfText> {
  const texts = await registry.referencedTexts(references);
  if (format === 'json') return (text) => JSON.parse(text);
  const json =
    format === 'avro'
      ? avroJson(new ParsedAvroSchema(schema, texts).schema)
      : protobufJson(new ParsedProtobufSchema(schema, texts), message);
  return (text) => json.fromJson(parseJson(text));
}
