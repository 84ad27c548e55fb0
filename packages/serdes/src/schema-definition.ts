import type { RegistryClient } from './registry-client.ts';
import type { ReferencedTexts, SchemaReference, SchemaSource, SchemaType } from './schema.ts';

/** A schema as a program gives it. */
export interface SchemaDefinition {
  /** Default AVRO. */
  schemaType?: SchemaType;
  /** Its text, or for Avro and JSON Schema the JSON of it. */
  schema: string | object;
  /** What it refers to: registered already, or a definition that is registered before it, under its subject. */
  references?: readonly (SchemaReference | ReferencedDefinition)[];
}

export interface ReferencedDefinition extends SchemaDefinition {
  /** What the schema's text calls it: an Avro full name, a Protobuf import, a JSON Schema `$ref`. */
  name: string;
  subject: string;
}

/** A definition whose references are in the registry, with their texts. */
export interface ResolvedDefinition {
  source: SchemaSource;
  texts: ReferencedTexts;
}

export interface ResolveOptions {
  /** What is referred to is registered when it is not there yet. */
  autoRegister: boolean;
  normalize: boolean;
}

const depthMax = 50;

/** @throws RegistryClientError when what it refers to is not there, or not accepted */
export async function resolveDefinition(
  registry: RegistryClient,
  definition: SchemaDefinition,
  options: ResolveOptions,
  depth = 0,
): Promise<ResolvedDefinition> {
  if (depth > depthMax) throw new TypeError(`The references of a schema are more than ${depthMax} deep`);
  const { schemaType = 'AVRO', schema, references = [] } = definition;
  const exact: SchemaReference[] = [];
  for (const reference of references) {
    if (!('schema' in reference)) exact.push(reference);
    else exact.push(await resolveReference(registry, reference, options, depth));
  }
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema);
  const source: SchemaSource = { schemaType, schema: text, references: exact };
  return { source, texts: await registry.referencedTexts(exact) };
}

async function resolveReference(
  registry: RegistryClient,
  reference: ReferencedDefinition,
  options: ResolveOptions,
  depth: number,
): Promise<SchemaReference> {
  const { name, subject } = reference;
  const { source } = await resolveDefinition(registry, reference, options, depth + 1);
  const { normalize } = options;
  if (options.autoRegister) await registry.register(subject, source, { normalize });
  const { version } = await registry.lookUp(subject, source, { normalize });
  return { name, subject, version };
}
