/** Reads the JSON definitions and turns them into the schema shape of `src/schema.ts`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DefaultValue, FieldSchema, MessageSchema, ScalarType } from '../src/schema.ts';

export interface DocumentedField extends FieldSchema {
  /** The struct's name, unique within the project: message name + official struct name. */
  structName?: string;
  fields?: readonly DocumentedField[];
}

export interface DocumentedMessage extends MessageSchema {
  fields: readonly DocumentedField[];
}

interface RawField {
  name: string;
  type: string;
  versions: string;
  nullableVersions?: string;
  taggedVersions?: string;
  tag?: number;
  default?: DefaultValue;
  ignorable?: boolean | string;
  mapKey?: boolean;
  flexibleVersions?: string;
  fields?: RawField[];
}

interface RawMessage {
  name: string;
  type: MessageSchema['kind'];
  apiKey?: number;
  validVersions: string;
  flexibleVersions: string;
  latestVersionUnstable?: boolean;
  fields: RawField[];
  commonStructs?: { name: string; fields: RawField[] }[];
}

const SCALARS = new Set('bool int8 int16 uint16 int32 uint32 int64 float64 string uuid bytes records'.split(' '));

/** Where the definitions are, or null: they are not part of the project. */
export function definitionsDir(): string | null {
  const shared = process.env['HEADWATER_SHARED'] ?? join(import.meta.dirname, '../../../../shared');
  const dir = join(shared, 'reference/kafka-messages');
  return existsSync(dir) ? dir : null;
}

/** Those of `dir`, and the few of controllers that brokers hand on: their definitions are beside this file, in the same form. */
export function readDefinitions(dir: string): DocumentedMessage[] {
  const paths = [dir, join(import.meta.dirname, 'controller-messages')].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => ({ name, path: join(folder, name) })),
  );
  paths.sort((a, b) => (a.name < b.name ? -1 : 1));
  return paths.map(({ path }) => readDefinition(readFileSync(path, 'utf8')));
}

function readDefinition(text: string): DocumentedMessage {
  const lines = text.split('\n');
  const raw = JSON.parse(lines.map((line) => line.replace(/^\s*\/\/.*$/, '')).join('\n')) as RawMessage;
  const common = new Map((raw.commonStructs ?? []).map((struct) => [struct.name, struct.fields]));
  const [versions, flexible] = [raw.validVersions, raw.flexibleVersions];
  const fields = raw.fields.map((field) => convert(field, raw.name, common));
  return {
    name: raw.name,
    kind: raw.type,
    ...(raw.apiKey === undefined ? {} : { apiKey: raw.apiKey }),
    versions,
    flexible,
    ...(raw.latestVersionUnstable ? { unstable: true as const } : {}),
    fields,
  };
}

function convert(raw: RawField, message: string, common: Map<string, RawField[]>): DocumentedField {
  const array = raw.type.startsWith('[]');
  const element = array ? raw.type.slice(2) : raw.type;
  const isScalar = SCALARS.has(element);
  const rawFields = isScalar ? undefined : (raw.fields ?? common.get(element));
  if (!isScalar && rawFields === undefined) throw new Error(`${message}: no struct named ${element}`);
  const value = convertDefault(raw, isScalar ? element : 'struct', array);
  return {
    name: raw.name[0]!.toLowerCase() + raw.name.slice(1),
    type: (isScalar ? element : 'struct') as ScalarType | 'struct',
    ...(array ? { array } : {}),
    versions: raw.versions,
    ...(raw.nullableVersions === undefined ? {} : { nullable: raw.nullableVersions }),
    ...(raw.taggedVersions === undefined ? {} : { tagged: raw.taggedVersions, tag: raw.tag! }),
    ...(value === undefined ? {} : { default: value }),
    ...(raw.ignorable === true || raw.ignorable === 'true' ? { ignorable: true as const } : {}),
    ...(raw.mapKey ? { mapKey: true as const } : {}),
    ...(raw.flexibleVersions === undefined ? {} : { flexible: raw.flexibleVersions }),
    ...(rawFields === undefined
      ? {}
      : { structName: message + element, fields: rawFields.map((field) => convert(field, message, common)) }),
  };
}

function convertDefault(raw: RawField, type: string, array: boolean): DefaultValue | undefined {
  const value = raw.default;
  if (value === undefined || value === 'null') return value === undefined ? undefined : null;
  if (array || type === 'struct') throw new Error(`${raw.name}: a default other than null`);
  if (type === 'string') return String(value);
  if (type === 'bool') return value === true || value === 'true';
  return Number(value);
}
