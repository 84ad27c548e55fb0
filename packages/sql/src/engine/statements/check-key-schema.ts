import { isSameJson, type JsonValue, parseJson, type RegistryClient, RegistryClientError } from '@headwater/serdes';
import { statementError } from '../../analyzer/statement-error.ts';
import type { DataSource } from '../../catalog/data-source.ts';
import { schemaBookOf } from '../../formats/registry/schema-book.ts';
import { schemaFormats } from '../../formats/registry/schema-formats.ts';
import { sourceCodecSpec } from '../../plan/physical/source-flow.ts';

/**
 * That keys are written with the schema that the topic's keys have: under another one the same key has other bytes, and goes to another partition.
 *
 * @throws SqlError in ksqlDB's words
 */
export async function checkKeySchema(source: DataSource, registry: RegistryClient | null): Promise<void> {
  const { format } = source.keyFormat;
  const { schemaOf } = schemaFormats[format.name] ?? {};
  // A file in Protobuf may hold more than the message of the key.
  const isPart = format.name === 'PROTOBUF' && format.properties.has('fullSchemaName');
  const isChosen = format.properties.has('schemaId') || isPart;
  if (registry === null || schemaOf === undefined || isChosen || source.schema.key.length === 0) return;
  const subject = `${source.topic}-key`;
  const latest = await registry.version(subject, 'latest').catch((error: unknown) => {
    if (error instanceof RegistryClientError && error.isNotFound) return null;
    throw error;
  });
  if (latest === null) return;
  const book = schemaBookOf(registry);
  const existing = await book.fetch(latest.id);
  const generated = await book.parse(schemaOf(sourceCodecSpec(source, 'key', { registry })));
  const isSame =
    existing.schemaType === generated.schemaType &&
    (existing.canonical === generated.canonical ||
      (existing.schemaType === 'AVRO' &&
        isSameJson(withoutNotes(parseJson(existing.canonical)), withoutNotes(parseJson(generated.canonical)))));
  if (isSame) return;
  throw statementError(
    `Cannot INSERT VALUES into data source \`${source.name}\`. ksqlDB generated schema would overwrite existing key schema.\n\tExisting Schema: ${existing.canonical}\n\tksqlDB Generated: ${generated.canonical}`,
  );
}

/** Without what Connect notes of types, which says nothing of bytes. */
function withoutNotes(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNotes);
  if (!(value instanceof Map)) return value;
  const kept = [...value].filter(([name]) => !name.startsWith('connect.'));
  if (kept.length === 1 && kept[0]![0] === 'type') return withoutNotes(kept[0]![1]);
  return new Map(kept.map(([name, member]) => [name, withoutNotes(member)]));
}
