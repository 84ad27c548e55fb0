import { type AvroField, type AvroSchema, type ByteWriter, type Decimal, typeNameOf } from '@headwater/serdes';
import { SqlError } from '../../sql-error.ts';
import { type SqlType, type StructField, typeText } from '../../types/sql-type.ts';
import type { Long } from '../../values/long.ts';
import { FormatFault, within } from '../format-fault.ts';
import { signedBytes } from '../signed-bytes.ts';
import { matchFields } from '../struct-fields.ts';
import { avroDefaultBytes } from './avro-default.ts';
import { avroDecimal, branchName, mapEntryOf } from './connect-of-avro.ts';

export type WriteAvro = (value: unknown, writer: ByteWriter) => void;

/**
 * What writes values of a type with an Avro schema.
 *
 * @throws SqlError HW_SQL_STATEMENT when the schema has no place for the type, or needs fields that are not there
 */
export function avroWriter(schema: AvroSchema, type: SqlType): WriteAvro {
  if (schema.type === 'union') return unionWriter(schema.branches, type);
  const write = valueWriter(schema, type);
  if (write === undefined) {
    throw new SqlError(
      'HW_SQL_STATEMENT',
      `The Avro schema has ${typeNameOf(schema)} where ${typeText(type)} is to be written`,
    );
  }
  return (value, writer) => {
    if (value === null) throw new FormatFault(`The Avro schema has no null here, but ${typeNameOf(schema)}`);
    write(value, writer);
  };
}

/** For values that are not null; undefined where schema and type do not go together. */
function valueWriter(schema: AvroSchema, type: SqlType): WriteAvro | undefined {
  switch (schema.type) {
    case 'boolean':
      return type.kind === 'BOOLEAN' ? (value, writer) => writer.byte(value === true ? 1 : 0) : undefined;
    case 'int':
      return type.kind === 'INTEGER' || type.kind === 'DATE' || type.kind === 'TIME' ? writeInteger : undefined;
    case 'long':
      return longKinds.has(type.kind) ? writeLong : undefined;
    case 'float':
      return type.kind === 'DOUBLE' ? (value, writer) => writer.float(value as number) : undefined;
    case 'double':
      return type.kind === 'DOUBLE' ? (value, writer) => writer.double(value as number) : undefined;
    case 'string':
      return type.kind === 'STRING' ? (value, writer) => writer.zigzagText(value as string) : undefined;
    case 'enum':
      return type.kind === 'STRING' ? enumWriter(schema.symbols) : undefined;
    case 'bytes':
    case 'fixed':
      return bytesWriter(schema, type);
    case 'array': {
      const entry = mapEntryOf(schema.items);
      if (entry !== undefined) {
        if (type.kind !== 'MAP') return undefined;
        return entriesWriter(avroWriter(entry.key, { kind: 'STRING' }), avroWriter(entry.value, type.value));
      }
      return type.kind === 'ARRAY' ? arrayWriter(avroWriter(schema.items, type.element)) : undefined;
    }
    case 'map':
      if (type.kind !== 'MAP') return undefined;
      return entriesWriter((key, writer) => writer.zigzagText(key as string), avroWriter(schema.values, type.value));
    case 'record':
    case 'error':
      return type.kind === 'STRUCT' ? (recordWriter(schema.fields, type.fields) as WriteAvro) : undefined;
    default:
      return undefined;
  }
}

const longKinds: ReadonlySet<string> = new Set(['BIGINT', 'TIMESTAMP', 'INTEGER', 'DATE', 'TIME']);

function writeInteger(value: unknown, writer: ByteWriter): void {
  writer.zigzag(value as number);
}

function writeLong(value: unknown, writer: ByteWriter): void {
  if (typeof (value as Long) === 'number') writer.zigzag(value as number);
  else writer.zigzag64(value as bigint);
}

function enumWriter(symbols: readonly string[]): WriteAvro {
  const places = new Map(symbols.map((symbol, index) => [symbol, index]));
  return (value, writer) => {
    const place = places.get(value as string);
    if (place === undefined) throw new FormatFault(`"${value}" is none of the symbols ${symbols.join(', ')}`);
    writer.zigzag(place);
  };
}

function bytesWriter(schema: AvroSchema, type: SqlType): WriteAvro | undefined {
  const decimal = avroDecimal(schema);
  const size = schema.type === 'fixed' ? schema.size : -1;
  if (type.kind === 'BYTES' && decimal === undefined) {
    return (value, writer) => {
      const bytes = value as Uint8Array;
      if (size < 0) writer.zigzag(bytes.length);
      else if (size !== bytes.length) throw new FormatFault(`${bytes.length} bytes where ${size} are needed`);
      writer.bytes(bytes);
    };
  }
  if (type.kind !== 'DECIMAL' || decimal === undefined) return undefined;
  return (value, writer) => {
    const bytes = decimalBytes(value as Decimal, decimal.scale);
    if (size < 0) {
      writer.zigzag(bytes.length);
      writer.bytes(bytes);
      return;
    }
    if (bytes.length > size) throw new FormatFault(`${value} does not fit into ${size} bytes`);
    writer.bytes(Buffer.alloc(size - bytes.length, bytes[0]! >= 0x80 ? 0xff : 0));
    writer.bytes(bytes);
  };
}

