import { createHash } from 'node:crypto';
import { JsonNumber, type JsonValue, parseJson, type SchemaReference, type SchemaType } from '@headwater/serdes';
import { type Change, isMode, type Json, type RegisteredSchema, type RegistryConfig } from '../state/records.ts';

/** What a change is in the topic: JSON texts, in Confluent's own layout. A null value removes the key. */
export interface LogEntry {
  key: string;
  value: string | null;
}

/** Written by whoever wants to know how far the log goes. */
export const noopKey = '{"keytype":"NOOP","magic":0}';

export function encodeChange(change: Change): LogEntry {
  switch (change.kind) {
    case 'schema': {
      const { subject, version } = change.schema;
      return { key: schemaKey(subject, version), value: JSON.stringify(schemaValue(change.schema)) };
    }
    case 'schema-removed':
      return { key: schemaKey(change.subject, change.version), value: null };
    case 'subject-deleted': {
      const { subject, version } = change;
      return {
        key: JSON.stringify({ keytype: 'DELETE_SUBJECT', subject, magic: 0 }),
        value: JSON.stringify({ subject, version }),
      };
    }
    case 'config': {
      const { subject, config } = change;
      const value = config === null ? null : JSON.stringify({ subject, ...config });
      return { key: JSON.stringify({ keytype: 'CONFIG', subject, magic: 0 }), value };
    }
    case 'mode': {
      const { subject, mode } = change;
      const value = mode === null ? null : JSON.stringify({ subject, mode });
      return { key: JSON.stringify({ keytype: 'MODE', subject, magic: 0 }), value };
    }
  }
}

/** @returns undefined for what says nothing about schemas: NOOP, and kinds that come later */
export function decodeChange(keyText: string, valueText: string | null, timestamp: number): Change | undefined {
  const key = objectOf(plain(parseJson(keyText)));
  const value = valueText === null ? null : objectOf(plain(parseJson(valueText)));
  const subject = typeof key['subject'] === 'string' ? key['subject'] : null;
  switch (key['keytype']) {
    case 'SCHEMA': {
      const version = Number(key['version']);
      if (subject === null || !Number.isSafeInteger(version)) return undefined;
      if (value === null) return { kind: 'schema-removed', subject, version };
      return { kind: 'schema', schema: registeredSchema(subject, version, value, timestamp) };
    }
    case 'DELETE_SUBJECT':
      if (subject === null || value === null) return undefined;
      return { kind: 'subject-deleted', subject, version: Number(value['version']) };
    case 'CONFIG': {
      if (value === null) return { kind: 'config', subject, config: null };
      const { subject: _subject, ...config } = value;
      return { kind: 'config', subject, config: config as RegistryConfig };
    }
    case 'MODE': {
      const mode = value?.['mode'];
      return { kind: 'mode', subject, mode: isMode(mode) ? mode : null };
    }
    default:
      return undefined;
  }
}

/** The same for the same schema in every registry: from its content alone. */
export function guidOf(content: {
  schema: string;
  references: readonly SchemaReference[];
  metadata: Json | undefined;
  ruleSet: Json | undefined;
}): string {
  const { schema, references, metadata, ruleSet } = content;
  const hash = createHash('md5').update(schema);
  for (const { name, subject, version } of references) hash.update(`${name}${subject}${version}`);
  if (metadata !== undefined) hash.update(JSON.stringify(metadata));
  if (ruleSet !== undefined) hash.update(JSON.stringify(ruleSet));
  return hash.digest('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function schemaKey(subject: string, version: number): string {
  return JSON.stringify({ keytype: 'SCHEMA', subject, version, magic: 1 });
}

function schemaValue(schema: RegisteredSchema): Record<string, unknown> {
  const { subject, version, id, schemaType, references, metadata, ruleSet, isDeleted } = schema;
  return {
    subject,
    version,
    id,
    ...(schemaType === 'AVRO' ? {} : { schemaType }),
    ...(references.length === 0 ? {} : { references }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(ruleSet === undefined ? {} : { ruleSet }),
    schema: schema.schema,
    deleted: isDeleted,
  };
}

function registeredSchema(
  subject: string,
  version: number,
  value: Record<string, Json>,
  timestamp: number,
): RegisteredSchema {
  const schema = String(value['schema'] ?? '');
  const references = ((value['references'] ?? []) as unknown as SchemaReference[]).map((each) => ({
    name: each.name,
    subject: each.subject,
    version: each.version,
  }));
  const metadata = value['metadata'] ?? undefined;
  const ruleSet = value['ruleSet'] ?? undefined;
  return {
    subject,
    version,
    id: Number(value['id']),
    guid: guidOf({ schema, references, metadata, ruleSet }),
    schemaType: (value['schemaType'] ?? 'AVRO') as SchemaType,
    schema,
    references,
    metadata,
    ruleSet,
    isDeleted: value['deleted'] === true,
    timestamp,
  };
}

/** As plain objects; members cannot reach a prototype. */
export function plain(value: JsonValue): Json {
  if (value instanceof JsonNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  const object: { [name: string]: Json } = Object.create(null);
  for (const [name, member] of value) object[name] = plain(member);
  return object;
}

function objectOf(json: Json): Record<string, Json> {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : {};
}
