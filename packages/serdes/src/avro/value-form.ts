import { JsonNumber, type JsonValue } from '../json/json-value.ts';
import { type AvroSchema, type AvroUnion, typeNameOf } from './avro-schema.ts';

/** What 64-bit integers are in JavaScript: exact, or numbers that are refused beyond 2^53-1. */
export interface AvroValueOptions {
  /** @default 'bigint' */
  int64?: 'bigint' | 'number';
}

/** What a value is in JavaScript, as far as branches of a union are told apart by it. */
export type ValueKind =
  | 'null'
  | 'boolean'
  | 'number'
  | 'bigint'
  | 'string'
  | 'bytes'
  | 'decimal'
  | 'array'
  | 'map'
  | 'record';

const asNumber = new Set(['time-micros', 'timestamp-millis', 'local-timestamp-millis']);

/** Whether a `long` of this schema is a number: decided by the logical type, else by the option. */
export function isLongNumber(schema: AvroSchema, { int64 }: AvroValueOptions): boolean {
  return int64 === 'number' || asNumber.has(logicalTypeOf(schema) ?? '');
}

export interface DecimalForm {
  precision: number;
  scale: number;
}

/** The decimal that a `bytes` or `fixed` holds; undefined when it is none, or one with attributes that mean nothing (those are ignored). */
export function decimalOf(schema: AvroSchema): DecimalForm | undefined {
  if ((schema.type !== 'bytes' && schema.type !== 'fixed') || logicalTypeOf(schema) !== 'decimal') return undefined;
  const precision = integerOf(schema.properties.get('precision'));
  const scale = schema.properties.has('scale') ? integerOf(schema.properties.get('scale')) : 0;
  if (precision === undefined || scale === undefined || precision < 1 || scale < 0 || scale > precision)
    return undefined;
  // 2^(8n-1)-1 has so many digits that are free.
  if (schema.type === 'fixed' && precision > Math.floor(Math.log10(2) * (8 * schema.size - 1))) return undefined;
  return { precision, scale };
}

/** A uuid in 16 bytes; one in a text is a text like any other. */
export function isUuidFixed(schema: AvroSchema): boolean {
  return schema.type === 'fixed' && schema.size === 16 && logicalTypeOf(schema) === 'uuid';
}

export function logicalTypeOf(schema: AvroSchema): string | undefined {
  if (schema.type === 'union') return undefined;
  const logical = schema.properties.get('logicalType');
  return typeof logical === 'string' ? logical : undefined;
}

function integerOf(json: JsonValue | undefined): number | undefined {
  if (!(json instanceof JsonNumber) || !json.isInteger) return undefined;
  const value = Number(json.text);
  return Number.isSafeInteger(value) ? value : undefined;
}

export function kindOf(schema: AvroSchema, options: AvroValueOptions): ValueKind {
  switch (schema.type) {
    case 'null':
    case 'boolean':
    case 'string':
    case 'array':
    case 'map':
      return schema.type;
    case 'int':
    case 'float':
    case 'double':
      return 'number';
    case 'long':
      return isLongNumber(schema, options) ? 'number' : 'bigint';
    case 'enum':
      return 'string';
    case 'bytes':
    case 'fixed':
      if (decimalOf(schema)) return 'decimal';
      return isUuidFixed(schema) ? 'string' : 'bytes';
    case 'union':
      throw new Error('a union in a union');
    default:
      return 'record';
  }
}

/** How values of a union are held. */
export interface UnionForm {
  /**
   * Which branches are `{ 'branch.full.Name': value }`: those whose kind in JavaScript does not tell them from others. Such a value is an
   * object itself, so that with one of them all records and maps are held in that way.
   */
  wrapped: readonly boolean[];
  names: readonly string[];
  kinds: readonly ValueKind[];
}

export function unionForm(union: AvroUnion, options: AvroValueOptions): UnionForm {
  const kinds = union.branches.map((branch) => kindOf(branch, options));
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(shapeOf(kind), (counts.get(shapeOf(kind)) ?? 0) + 1);
  const hasWrapped = counts.size < kinds.length;
  const wrapped = kinds.map((kind) => counts.get(shapeOf(kind))! > 1 || (hasWrapped && shapeOf(kind) === 'object'));
  return { wrapped, names: union.branches.map(typeNameOf), kinds };
}

function shapeOf(kind: ValueKind): string {
  return kind === 'map' || kind === 'record' ? 'object' : kind;
}
