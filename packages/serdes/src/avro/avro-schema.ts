import type { JsonObject, JsonValue } from '../json/json-value.ts';

/** Avro's types as they are written down: https://avro.apache.org/docs/1.12.0/specification/ */
export type AvroSchema = AvroPrimitive | AvroRecord | AvroEnum | AvroFixed | AvroArray | AvroMap | AvroUnion;
export type AvroNamed = AvroRecord | AvroEnum | AvroFixed;

export const primitiveTypes = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
export type PrimitiveType = (typeof primitiveTypes)[number];

/** What the specification does not know is kept: `logicalType`, and whatever people add. */
interface WithProperties {
  readonly properties: JsonObject;
}

export interface AvroPrimitive extends WithProperties {
  readonly type: PrimitiveType;
}

export interface AvroName {
  readonly name: string;
  /** Empty when there is none. */
  readonly namespace: string;
  /** Full names. */
  readonly aliases: readonly string[];
  readonly doc: string | undefined;
}

export interface AvroRecord extends WithProperties, AvroName {
  readonly type: 'record' | 'error';
  /** Filled after the record can be referred to. */
  fields: readonly AvroField[];
}

export interface AvroField extends WithProperties {
  readonly name: string;
  readonly schema: AvroSchema;
  readonly doc: string | undefined;
  /** `undefined` without one; `null` is one. */
  readonly defaultValue: JsonValue | undefined;
  readonly order: 'ascending' | 'descending' | 'ignore';
  readonly aliases: readonly string[];
}

export interface AvroEnum extends WithProperties, AvroName {
  readonly type: 'enum';
  readonly symbols: readonly string[];
  readonly defaultSymbol: string | undefined;
}

export interface AvroFixed extends WithProperties, AvroName {
  readonly type: 'fixed';
  readonly size: number;
}

export interface AvroArray extends WithProperties {
  readonly type: 'array';
  readonly items: AvroSchema;
}

export interface AvroMap extends WithProperties {
  readonly type: 'map';
  readonly values: AvroSchema;
}

export interface AvroUnion {
  readonly type: 'union';
  readonly branches: readonly AvroSchema[];
}

export function isNamed(schema: AvroSchema): schema is AvroNamed {
  return 'name' in schema;
}

export function fullNameOf({ name, namespace }: AvroName): string {
  return namespace === '' ? name : `${namespace}.${name}`;
}

/** What a union tells its branches apart by. */
export function typeNameOf(schema: AvroSchema): string {
  return isNamed(schema) ? fullNameOf(schema) : schema.type;
}

/** Of a record; none of anything else. */
export function fieldNames(schema: AvroSchema): string[] {
  return 'fields' in schema ? schema.fields.map(({ name }) => name) : [];
}
