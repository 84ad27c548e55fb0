import { parseJson, type SchemaReference, type SchemaType } from '@headwater/serdes';
import { guidOf, uuidText } from '../guid.ts';
import { type Json, objectOf, plainJson } from '../json.ts';
import { readMetadata } from '../rules/metadata.ts';
import { readRuleSet } from '../rules/rule-set.ts';
import { type Change, isMode, type RegisteredSchema, type RegistryConfig } from '../state/records.ts';

/** What a change is in the topic: JSON texts, in Confluent's own layout. A null value removes the key. */
export interface LogEntry {
  key: string;
  value: string | null;
}

/** Written by whoever wants to know how far the log goes. */
export const noopKey = '{"keytype":"NOOP","magic":0}';
const tenant = 'default';

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
      return { key: subjectKey('DELETE_SUBJECT', subject), value: JSON.stringify({ subject, version }) };
    }
    case 'subject-cleared':
      return { key: subjectKey('CLEAR_SUBJECT', change.subject), value: JSON.stringify(named(change.subject)) };
    case 'context': {
      const { context, isThere } = change;
      const key = JSON.stringify({ keytype: 'CONTEXT', tenant, context, magic: 0 });
      return { key, value: isThere ? JSON.stringify({ tenant, context }) : null };
    }
    case 'greatest-id': {
      // Of this registry alone: others take it for what its key type says, and pass over it.
      const key = JSON.stringify({ keytype: 'NOOP', magic: 0, context: change.context });
      return { key, value: JSON.stringify({ greatestId: change.id }) };
    }
    case 'config': {
      const { subject, config } = change;
      const value = config === null ? null : JSON.stringify({ ...named(subject), ...config });
      return { key: subjectKey('CONFIG', subject), value };
    }
    case 'mode': {
      const { subject, mode } = change;
      return {
        key: subjectKey('MODE', subject),
        value: mode === null ? null : JSON.stringify({ ...named(subject), mode }),
      };
    }
  }
}

/** @returns undefined for what says nothing about schemas: NOOP, and kinds that come later */
export function decodeChange(keyText: string, valueText: string | null, timestamp: number): Change | undefined {
  const key = objectOf(plainJson(parseJson(keyText)));
  const value = valueText === null ? null : objectOf(plainJson(parseJson(valueText)));
  const subject = typeof key['subject'] === 'string' && key['subject'] !== '' ? key['subject'] : null;
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
    case 'CLEAR_SUBJECT':
      return value === null ? undefined : { kind: 'subject-cleared', subject };
    case 'CONTEXT': {
      const { context } = key;
      return typeof context === 'string' ? { kind: 'context', context, isThere: value !== null } : undefined;
    }
    case 'NOOP': {
      const { context } = key;
      const id = Number(value?.['greatestId']);
      return typeof context === 'string' && Number.isSafeInteger(id) ? { kind: 'greatest-id', context, id } : undefined;
    }
    case 'CONFIG':
      return { kind: 'config', subject, config: value === null ? null : readConfig(value) };
    case 'MODE': {
      const mode = value?.['mode'];
      return { kind: 'mode', subject, mode: isMode(mode) ? mode : null };
    }
    default:
      return undefined;
  }
}

/** The members that are known, as they are in requests, answers and the log; `compatibility` is PUT's name for the level. */
export function readConfig(object: Record<string, Json>): RegistryConfig {
  const config: Record<string, unknown> = {};
  for (const name of ['alias', 'compatibilityLevel', 'compatibilityPolicy', 'compatibilityGroup']) {
    const value = object[name];
    if (typeof value === 'string') config[name] = value;
  }
  for (const name of ['normalize', 'validateFields', 'validateNewSchemas', 'validateRules']) {
    const value = object[name];
    if (typeof value === 'boolean') config[name] = value;
  }
  for (const name of ['defaultMetadata', 'overrideMetadata']) {
    const metadata = readMetadata(object[name], name);
    if (metadata !== undefined) config[name] = metadata;
  }
  for (const name of ['defaultRuleSet', 'overrideRuleSet']) {
    const ruleSet = readRuleSet(object[name], name);
    if (ruleSet !== undefined) config[name] = ruleSet;
  }
  return config;
}

function schemaKey(subject: string, version: number): string {
  return JSON.stringify({ keytype: 'SCHEMA', subject, version, magic: 1 });
}

function subjectKey(keytype: string, subject: string | null): string {
  return JSON.stringify({ keytype, ...named(subject), magic: 0 });
}

function named(subject: string | null): { subject?: string } {
  return subject === null ? {} : { subject };
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
  const metadata = readMetadata(value['metadata']);
  const ruleSet = readRuleSet(value['ruleSet']);
  const id = Number(value['id']);
  if (!Number.isSafeInteger(id)) throw new Error(`the schema has no id: ${JSON.stringify(value['id'])}`);
  // Where parts of the metadata are encrypted, the MD5 is of what they are in clear.
  const md5 = typeof value['md5'] === 'string' ? Buffer.from(value['md5'], 'base64') : null;
  return {
    subject,
    version,
    id,
    guid: md5?.length === 16 ? uuidText(md5) : guidOf({ schema, references, metadata, ruleSet }),
    schemaType: (value['schemaType'] ?? 'AVRO') as SchemaType,
    schema,
    references,
    metadata,
    ruleSet,
    isDeleted: value['deleted'] === true,
    timestamp,
  };
}
