import { ByteWriter, type Decimal, type MessageEntry, type ProtoNames } from '@headwater/serdes';
import { SqlError } from '../../sql-error.ts';
import { type SqlType, type StructField, typeText } from '../../types/sql-type.ts';
import type { Long } from '../../values/long.ts';
import { FormatFault, within } from '../format-fault.ts';
import { signedBytes } from '../signed-bytes.ts';
import { matchFields } from '../struct-fields.ts';
import {
  type FieldShape,
  fieldShapes,
  oneofFieldName,
  type ProtobufOptions,
  type ValueShape,
} from './message-shape.ts';

/** Writes a value without its tag. */
type WriteProto = (value: unknown, writer: ByteWriter) => void;
export type WriteMessage = (values: readonly unknown[], writer: ByteWriter) => void;

/** A writer for each level of messages within messages: their sizes stand before them. */
const nested: ByteWriter[] = [];
let level = 0;

interface FieldWriter {
  readonly name: string;
  readonly number: number;
  readonly write: (values: readonly unknown[], writer: ByteWriter) => void;
}

/**
 * What writes rows as a message, fields in the order of their numbers, as Java does.
 *
 * @throws SqlError HW_SQL_STATEMENT where the message has no place for a field
 */
export function messageWriter(
  names: ProtoNames,
  entry: MessageEntry,
  wanted: readonly StructField[],
  options: ProtobufOptions,
): WriteMessage {
  const shapes = fieldShapes(names, entry, options);
  const oneofs = [...new Set(shapes.flatMap(({ oneof }) => oneof ?? []))];
  const plain = shapes.filter(({ oneof }) => oneof === undefined);
  const places = matchFields(
    [...oneofs.map((oneof) => oneofFieldName(entry, oneof)), ...plain.map(({ name }) => name)],
    wanted,
  );
  const missing = wanted.find((_field, place) => !places.includes(place));
  if (missing !== undefined) {
    throw new SqlError('HW_SQL_STATEMENT', `Schema from Schema Registry misses field with name: ${missing.name}`);
  }
  const writers = plain.flatMap((shape, index): FieldWriter[] => {
    const place = places[oneofs.length + index]!;
    if (place < 0) return [];
    const write = fieldWriter(names, shape, wanted[place]!.type, options);
    return [{ name: shape.name, number: shape.number, write: (values, writer) => write(values[place], writer) }];
  });
  for (const [index, oneof] of oneofs.entries()) {
    const place = places[index]!;
    if (place >= 0) writers.push(...oneofWriters(names, shapes, oneof, place, wanted[place]!.type, options));
  }
  writers.sort((a, b) => a.number - b.number);
  return (values, writer) => {
    let index = 0;
    try {
      for (; index < writers.length; index++) writers[index]!.write(values, writer);
    } catch (error) {
      throw within(error, `.${writers[index]!.name}`);
    }
  };
}

/** The first field of the struct that is set is the one that is written. */
function oneofWriters(
  names: ProtoNames,
  shapes: readonly FieldShape[],
  oneof: string,
  place: number,
  type: SqlType,
  options: ProtobufOptions,
): FieldWriter[] {
  if (type.kind !== 'STRUCT') {
    throw new SqlError(
      'HW_SQL_STATEMENT',
      `The message has the oneof ${oneof} where ${typeText(type)} is to be written`,
    );
  }
  const members = shapes.filter((shape) => shape.oneof === oneof);
  const memberPlaces = matchFields(
    members.map(({ name }) => name),
    type.fields,
  );
  return members.flatMap((shape, index): FieldWriter[] => {
    const memberPlace = memberPlaces[index]!;
    if (memberPlace < 0) return [];
    const write = fieldWriter(names, shape, type.fields[memberPlace]!.type, options);
    return [
      {
        name: shape.name,
        number: shape.number,
        write(values, writer) {
          const union = values[place] as readonly unknown[] | null;
          if (union !== null && union.findIndex((each) => each !== null) === memberPlace) {
            write(union[memberPlace], writer);
          }
        },
      },
    ];
  });
}

