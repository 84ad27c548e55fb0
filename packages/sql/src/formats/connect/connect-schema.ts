import type { Column } from '../../schema/column.ts';
import type { SqlType, StructField } from '../../types/sql-type.ts';

export type ConnectKind =
  | 'INT8'
  | 'INT16'
  | 'INT32'
  | 'INT64'
  | 'FLOAT32'
  | 'FLOAT64'
  | 'BOOLEAN'
  | 'STRING'
  | 'BYTES'
  | 'ARRAY'
  | 'MAP'
  | 'STRUCT';

/**
 * A schema in Kafka Connect's terms, which Confluent's converters put between a registry's schemas and ksqlDB's types: what a registry's schema
 * is as columns is decided here, whatever its format.
 */
export interface ConnectSchema {
  readonly kind: ConnectKind;
  /** A logical type's name. */
  readonly name?: string;
  readonly decimal?: { readonly precision: number; readonly scale: number };
  readonly key?: ConnectSchema;
  /** Of arrays and maps. */
  readonly value?: ConnectSchema;
  readonly fields?: readonly ConnectField[];
  /** A map that is an array of entries, because its keys may be null. */
  readonly isEntries?: boolean;
}

export interface ConnectField {
  readonly name: string;
  readonly schema: ConnectSchema;
}

export const logical = {
  decimal: 'org.apache.kafka.connect.data.Decimal',
  date: 'org.apache.kafka.connect.data.Date',
  time: 'org.apache.kafka.connect.data.Time',
  timestamp: 'org.apache.kafka.connect.data.Timestamp',
} as const;

/** Precision of a decimal that does not say it. */
export const decimalPrecisionDefault = 64;

export function connectDecimal(precision: number, scale: number): ConnectSchema {
  return { kind: 'BYTES', name: logical.decimal, decimal: { precision, scale } };
}

const mapKeys: ReadonlySet<ConnectKind> = new Set(['INT8', 'INT16', 'INT32', 'INT64', 'BOOLEAN', 'STRING']);

/** `upper`: as ksqlDB names columns of a schema without an id; `kept`: as they are. */
export type NameCase = 'upper' | 'kept';

/** Undefined for what ksqlDB has no type for: such fields are left out. */
export function sqlTypeOfConnect(schema: ConnectSchema, names: NameCase): SqlType | undefined {
  switch (schema.kind) {
    case 'INT8':
    case 'INT16':
      return { kind: 'INTEGER' };
    case 'INT32':
      if (schema.name === logical.time) return { kind: 'TIME' };
      return { kind: schema.name === logical.date ? 'DATE' : 'INTEGER' };
    case 'INT64':
      return { kind: schema.name === logical.timestamp ? 'TIMESTAMP' : 'BIGINT' };
    case 'FLOAT32':
    case 'FLOAT64':
      return { kind: 'DOUBLE' };
    case 'BOOLEAN':
    case 'STRING':
      return { kind: schema.kind };
    case 'BYTES':
      return schema.decimal === undefined ? { kind: 'BYTES' } : { kind: 'DECIMAL', ...schema.decimal };
    case 'ARRAY': {
      const element = sqlTypeOfConnect(schema.value!, names);
      return element && { kind: 'ARRAY', element };
    }
    case 'MAP': {
      const value = mapKeys.has(schema.key!.kind) ? sqlTypeOfConnect(schema.value!, names) : undefined;
      return value && { kind: 'MAP', key: { kind: 'STRING' }, value };
    }
    case 'STRUCT':
      return { kind: 'STRUCT', fields: structFields(schema.fields!, names) };
  }
}

function structFields(fields: readonly ConnectField[], names: NameCase): StructField[] {
  return fields.flatMap(({ name, schema }) => {
    const type = sqlTypeOfConnect(schema, names);
    return type === undefined ? [] : [{ name: names === 'upper' ? name.toUpperCase() : name, type }];
  });
}

/** The columns of a schema; undefined where it is no record (then it is the type of one bare column). */
export function columnsOfConnect(schema: ConnectSchema, names: NameCase): Column[] | undefined {
  return schema.kind === 'STRUCT' ? structFields(schema.fields!, names) : undefined;
}
