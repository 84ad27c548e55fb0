import { JsonNumber, type JsonValue } from '../json/json-value.ts';
import { type AvroField, type AvroSchema, type AvroUnion, fieldNames, fullNameOf, typeNameOf } from './avro-schema.ts';
import { valueOfJson } from './json-to-value.ts';
import { inside } from './path-error.ts';
import { type AvroValueOptions, decimalOf, isUuidFixed, unionForm } from './value-form.ts';
import {
  checkRecord,
  decimalBytes,
  listSize,
  memberNames,
  misfit,
  pickBranch,
  type UnionTable,
  unionTable,
  unwrapped,
  uuidBytes,
} from './write-bytes.ts';

/** Values of one schema in Avro's JSON encoding. @throws Misfit */
export class JsonOfValue {
  readonly #options: AvroValueOptions;
  readonly #unions = new Map<AvroUnion, UnionTable>();

  constructor(options: AvroValueOptions) {
    this.#options = options;
  }

  of(schema: AvroSchema, value: unknown): JsonValue {
    switch (schema.type) {
      case 'null':
        return value === null || value === undefined ? null : misfit('null', value);
      case 'boolean':
        return typeof value === 'boolean' ? value : misfit('boolean', value);
      case 'int':
        return typeof value === 'number' && (value | 0) === value ? integer(value) : misfit('int (32 bits)', value);
      case 'long':
        return isLong(value) ? integer(value) : misfit('long (64 bits; a number is exact up to 2^53-1)', value);
      case 'float':
        return typeof value === 'number' ? floating(Math.fround(value)) : misfit('float', value);
      case 'double':
        return typeof value === 'number' ? floating(value) : misfit('double', value);
      case 'string':
        return typeof value === 'string' ? value : misfit('string', value);
      case 'enum':
        if (typeof value === 'string' && schema.symbols.includes(value)) return value;
        return misfit(`symbol of ${fullNameOf(schema)}`, value);
      case 'bytes':
      case 'fixed':
        return Buffer.from(bytesOf(schema, value)).toString('latin1');
      case 'array':
        return Array.from({ length: listSize(value) }, (_, index) =>
          inside(index, () => this.of(schema.items, (value as unknown[])[index])),
        );
      case 'map':
        return new Map(
          memberNames(value).map((name) => {
            const member = (value as Record<string, unknown>)[name];
            return [name, inside(name, () => this.of(schema.values, member))];
          }),
        );
      case 'union':
        return this.#union(schema, value);
      default:
        checkRecord(value, fullNameOf(schema));
        return new Map(
          schema.fields.map((field) => [field.name, inside(field.name, () => this.#field(field, value as Members))]),
        );
    }
  }

  #field({ name, schema, defaultValue }: AvroField, record: Members): JsonValue {
    // What every object inherits is no field.
    const value = name in Object.prototype && !Object.hasOwn(record, name) ? undefined : record[name];
    if (value !== undefined || defaultValue === undefined) return this.of(schema, value);
    return this.of(schema, valueOfJson(schema, defaultValue, this.#options, 'default'));
  }

  #union(union: AvroUnion, value: unknown): JsonValue {
    let table = this.#unions.get(union);
    if (table === undefined) {
      table = unionTable(unionForm(union, this.#options), (branch) => fieldNames(union.branches[branch]!));
      this.#unions.set(union, table);
    }
    const picked = pickBranch(value, table);
    const branch = union.branches[picked < 0 ? ~picked : picked]!;
    const json = this.of(branch, picked < 0 ? unwrapped.value : value);
    return branch.type === 'null' ? null : new Map([[typeNameOf(branch), json]]);
  }
}

type Members = Readonly<Record<string, unknown>>;

function isLong(value: unknown): value is number | bigint {
  return typeof value === 'bigint' ? BigInt.asIntN(64, value) === value : Number.isSafeInteger(value);
}

function integer(value: number | bigint): JsonNumber {
  return new JsonNumber(BigInt(value).toString());
}

/** NaN and the infinities, which JSON has no numbers for, are texts as in Avro's own implementation. */
function floating(value: number): JsonValue {
  if (!Number.isFinite(value)) return String(value);
  return new JsonNumber(Object.is(value, -0) ? '-0.0' : String(value));
}

function bytesOf(schema: AvroSchema, value: unknown): Uint8Array {
  const size = schema.type === 'fixed' ? schema.size : -1;
  const form = decimalOf(schema);
  if (form) return decimalBytes(value, form, size);
  if (isUuidFixed(schema)) return uuidBytes(value);
  const isFitting = value instanceof Uint8Array && (size < 0 || value.length === size);
  return isFitting ? value : misfit(size < 0 ? 'bytes (a Uint8Array)' : `fixed (a Uint8Array of ${size})`, value);
}
