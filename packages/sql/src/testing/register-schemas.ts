import type { JsonValue, RegistryClient, SchemaReference, SchemaSource, SchemaType } from '@headwater/serdes';
import { jsonText } from '@headwater/serdes';
import type { DataSource } from '../catalog/data-source.ts';
import { formatFacts } from '../formats/format-facts.ts';
import { schemaBookOf } from '../formats/registry/schema-book.ts';
import { rowCodec } from '../formats/row-codec.ts';
import { sourceCodecSpec } from '../plan/physical/source-flow.ts';
import { SqlError } from '../sql-error.ts';
import { list, objectOf, type TestCase, textOf } from './test-case.ts';

/** Where schemas are put before a case runs. */
export interface TestRegistry {
  readonly client: RegistryClient;
  /** Registers a schema, under an id of choice where one is given. */
  register(subject: string, source: SchemaSource, id?: number): number | Promise<number>;
}

/** Of schemas that others refer to: cases count from 1 without them. */
const firstReferenceId = 1_000_001;

/** Puts the schemas of a case's topics into the registry. */
export async function registerSchemas(test: TestCase, registry: TestRegistry): Promise<void> {
  const ids: number[] = [];
  let referenceId = firstReferenceId;
  for (const { json, name } of test.topics) {
    for (const part of ['key', 'value'] as const) {
      const schema = json.get(`${part}Schema`);
      const format = textOf(json.get(`${part}Format`)) ?? textOf(json.get('format')) ?? 'AVRO';
      if (schema === undefined || schema === null) continue;
      const references: SchemaReference[] = [];
      for (const each of list(json.get(`${part}SchemaReferences`))) {
        const reference = objectOf(each);
        const subject = textOf(reference.get('name'))!;
        const source = sourceOf(textOf(reference.get('format')) ?? format, reference.get('schema')!);
        await registry.register(subject, source, referenceId++);
        references.push({ name: subject, subject, version: 1 });
      }
      const id = json.get(`${part}SchemaId`);
      const source = { ...sourceOf(format, schema), references };
      ids.push(await registry.register(`${name}-${part}`, source, id === undefined ? undefined : Number(textOf(id))));
    }
  }
  const book = schemaBookOf(registry.client);
  for (const id of ids) await book.fetch(id);
}

function sourceOf(format: string, schema: JsonValue): SchemaSource {
  const name = format.toUpperCase();
  const schemaType: SchemaType = name === 'PROTOBUF' ? 'PROTOBUF' : name.startsWith('JSON') ? 'JSON' : 'AVRO';
  const isText = schemaType === 'PROTOBUF' && typeof schema === 'string';
  return { schemaType, schema: isText ? schema : jsonText(schema), references: [] };
}

/** Sources that are declared with columns have schemas too, as if somebody had written to them; but for topics that the case says more of. */
export async function registerDeclared(
  test: TestCase,
  sources: readonly DataSource[],
  registry: TestRegistry,
): Promise<void> {
  const isListed = (topic: string, part: 'key' | 'value') =>
    test.topics.some(({ json, name }) => name === topic && (json.get(`${part}Schema`) ?? null) !== null);
  for (const source of sources) {
    for (const part of ['key', 'value'] as const) {
      const { format } = part === 'key' ? source.keyFormat : source.valueFormat;
      const isById = format.properties.has('schemaId');
      if (
        !formatFacts(format.name).needsRegistry ||
        isListed(source.topic, part) ||
        isById ||
        source.schema[part].length === 0
      )
        continue;
      try {
        await rowCodec(sourceCodecSpec(source, part, { registry: registry.client })).register?.();
      } catch (error) {
        // Told again with the statement.
        if (!(error instanceof SqlError)) throw error;
      }
    }
  }
}
