import { type AvroSchema, Decimal, typeNameOf } from '@headwater/serdes';
import { type SqlType, type StructField, typeText } from '../../types/sql-type.ts';
import { fitDecimal } from '../../values/big-decimal.ts';
import type { ConnectKind } from '../connect/connect-schema.ts';
import { logical } from '../connect/connect-schema.ts';
import { FormatFault, within } from '../format-fault.ts';
import { scalarText } from '../scalar-texts.ts';
import { signedBigInt } from '../signed-bytes.ts';
import { matchFields } from '../struct-fields.ts';
import type { AvroCursor } from './avro-cursor.ts';
import { avroSkipper } from './avro-skip.ts';
import { avroDecimal, branchName, connectOfAvro, mapEntryOf } from './connect-of-avro.ts';

/** Reads the value at the cursor, written with one schema, as a column's. */
export type ReadAvro = (cursor: AvroCursor) => unknown;

const readNull = () => null;

/**
 * What reads values of an Avro schema as values of a type: records become arrays of wanted fields, found by name without case; the others are
 * passed over. What does not fit fails at the first value that has it.
 */
export function avroReader(schema: AvroSchema, type: SqlType): ReadAvro {
  if (schema.type === 'union') return unionReader(schema.branches, type);
  switch (schema.type) {
    case 'null':
      return readNull;
    case 'record':
    case 'error':
      if (type.kind !== 'STRUCT') break;
      return recordReader(schema.fields, type.fields);
    case 'array': {
      const entry = mapEntryOf(schema.items);
      if (type.kind === 'MAP' && entry !== undefined) {
        return entriesReader(avroReader(entry.key, { kind: 'STRING' }), avroReader(entry.value, type.value));
      }
      if (type.kind !== 'ARRAY' || entry !== undefined) break;
      return arrayReader(avroReader(schema.items, type.element));
    }
    case 'map':
      if (type.kind !== 'MAP') break;
      return mapReader(avroReader(schema.values, type.value));
    case 'enum':
      if (type.kind !== 'STRING') break;
      return enumReader(schema.symbols);
    case 'bytes':
    case 'fixed':
      return bytesReader(schema, type);
    default: {
      const read = scalarReader(schema, type);
      if (read !== undefined) return read;
    }
  }
  return wrongReader(schema, type);
}

function wrongReader(schema: AvroSchema, type: SqlType): ReadAvro {
  const message = `Cannot deserialize type ${typeNameOf(schema)} as type ${typeText(type)}`;
  return () => {
    throw new FormatFault(message);
  };
}

function scalarReader(schema: AvroSchema, type: SqlType): ReadAvro | undefined {
  const connect = connectOfAvro(schema);
  const read = rawReader(schema.type);
  if (read === undefined) return undefined;
  if (type.kind === connect.kind) return read;
  if (type.kind === 'STRING') {
    const text = scalarText(connect.kind);
    return text && ((cursor) => text(read(cursor)));
  }
  if (!accepted[type.kind]?.includes(connect.kind)) return undefined;
  if (type.kind === 'DATE' || type.kind === 'TIME') {
    // Only what is marked as such, or a plain number.
    const name = type.kind === 'DATE' ? logical.time : logical.date;
    if (connect.name === name) return undefined;
  }
  return type.kind === 'TIMESTAMP' ? (cursor) => Number(read(cursor)) : read;
}

const accepted: Readonly<Record<string, readonly ConnectKind[]>> = {
  INTEGER: ['INT32', 'INT16', 'INT8'],
  DATE: ['INT32', 'INT16', 'INT8'],
  TIME: ['INT32', 'INT16', 'INT8'],
  BIGINT: ['INT64', 'INT32', 'INT16', 'INT8'],
  TIMESTAMP: ['INT64', 'INT32', 'INT16', 'INT8'],
  DOUBLE: ['FLOAT64', 'FLOAT32'],
};

function rawReader(type: string): ReadAvro | undefined {
  switch (type) {
    case 'boolean':
      return readBoolean;
    case 'int':
      return (cursor) => cursor.int();
    case 'long':
      return (cursor) => cursor.long();
    case 'float':
      return (cursor) => cursor.data.readFloatLE(cursor.take(4));
    case 'double':
      return (cursor) => cursor.data.readDoubleLE(cursor.take(8));
    case 'string':
      return readText;
    default:
      return undefined;
  }
}

function readBoolean(cursor: AvroCursor): boolean {
  const byte = cursor.byte();
  if (byte > 1) throw new FormatFault(`${byte} is no boolean`);
  return byte === 1;
}