export function decimalBytes(value: Decimal, scale: number): Buffer {
  const fitting = value.withScale(scale);
  if (fitting === undefined) throw new FormatFault(`${value} has more than ${scale} digits behind the point`);
  return signedBytes(fitting.unscaled);
}

function unionWriter(branches: readonly AvroSchema[], type: SqlType): WriteAvro {
  const nullPlace = branches.findIndex((branch) => branch.type === 'null');
  const others = branches.filter((branch) => branch.type !== 'null');
  if (others.length !== 1) return branchesWriter(branches, nullPlace, type);
  const place = branches.indexOf(others[0]!);
  const write = avroWriter(others[0]!, type);
  return (value, writer) => {
    if (value === null && nullPlace >= 0) {
      writer.zigzag(nullPlace);
      return;
    }
    writer.zigzag(place);
    write(value, writer);
  };
}

/** A struct with a field for each branch: the first that is set is written. */
function branchesWriter(branches: readonly AvroSchema[], nullPlace: number, type: SqlType): WriteAvro {
  if (type.kind !== 'STRUCT') {
    throw new SqlError('HW_SQL_STATEMENT', `The Avro schema has a union where ${typeText(type)} is to be written`);
  }
  const places = matchFields(branches.map(branchName), type.fields);
  const choices = branches.flatMap((branch, index) => {
    const place = places[index]!;
    if (branch.type === 'null' || place < 0) return [];
    return [{ index, place, write: avroWriter(branch, type.fields[place]!.type) }];
  });
  return (value, writer) => {
    const values = value as readonly unknown[] | null;
    const choice = values === null ? undefined : choices.find(({ place }) => values[place] !== null);
    if (choice !== undefined) {
      writer.zigzag(choice.index);
      choice.write(values![choice.place], writer);
    } else if (nullPlace >= 0) writer.zigzag(nullPlace);
    else throw new FormatFault('No branch of the union is set');
  };
}

/** Fields of the schema that the type does not have get their default, or null. */
export function recordWriter(
  fields: readonly AvroField[],
  wanted: readonly StructField[],
): (values: readonly unknown[], writer: ByteWriter) => void {
  const places = matchFields(
    fields.map(({ name }) => name),
    wanted,
  );
  const steps = fields.map((field, index) => {
    const place = places[index]!;
    if (place >= 0)
      return { name: field.name, place, write: nullAsDefault(field, avroWriter(field.schema, wanted[place]!.type)) };
    return { name: field.name, place, write: defaultWriter(field) };
  });
  const missing = wanted.find((_field, place) => !places.includes(place));
  if (missing !== undefined) {
    throw new SqlError('HW_SQL_STATEMENT', `Schema from Schema Registry misses field with name: ${missing.name}`);
  }
  return (values, writer) => {
    let index = 0;
    try {
      for (; index < steps.length; index++) {
        const { place, write } = steps[index]!;
        write(place < 0 ? null : values[place], writer);
      }
    } catch (error) {
      throw within(error, `.${steps[index]!.name}`);
    }
  };
}

/** Null is written as the field's default where it has one, as Connect's structs have it. */
function nullAsDefault(field: AvroField, write: WriteAvro): WriteAvro {
  if (field.defaultValue === undefined || field.defaultValue === null) return write;
  const bytes = avroDefaultBytes(field);
  return (value, writer) => {
    if (value === null) writer.bytes(bytes);
    else write(value, writer);
  };
}

function defaultWriter(field: AvroField): WriteAvro {
  const { name, schema, defaultValue } = field;
  const isNullable = schema.type === 'union' && schema.branches.some(({ type }) => type === 'null');
  if (isNullable && (defaultValue === undefined || defaultValue === null)) {
    const place = schema.branches.findIndex(({ type }) => type === 'null');
    return (_value, writer) => writer.zigzag(place);
  }
  if (defaultValue === undefined) {
    throw new SqlError(
      'HW_SQL_STATEMENT',
      `Missing default value for required Avro field: [${name}]. This field appears in Avro schema in Schema Registry`,
    );
  }
  const bytes = avroDefaultBytes(field);
  return (_value, writer) => writer.bytes(bytes);
}

function arrayWriter(write: WriteAvro): WriteAvro {
  return (value, writer) => {
    const elements = value as readonly unknown[];
    if (elements.length > 0) {
      writer.zigzag(elements.length);
      let index = 0;
      try {
        for (; index < elements.length; index++) write(elements[index], writer);
      } catch (error) {
        throw within(error, `[${index}]`);
      }
    }
    writer.zigzag(0);
  };
}

function entriesWriter(writeKey: WriteAvro, writeValue: WriteAvro): WriteAvro {
  return (value, writer) => {
    const entries = value as ReadonlyMap<unknown, unknown>;
    if (entries.size > 0) {
      writer.zigzag(entries.size);
      for (const [key, member] of entries) {
        writeKey(key, writer);
        try {
          writeValue(member, writer);
        } catch (error) {
          throw within(error, `.${key}`);
        }
      }
    }
    writer.zigzag(0);
  };
}