function fieldWriter(names: ProtoNames, shape: FieldShape, type: SqlType, options: ProtobufOptions): WriteProto {
  const { value, number } = shape;
  if (value.kind === 'map') {
    if (type.kind !== 'MAP') throw misfit(shape, type);
    return mapWriter(number, entryWriter(names, value, type, options));
  }
  if (shape.isRepeated) {
    if (type.kind !== 'ARRAY') throw misfit(shape, type);
    const write = valueWriter(names, value, type.element, options);
    if (write === undefined) throw misfit(shape, type);
    return shape.isPacked ? packedWriter(number, write) : repeatedWriter(number, wireTypeOf(value), write);
  }
  const write = valueWriter(names, value, type, options);
  if (write === undefined) throw misfit(shape, type);
  const tag = number * 8 + wireTypeOf(value);
  if (shape.hasPresence || (value.kind !== 'scalar' && value.kind !== 'enum')) {
    return (each, writer) => {
      if (each === null) return;
      writer.varint(tag);
      write(each, writer);
    };
  }
  // What has its default is not written, and neither is null.
  const zero = value.kind === 'enum' ? value.names.get(0) : undefined;
  return (each, writer) => {
    if (each === null || isDefault(each, zero)) return;
    writer.varint(tag);
    write(each, writer);
  };
}

function isDefault(value: unknown, zero: string | undefined): boolean {
  if (typeof value === 'number') return Object.is(value, 0);
  if (typeof value === 'string') return value === (zero ?? '');
  return value === false || (value instanceof Uint8Array && value.length === 0);
}

function misfit({ name, value }: FieldShape, type: SqlType): SqlError {
  const kind = 'scalar' in value ? value.scalar : value.kind;
  return new SqlError('HW_SQL_STATEMENT', `The message has ${kind} ${name} where ${typeText(type)} is to be written`);
}

function repeatedWriter(number: number, wireType: number, write: WriteProto): WriteProto {
  const tag = number * 8 + wireType;
  return (value, writer) => {
    for (const element of (value ?? []) as readonly unknown[]) {
      if (element === null) throw new FormatFault('An array in Protobuf has no null');
      writer.varint(tag);
      write(element, writer);
    }
  };
}

function packedWriter(number: number, write: WriteProto): WriteProto {
  const writeAll = sized((value, writer) => {
    for (const element of value as readonly unknown[]) {
      if (element === null) throw new FormatFault('An array in Protobuf has no null');
      write(element, writer);
    }
  });
  return (value, writer) => {
    if (value === null || (value as readonly unknown[]).length === 0) return;
    writer.varint(number * 8 + 2);
    writeAll(value, writer);
  };
}

function mapWriter(number: number, write: WriteProto): WriteProto {
  return (value, writer) => {
    for (const pair of (value ?? new Map()) as ReadonlyMap<unknown, unknown>) {
      writer.varint(number * 8 + 2);
      write(pair, writer);
    }
  };
}

function entryWriter(
  names: ProtoNames,
  shape: Extract<ValueShape, { kind: 'map' }>,
  type: Extract<SqlType, { kind: 'MAP' }>,
  options: ProtobufOptions,
): WriteProto {
  const part = (name: string, number: number, value: ValueShape): FieldShape => {
    return { name, number, value, isRepeated: false, hasPresence: false, isPacked: false, oneof: undefined };
  };
  const writeKey = fieldWriter(names, part('key', 1, shape.key), { kind: 'STRING' }, options);
  const writeValue = fieldWriter(names, part('value', 2, shape.value), type.value, options);
  return sized((pair, writer) => {
    const [key, value] = pair as [unknown, unknown];
    writeKey(key, writer);
    writeValue(value, writer);
  });
}

/** Writes what has its size before it. */
function sized(write: WriteProto): WriteProto {
  return (value, writer) => {
    const inner = (nested[level] ??= new ByteWriter());
    inner.reset();
    level++;
    try {
      write(value, inner);
    } finally {
      level--;
    }
    writer.varint(inner.length);
    writer.bytes(inner.view());
  };
}

function wireTypeOf(shape: ValueShape): number {
  if (shape.kind === 'enum') return 0;
  if (shape.kind !== 'scalar') return 2;
  if (shape.scalar === 'string' || shape.scalar === 'bytes') return 2;
  if (shape.scalar === 'double' || shape.scalar.endsWith('fixed64')) return 1;
  return shape.scalar === 'float' || shape.scalar.endsWith('fixed32') ? 5 : 0;
}

