import { type AvroRecord, type AvroSchema, fullNameOf, JsonNumber } from '@headwater/serdes';
import { SqlError } from '../../sql-error.ts';
import { type ConnectSchema, connectDecimal, decimalPrecisionDefault, logical } from '../connect/connect-schema.ts';

const int8 = 'int8';
const int16 = 'int16';

/** An Avro schema as Confluent's AvroData has it in Connect. @throws SqlError HW_SQL_STATEMENT for types that refer to themselves */
export function connectOfAvro(schema: AvroSchema): ConnectSchema {
  return convert(schema, new Set());
}

function convert(schema: AvroSchema, outer: Set<AvroSchema>): ConnectSchema {
  switch (schema.type) {
    case 'boolean':
      return { kind: 'BOOLEAN' };
    case 'int': {
      const logicalType = schema.properties.get('logicalType');
      if (logicalType === 'date') return { kind: 'INT32', name: logical.date };
      if (logicalType === 'time-millis') return { kind: 'INT32', name: logical.time };
      const type = schema.properties.get('connect.type');
      return { kind: type === int8 ? 'INT8' : type === int16 ? 'INT16' : 'INT32' };
    }
    case 'long':
      return schema.properties.get('logicalType') === 'timestamp-millis'
        ? { kind: 'INT64', name: logical.timestamp }
        : { kind: 'INT64' };
    case 'float':
      return { kind: 'FLOAT32' };
    case 'double':
      return { kind: 'FLOAT64' };
    case 'string':
    case 'enum':
      return { kind: 'STRING' };
    case 'bytes':
    case 'fixed': {
      const decimal = avroDecimal(schema);
      return decimal === undefined ? { kind: 'BYTES' } : connectDecimal(decimal.precision, decimal.scale);
    }
    case 'array': {
      const entry = mapEntryOf(schema.items);
      if (entry === undefined) return { kind: 'ARRAY', value: convert(schema.items, outer) };
      return { kind: 'MAP', key: convert(entry.key, outer), value: convert(entry.value, outer) };
    }
    case 'map':
      return { kind: 'MAP', key: { kind: 'STRING' }, value: convert(schema.values, outer) };
    case 'union': {
      const branches = schema.branches.filter(({ type }) => type !== 'null');
      if (schema.branches.length === 2 && branches.length === 1) return convert(branches[0]!, outer);
      const fields = branches.map((branch) => ({ name: branchName(branch), schema: convert(branch, outer) }));
      return { kind: 'STRUCT', fields };
    }
    case 'record':
    case 'error': {
      if (outer.has(schema)) {
        throw new SqlError(
          'HW_SQL_STATEMENT',
          `The record ${fullNameOf(schema)} refers to itself, which a column's type cannot: name the columns that are wanted in the statement`,
        );
      }
      outer.add(schema);
      const fields = schema.fields.map((field) => ({ name: field.name, schema: convert(field.schema, outer) }));
      outer.delete(schema);
      return { kind: 'STRUCT', fields };
    }
    default:
      throw new SqlError('HW_SQL_STATEMENT', 'Standalone null schemas are not supported by this converter');
  }
}

/** What the field of a union's struct is called that holds a branch. */
export function branchName(branch: AvroSchema): string {
  return 'name' in branch ? branch.name : branch.type;
}

/** Undefined for bytes that are no decimal. */
export function avroDecimal(schema: AvroSchema): { precision: number; scale: number } | undefined {
  if (!('properties' in schema) || schema.properties.get('logicalType') !== 'decimal') return undefined;
  const numberAt = (name: string) => {
    const value = schema.properties.get(name);
    return value instanceof JsonNumber ? Number(value.text) : undefined;
  };
  return { precision: numberAt('precision') ?? decimalPrecisionDefault, scale: numberAt('scale') ?? 0 };
}

/** Maps whose keys Avro's own maps cannot have are arrays of entries, which are marked as such. */
export function mapEntryOf(items: AvroSchema): { key: AvroSchema; value: AvroSchema } | undefined {
  if (items.type !== 'record') return undefined;
  const isMarked =
    (items.namespace === 'io.confluent.connect.avro' && items.name === 'MapEntry') ||
    items.properties.get('connect.internal.type') === 'MapEntry';
  const [key, value] = [fieldOf(items, 'key'), fieldOf(items, 'value')];
  return isMarked && key && value && items.fields.length === 2 ? { key, value } : undefined;
}

function fieldOf(record: AvroRecord, name: string): AvroSchema | undefined {
  return record.fields.find((field) => field.name === name)?.schema;
}
