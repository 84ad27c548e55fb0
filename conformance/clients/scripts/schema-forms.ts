import { avroJson, ParsedAvroSchema, parseJson, type RegistryClient } from '@headwater/serdes';
import type { CaseSchema, SchemaCase } from './schema-cases.ts';

/** The value that a text of a case is, as our serializers take and give it. */
export type ValueOfText = (text: string) => unknown;

export async function valueOfText(
  { format }: Pick<SchemaCase, 'format'>,
  { schema, references = [] }: CaseSchema,
  registry: RegistryClient,
): Promise<ValueOfText> {
  const texts = await registry.referencedTexts(references);
  if (format === 'json') return (text) => JSON.parse(text);
  const json = avroJson(new ParsedAvroSchema(schema, texts).schema);
  return (text) => json.fromJson(parseJson(text));
}