/** For values that are not null; undefined where shape and type do not go together. */
function valueWriter(
  names: ProtoNames,
  shape: ValueShape,
  type: SqlType,
  options: ProtobufOptions,
): WriteProto | undefined {
  switch (shape.kind) {
    case 'scalar':
      return scalarKinds(shape.scalar).has(type.kind) ? scalarWriter(shape.scalar) : undefined;
    case 'wrapper': {
      const inner: ValueShape = { kind: 'scalar', scalar: shape.scalar };
      const write = valueWriter(names, inner, type, options);
      if (write === undefined) return undefined;
      const tag = 8 + wireTypeOf(inner);
      return sized((value, writer) => {
        if (isDefault(value, undefined)) return;
        writer.varint(tag);
        write(value, writer);
      });
    }
    case 'enum':
      if (type.kind !== 'STRING') return undefined;
      return (value, writer) => {
        const number = shape.numbers.get(value as string);
        if (number === undefined) throw new FormatFault(`"${value}" is no name of the enum`);
        writer.varint64(BigInt(number));
      };
    case 'decimal':
      return type.kind === 'DECIMAL' ? sized((value, writer) => writeDecimal(value as Decimal, writer)) : undefined;
    case 'date':
      return type.kind === 'DATE' ? sized((value, writer) => writeDate(value as number, writer)) : undefined;
    case 'time':
      return type.kind === 'TIME' ? sized((value, writer) => writeTime(value as number, writer)) : undefined;
    case 'timestamp':
      return type.kind === 'TIMESTAMP' ? sized((value, writer) => writeTimestamp(value as number, writer)) : undefined;
    case 'message':
      if (type.kind !== 'STRUCT') return undefined;
      return sized(messageWriter(names, shape.entry, type.fields, options) as WriteProto);
    case 'map':
      return undefined;
  }
}

const integerKinds: ReadonlySet<string> = new Set(['INTEGER', 'BIGINT']);

function scalarKinds(scalar: string): ReadonlySet<string> {
  switch (scalar) {
    case 'double':
    case 'float':
      return new Set(['DOUBLE']);
    case 'bool':
      return new Set(['BOOLEAN']);
    case 'string':
      return new Set(['STRING']);
    case 'bytes':
      return new Set(['BYTES']);
    case 'int32':
    case 'sint32':
    case 'sfixed32':
      return new Set(['INTEGER']);
    default:
      return integerKinds;
  }
}

function scalarWriter(scalar: string): WriteProto {
  switch (scalar) {
    case 'double':
      return (value, writer) => writer.double(value as number);
    case 'float':
      return (value, writer) => writer.float(value as number);
    case 'bool':
      return (value, writer) => writer.byte(value === true ? 1 : 0);
    case 'string':
      return (value, writer) => writer.varintText(value as string);
    case 'bytes':
      return (value, writer) => {
        writer.varint((value as Uint8Array).length);
        writer.bytes(value as Uint8Array);
      };
    case 'sint32':
    case 'sint64':
      return (value, writer) => (typeof value === 'number' ? writer.zigzag(value) : writer.zigzag64(value as bigint));
    case 'fixed32':
    case 'sfixed32':
      return (value, writer) => writer.fixed32(Number(value as Long));
    case 'fixed64':
    case 'sfixed64':
      return (value, writer) => writer.fixed64(BigInt(value as Long));
    case 'uint32':
      return (value, writer) => writer.varint(Number(value as Long) >>> 0);
    default:
      return (value, writer) =>
        typeof value === 'number' && value >= 0 ? writer.varint(value) : writer.varint64(BigInt(value as Long));
  }
}

/** confluent.type.Decimal: value, precision, scale. */
function writeDecimal({ unscaled, scale }: Decimal, writer: ByteWriter): void {
  const bytes = signedBytes(unscaled);
  writer.varint(10);
  writer.varint(bytes.length);
  writer.bytes(bytes);
  writer.varint(16);
  writer.varint(String(unscaled < 0n ? -unscaled : unscaled).length);
  if (scale === 0) return;
  writer.varint(24);
  writer.varint(scale);
}

const dayMs = 86_400_000;

function writeDate(days: number, writer: ByteWriter): void {
  const date = new Date(days * dayMs);
  writeNumbers([date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()], writer);
}

function writeTime(ms: number, writer: ByteWriter): void {
  const seconds = Math.floor(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  writeNumbers([Math.floor(minutes / 60), minutes % 60, seconds % 60, (ms % 1_000) * 1_000_000], writer);
}

function writeTimestamp(ms: number, writer: ByteWriter): void {
  const seconds = Math.floor(ms / 1_000);
  writeNumbers([seconds, (ms - seconds * 1_000) * 1_000_000], writer);
}

/** As fields 1, 2, …; zeros are left out. */
function writeNumbers(numbers: readonly number[], writer: ByteWriter): void {
  for (const [index, number] of numbers.entries()) {
    if (number === 0) continue;
    writer.varint((index + 1) * 8);
    if (number > 0) writer.varint(number);
    else writer.varint64(BigInt(number));
  }
}