function readText(cursor: AvroCursor): string {
  const size = cursor.size();
  const start = cursor.take(size);
  return cursor.data.toString('utf8', start, start + size);
}

function bytesReader(schema: AvroSchema, type: SqlType): ReadAvro {
  const size = schema.type === 'fixed' ? schema.size : -1;
  const decimal = avroDecimal(schema);
  if (type.kind === 'BYTES' && decimal === undefined) {
    return (cursor) => {
      const bytes = size < 0 ? cursor.size() : size;
      const start = cursor.take(bytes);
      return Buffer.from(cursor.data.subarray(start, start + bytes));
    };
  }
  if (type.kind !== 'DECIMAL' || decimal === undefined) return wrongReader(schema, type);
  const { precision, scale } = type;
  const isSame = scale === decimal.scale && precision >= decimal.precision;
  return (cursor) => {
    const bytes = size < 0 ? cursor.size() : size;
    const start = cursor.take(bytes);
    const value = new Decimal(signedBigInt(cursor.data, start, start + bytes), decimal.scale);
    return isSame ? value : fitDecimal(value, precision, scale);
  };
}

function enumReader(symbols: readonly string[]): ReadAvro {
  return (cursor) => {
    const symbol = symbols[cursor.size()];
    if (symbol === undefined) throw new FormatFault('The number of no symbol');
    return symbol;
  };
}

function unionReader(branches: readonly AvroSchema[], type: SqlType): ReadAvro {
  const others = branches.filter(({ type }) => type !== 'null');
  const isOptional = branches.length === 2 && others.length === 1;
  const readers = branches.map((branch): ReadAvro => {
    if (isOptional || branch.type === 'null') return avroReader(branch, type);
    if (type.kind !== 'STRUCT') return wrongReader(branch, type);
    // A union of several is a struct with a field for each branch, of which one is set.
    const [place = -1] = matchFields([branchName(branch)], type.fields);
    const { length } = type.fields;
    const read = place < 0 ? undefined : avroReader(branch, type.fields[place]!.type);
    const skip = avroSkipper(branch);
    return (cursor) => {
      const values: unknown[] = new Array(length).fill(null);
      if (read === undefined) skip(cursor);
      else values[place] = read(cursor);
      return values;
    };
  });
  return (cursor) => {
    const read = readers[cursor.size()];
    if (read === undefined) throw new FormatFault('The number of no branch of a union');
    return read(cursor);
  };
}

/** Records as arrays of the wanted fields, in their order. Fields that were not written are null. */
function recordReader(
  written: readonly { readonly name: string; readonly schema: AvroSchema }[],
  wanted: readonly StructField[],
): ReadAvro {
  const places = matchFields(
    written.map(({ name }) => name),
    wanted,
  );
  return recordSteps(
    written.map(({ name, schema }, index) => {
      const place = places[index]!;
      return { name, place, run: place < 0 ? avroSkipper(schema) : avroReader(schema, wanted[place]!.type) };
    }),
    wanted.length,
  );
}

export interface RecordStep {
  readonly name: string;
  /** Where the value goes; -1 where nobody wants it. */
  readonly place: number;
  readonly run: ReadAvro;
}

export function recordSteps(steps: readonly RecordStep[], length: number): (cursor: AvroCursor) => unknown[] {
  const nothing: unknown[] = new Array(length).fill(null);
  return (cursor) => {
    const values = nothing.slice();
    let index = 0;
    try {
      for (; index < steps.length; index++) {
        const { place, run } = steps[index]!;
        if (place < 0) run(cursor);
        else values[place] = run(cursor);
      }
    } catch (error) {
      throw within(error, `.${steps[index]!.name}`);
    }
    return values;
  };
}

function arrayReader(read: ReadAvro): ReadAvro {
  return (cursor) => {
    const elements: unknown[] = [];
    try {
      for (let left = cursor.block(); left > 0; left = cursor.block()) {
        for (; left > 0; left--) elements.push(read(cursor));
      }
    } catch (error) {
      throw within(error, `[${elements.length}]`);
    }
    return elements;
  };
}

function mapReader(read: ReadAvro): ReadAvro {
  return entriesReader(readText, read);
}

function entriesReader(readKey: ReadAvro, readValue: ReadAvro): ReadAvro {
  return (cursor) => {
    const entries = new Map<unknown, unknown>();
    let key: unknown = '';
    try {
      for (let left = cursor.block(); left > 0; left = cursor.block()) {
        for (; left > 0; left--) {
          key = readKey(cursor);
          entries.set(key, readValue(cursor));
        }
      }
    } catch (error) {
      throw within(error, `.${key}`);
    }
    return entries;
  };
}
