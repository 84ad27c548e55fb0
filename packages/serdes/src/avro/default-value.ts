import { JsonNumber, type JsonValue } from '../json/json-value.ts';
import type { AvroSchema } from './avro-schema.ts';

/** Whether a field of this type may have the default. Of a union, any branch may take it. */
export function isDefaultFor(schema: AvroSchema, value: JsonValue): boolean {
  switch (schema.type) {
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean';
    case 'int':
      return isInteger(value, 31n);
    case 'long':
      return isInteger(value, 63n);
    case 'float':
    case 'double':
      return value instanceof JsonNumber;
    case 'string':
    case 'bytes':
    case 'enum':
    case 'fixed':
      return typeof value === 'string';
    case 'array':
      return Array.isArray(value) && value.every((item) => isDefaultFor(schema.items, item));
    case 'map':
      return value instanceof Map && [...value.values()].every((each) => isDefaultFor(schema.values, each));
    case 'union':
      return schema.branches.some((branch) => isDefaultFor(branch, value));
    default:
      return (
        value instanceof Map &&
        schema.fields.every((field) => {
          const member = value.get(field.name) ?? field.defaultValue;
          return member !== undefined && isDefaultFor(field.schema, member);
        })
      );
  }
}

function isInteger(value: JsonValue, bits: bigint): boolean {
  if (!(value instanceof JsonNumber) || !value.isInteger) return false;
  const number = BigInt(value.text);
  return number >= -(1n << bits) && number < 1n << bits;
}
