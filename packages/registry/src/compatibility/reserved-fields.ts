import { ParsedAvroSchema, ParsedJsonSchema, ParsedProtobufSchema, type ParsedSchema } from '@headwater/serdes';
import type { Metadata } from '../rules/metadata.ts';

/** Names that no field may have, as the schema's metadata lists them: `confluent:reserved`, separated by commas. */
export function reservedFields(metadata: Metadata | undefined): string[] {
  const list = metadata?.properties?.['confluent:reserved'] ?? '';
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** What `validateFields` refuses: reserved names that are no longer reserved, and fields that have one. */
export function reservedFieldMistakes(
  next: { parsed: ParsedSchema; metadata: Metadata | undefined },
  earlier: Metadata | undefined,
): string[] {
  const reserved = reservedFields(next.metadata);
  const removed = reservedFields(earlier).filter((name) => !reserved.includes(name));
  const fields = topLevelFields(next.parsed);
  return [
    ...removed.map(
      (name) =>
        `The new schema has reserved field ${name} removed from its metadata which is present in the old schema's metadata.`,
    ),
    ...reserved
      .filter((name) => fields.has(name))
      .map((name) => `The new schema has field that conflicts with the reserved field ${name}.`),
  ];
}

/** Of the record, of the object, or of the first message. */
function topLevelFields(parsed: ParsedSchema): Set<string> {
  if (parsed instanceof ParsedAvroSchema && 'fields' in parsed.schema) {
    return new Set(parsed.schema.fields.map(({ name }) => name));
  }
  if (parsed instanceof ParsedJsonSchema && parsed.json instanceof Map) {
    const properties = parsed.json.get('properties');
    return new Set(properties instanceof Map ? properties.keys() : []);
  }
  if (parsed instanceof ParsedProtobufSchema) {
    const [message] = parsed.effectiveFile.messages;
    const fields = [...(message?.fields ?? []), ...(message?.oneofs ?? []).flatMap((oneof) => oneof.fields)];
    return new Set(fields.map(({ name }) => name));
  }
  return new Set();
}
