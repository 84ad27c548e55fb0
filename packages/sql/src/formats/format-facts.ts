import { SqlError } from '../sql-error.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { FormatName, SerdeFeature } from './format.ts';
import { kafkaKinds } from './kafka-format.ts';

/** What ksqlDB promises of a format. */
export interface FormatFacts {
  readonly name: FormatName;
  readonly features: ReadonlySet<SerdeFeature>;
  /** Of `FormatInfo.properties`: those that may be given. */
  readonly properties: ReadonlySet<string>;
  /** Of these: those that a derived stream or table takes over from its source. */
  readonly inheritableProperties: ReadonlySet<string>;
  readonly hasManyColumns: boolean;
  /** Schemas come from the registry, and are put there. */
  readonly needsRegistry: boolean;
  /** Whether a key column may be of the type; where not, repartitioning takes JSON instead. */
  isKeyType(type: SqlType): boolean;
}

const nested = new Set(['ARRAY', 'MAP', 'STRUCT']);

function facts(
  name: FormatName,
  features: readonly SerdeFeature[],
  properties: readonly string[],
  inheritable: readonly string[],
  isKeyType: (type: SqlType) => boolean,
): FormatFacts {
  return {
    name,
    features: new Set(features),
    properties: new Set(properties),
    inheritableProperties: new Set(inheritable),
    hasManyColumns: name !== 'NONE' && name !== 'KAFKA',
    needsRegistry: features.includes('SCHEMA_INFERENCE'),
    isKeyType,
  };
}

const any = () => true;

const all: Readonly<Record<FormatName, FormatFacts>> = {
  NONE: facts('NONE', [], [], [], () => false),
  KAFKA: facts('KAFKA', ['UNWRAP_SINGLES'], [], [], ({ kind }) => kafkaKinds.has(kind)),
  DELIMITED: facts(
    'DELIMITED',
    ['UNWRAP_SINGLES'],
    ['delimiter'],
    ['delimiter'],
    ({ kind }) => !nested.has(kind) && kind !== 'DECIMAL',
  ),
  JSON: facts(
    'JSON',
    ['WRAP_SINGLES', 'UNWRAP_SINGLES'],
    ['omitNulls', 'keepCase', 'fieldNames'],
    ['omitNulls', 'keepCase'],
    any,
  ),
  JSON_SR: facts(
    'JSON_SR',
    ['SCHEMA_INFERENCE', 'WRAP_SINGLES', 'UNWRAP_SINGLES'],
    ['fullSchemaName', 'schemaId'],
    [],
    any,
  ),
  AVRO: facts('AVRO', ['SCHEMA_INFERENCE', 'WRAP_SINGLES', 'UNWRAP_SINGLES'], ['fullSchemaName', 'schemaId'], [], any),
  PROTOBUF: facts(
    'PROTOBUF',
    ['SCHEMA_INFERENCE', 'WRAP_SINGLES'],
    ['fullSchemaName', 'schemaId', 'unwrapPrimitives', 'nullableRepresentation', 'subjectName'],
    ['fullSchemaName'],
    any,
  ),
  PROTOBUF_NOSR: facts(
    'PROTOBUF_NOSR',
    ['WRAP_SINGLES', 'UNWRAP_SINGLES'],
    ['unwrapPrimitives', 'nullableRepresentation'],
    ['unwrapPrimitives', 'nullableRepresentation'],
    any,
  ),
};

export function formatFacts(name: FormatName): FormatFacts {
  return all[name];
}

/** A format by its name in a statement, in any case. @throws SqlError HW_SQL_STATEMENT */
export function parseFormatName(text: string): FormatName {
  const name = text.toUpperCase();
  if (Object.hasOwn(all, name)) return name as FormatName;
  throw new SqlError('HW_SQL_STATEMENT', `Unknown format: ${name}`);
}
