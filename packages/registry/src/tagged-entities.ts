import { type AvroSchema, fullNameOf, type JsonValue, ParsedAvroSchema, type ParsedSchema } from '@headwater/serdes';

/** A part of a schema with the tags that its text puts on it. */
export interface TaggedEntity {
  /** `sr_record` or `sr_field`. */
  type: string;
  /** Full name of the record; with the field's name behind it for a field. */
  path: string;
  tags: string[];
}

/** What has `confluent:tags`, in the order of the text. Of Avro alone: the others give none. */
export function taggedEntities(parsed: ParsedSchema): TaggedEntity[] {
  const found: TaggedEntity[] = [];
  if (parsed instanceof ParsedAvroSchema) collect(parsed.schema, found, new Set());
  return found;
}

function collect(schema: AvroSchema, found: TaggedEntity[], seen: Set<AvroSchema>): void {
  if (seen.has(schema)) return;
  seen.add(schema);
  if (schema.type === 'union') for (const branch of schema.branches) collect(branch, found, seen);
  else if (schema.type === 'array') collect(schema.items, found, seen);
  else if (schema.type === 'map') collect(schema.values, found, seen);
  else if (schema.type === 'record' || schema.type === 'error') {
    const name = fullNameOf(schema);
    add(found, 'sr_record', name, schema.properties.get('confluent:tags'));
    for (const field of schema.fields) {
      add(found, 'sr_field', `${name}.${field.name}`, field.properties.get('confluent:tags'));
      collect(field.schema, found, seen);
    }
  }
}

function add(found: TaggedEntity[], type: string, path: string, json: JsonValue | undefined): void {
  if (!Array.isArray(json)) return;
  const tags = json.filter((tag) => typeof tag === 'string');
  if (tags.length > 0) found.push({ type, path, tags });
}
