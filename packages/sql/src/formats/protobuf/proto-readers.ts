import { Decimal, type MessageEntry, type ProtoNames } from '@headwater/serdes';
import { type SqlType, type StructField, typeText } from '../../types/sql-type.ts';
import { fitDecimal } from '../../values/big-decimal.ts';
import { longOf } from '../../values/long.ts';
import type { ConnectKind } from '../connect/connect-schema.ts';
import { FormatFault, within } from '../format-fault.ts';
import { scalarText } from '../scalar-texts.ts';
import { signedBigInt } from '../signed-bytes.ts';
import { matchFields } from '../struct-fields.ts';
import { scalarKind } from './connect-of-protobuf.ts';
import {
  type FieldShape,
  fieldShapes,
  oneofFieldName,
  type ProtobufOptions,
  type ValueShape,
} from './message-shape.ts';
import type { ProtoCursor } from './proto-cursor.ts';

/** Reads the value of one field at the cursor, which is behind the tag. */
type ReadProto = (cursor: ProtoCursor) => unknown;
/** Reads a message that ends where the cursor does. */
export type ReadMessage = (cursor: ProtoCursor) => unknown[];

interface FieldReader {
  readonly name: string;
  /** Wire type of one value. */
  readonly wireType: number;
  readonly isRepeated: boolean;
  readonly isMap: boolean;
  readonly read: ReadProto;
  /** Puts the value, or adds it. */
  readonly place: number;
  /** Of a oneof: the place in its struct, whose length is `unionLength`. */
  readonly unionPlace: number;
  readonly unionLength: number;
}

const messageDepthMax = 100;
let depth = 0;

/** Messages as arrays of the wanted fields, found by name without case. Fields that were not written have their default, as in Java. */
export function messageReader(
  names: ProtoNames,
  entry: MessageEntry,
  wanted: readonly StructField[],
  options: ProtobufOptions,
): ReadMessage {
  const readers = new Map<number, FieldReader>();
  const defaults: (() => unknown)[] = wanted.map(() => () => null);
  const shapes = fieldShapes(names, entry, options);
  const oneofs = [...new Set(shapes.flatMap(({ oneof }) => oneof ?? []))];
  const plain = shapes.filter(({ oneof }) => oneof === undefined);
  const places = matchFields(
    [...oneofs.map((oneof) => oneofFieldName(entry, oneof)), ...plain.map(({ name }) => name)],
    wanted,
  );
  for (const [index, shape] of plain.entries()) {
    const place = places[oneofs.length + index]!;
    if (place < 0) continue;
    const { type } = wanted[place]!;
    readers.set(shape.number, { ...fieldReader(names, shape, type, options), place, unionPlace: -1, unionLength: 0 });
    defaults[place] = defaultOf(shape, type);
  }
  for (const [index, oneof] of oneofs.entries()) {
    const place = places[index]!;
    const type = place < 0 ? undefined : wanted[place]!.type;
    if (type?.kind !== 'STRUCT') continue;
    const members = shapes.filter((shape) => shape.oneof === oneof);
    const unionPlaces = matchFields(
      members.map(({ name }) => name),
      type.fields,
    );
    for (const [member, shape] of members.entries()) {
      const unionPlace = unionPlaces[member]!;
      if (unionPlace < 0) continue;
      const reader = fieldReader(names, shape, type.fields[unionPlace]!.type, options);
      readers.set(shape.number, { ...reader, place, unionPlace, unionLength: type.fields.length });
    }
  }
  return (cursor) => readMessage(cursor, readers, defaults);
}

function readMessage(
  cursor: ProtoCursor,
  readers: ReadonlyMap<number, FieldReader>,
  defaults: readonly (() => unknown)[],
): unknown[] {
  const values: unknown[] = new Array(defaults.length);
  for (let index = 0; index < values.length; index++) values[index] = defaults[index]!();
  let reader: FieldReader | undefined;
  if (depth++ > messageDepthMax) throw new FormatFault(`More than ${messageDepthMax} messages within each other`);
  try {
    while (cursor.at < cursor.end) {
      const tag = cursor.varint();
      if (tag < 8) throw new FormatFault('A field has the number 0');
      reader = readers.get(Math.floor(tag / 8));
      if (reader === undefined) cursor.skip(tag);
      else readField(cursor, tag & 7, reader, values);
    }
  } catch (error) {
    throw reader === undefined ? error : within(error, `.${reader.name}`);
  } finally {
    depth--;
  }
  return values;
}

function readField(cursor: ProtoCursor, wireType: number, reader: FieldReader, values: unknown[]): void {
  const { place } = reader;
  if (reader.isRepeated && wireType === 2 && reader.wireType !== 2) {
    // Packed.
    const bytes = cursor.varint();
    const end = cursor.take(bytes) + bytes;
    cursor.at = end - bytes;
    const list = values[place] as unknown[];
    while (cursor.at < end) list.push(reader.read(cursor));
    return;
  }
  if (wireType !== reader.wireType) {
    cursor.skip(wireType);
    return;
  }
  const value = reader.read(cursor);
  if (reader.isMap) {
    const [key, member] = value as [unknown, unknown];
    (values[place] as Map<unknown, unknown>).set(key, member);
  } else if (reader.isRepeated) (values[place] as unknown[]).push(value);
  else if (reader.unionPlace >= 0) {
    const union: unknown[] = new Array(reader.unionLength).fill(null);
    union[reader.unionPlace] = value;
    values[place] = union;
  } else values[place] = value;
}

function fieldReader(
  names: ProtoNames,
  shape: FieldShape,
  type: SqlType,
  options: ProtobufOptions,
): Omit<FieldReader, 'place' | 'unionPlace' | 'unionLength'> {
  const { name, isRepeated, value } = shape;
  const isMap = value.kind === 'map';
  if (isMap) {
    const read = type.kind === 'MAP' ? entryReader(names, value, type, options) : wrongReader(value, type);
    return { name, wireType: 2, isRepeated: type.kind === 'MAP', isMap: type.kind === 'MAP', read };
  }
  if (isRepeated && type.kind !== 'ARRAY') {
    return { name, wireType: wireTypeOf(value), isRepeated: false, isMap, read: wrongReader(value, type) };
  }
  const elementType = isRepeated && type.kind === 'ARRAY' ? type.element : type;
  return {
    name,
    wireType: wireTypeOf(value),
    isRepeated,
    isMap,
    read: valueReader(names, value, elementType, options),
  };
}

function entryReader(
  names: ProtoNames,
  shape: Extract<ValueShape, { kind: 'map' }>,
  type: Extract<SqlType, { kind: 'MAP' }>,
  options: ProtobufOptions,
): ReadProto {
  const readKey = valueReader(names, shape.key, { kind: 'STRING' }, options);
  const readValue = valueReader(names, shape.value, type.value, options);
  const keyWire = wireTypeOf(shape.key);
  const valueWire = wireTypeOf(shape.value);
  const keyDefault = scalarDefault(shape.key, { kind: 'STRING' });
  const valueDefault = scalarDefault(shape.value, type.value);
  return sized((cursor) => {
    let key: unknown = keyDefault;
    let value: unknown = valueDefault;
    while (cursor.at < cursor.end) {
      const tag = cursor.varint();
      if (tag === 8 + keyWire) key = readKey(cursor);
      else if (tag === 16 + valueWire) value = readValue(cursor);
      else cursor.skip(tag);
    }
    return [key, value];
  });
}

/** Reads what is in a message of its own: the cursor ends with it meanwhile. */
function sized(read: ReadProto): ReadProto {
  return (cursor) => {
    const bytes = cursor.varint();
    const { end } = cursor;
    const start = cursor.take(bytes);
    cursor.at = start;
    cursor.end = start + bytes;
    const value = read(cursor);
    cursor.at = start + bytes;
    cursor.end = end;
    return value;
  };
}

function wireTypeOf(shape: ValueShape): number {
  if (shape.kind === 'enum') return 0;
  if (shape.kind !== 'scalar') return 2;
  switch (shape.scalar) {
    case 'string':
    case 'bytes':
      return 2;
    case 'double':
    case 'fixed64':
    case 'sfixed64':
      return 1;
    case 'float':
    case 'fixed32':
    case 'sfixed32':
      return 5;
    default:
      return 0;
  }
}

function wrongReader(shape: ValueShape, type: SqlType): ReadProto {
  const message = `Cannot deserialize type ${'scalar' in shape ? shape.scalar : shape.kind} as type ${typeText(type)}`;
  return () => {
    throw new FormatFault(message);
  };
}

function valueReader(names: ProtoNames, shape: ValueShape, type: SqlType, options: ProtobufOptions): ReadProto {
  switch (shape.kind) {
    case 'scalar':
      return scalarReader(shape.scalar, type) ?? wrongReader(shape, type);
    case 'wrapper': {
      const inner: ValueShape = { kind: 'scalar', scalar: shape.scalar };
      const read = valueReader(names, inner, type, options);
      const otherwise = scalarDefault(inner, type);
      const wireType = wireTypeOf(inner);
      return sized((cursor) => {
        let value = otherwise;
        while (cursor.at < cursor.end) {
          const tag = cursor.varint();
          if (tag === 8 + wireType) value = read(cursor);
          else cursor.skip(tag);
        }
        return value;
      });
    }
    case 'enum': {
      if (type.kind !== 'STRING') return wrongReader(shape, type);
      return (cursor) => {
        const number = cursor.int32();
        return shape.names.get(number) ?? `UNKNOWN_ENUM_VALUE_${number}`;
      };
    }
    case 'decimal': {
      if (type.kind !== 'DECIMAL') return wrongReader(shape, type);
      const { precision, scale } = type;
      return sized((cursor) => fitDecimal(readDecimal(cursor), precision, scale));
    }
    case 'date':
    case 'time':
    case 'timestamp': {
      const read = sized(momentReaders[shape.kind]);
      const kinds =
        shape.kind === 'timestamp' ? ['TIMESTAMP', 'BIGINT'] : [shape.kind.toUpperCase(), 'INTEGER', 'BIGINT'];
      if (type.kind === 'STRING') return (cursor) => String(read(cursor));
      return kinds.includes(type.kind) ? read : wrongReader(shape, type);
    }
    case 'message':
      return type.kind === 'STRUCT'
        ? sized(messageReader(names, shape.entry, type.fields, options))
        : wrongReader(shape, type);
    case 'map':
      return wrongReader(shape, type);
  }
}

const accepted: Readonly<Record<string, readonly ConnectKind[]>> = {
  INTEGER: ['INT32'],
  DATE: ['INT32'],
  TIME: ['INT32'],
  BIGINT: ['INT64', 'INT32'],
  TIMESTAMP: ['INT64', 'INT32'],
  DOUBLE: ['FLOAT64', 'FLOAT32'],
};

function scalarReader(scalar: string, type: SqlType): ReadProto | undefined {
  const kind = scalarKind(scalar);
  const read = rawReader(scalar);
  if (type.kind === kind) return read;
  if (type.kind === 'STRING') {
    const text = scalarText(kind);
    return text && ((cursor) => text(read(cursor)));
  }
  return accepted[type.kind]?.includes(kind) ? read : undefined;
}

function rawReader(scalar: string): ReadProto {
  switch (scalar) {
    case 'double':
      return (cursor) => cursor.data.readDoubleLE(cursor.take(8));
    case 'float':
      return (cursor) => cursor.data.readFloatLE(cursor.take(4));
    case 'int32':
      return (cursor) => cursor.int32();
    case 'sint32':
      return (cursor) => cursor.sint32();
    case 'sfixed32':
      return (cursor) => cursor.data.readInt32LE(cursor.take(4));
    case 'uint32':
      return (cursor) => cursor.int32() >>> 0;
    case 'fixed32':
      return (cursor) => cursor.data.readUInt32LE(cursor.take(4));
    case 'sint64':
      return (cursor) => cursor.sint64();
    case 'fixed64':
    case 'sfixed64':
      return (cursor) => longOfBytes(cursor);
    case 'bool':
      return (cursor) => cursor.bits() !== 0n;
    case 'string':
      return (cursor) => {
        const bytes = cursor.varint();
        const start = cursor.take(bytes);
        return cursor.data.toString('utf8', start, start + bytes);
      };
    case 'bytes':
      return (cursor) => {
        const bytes = cursor.varint();
        const start = cursor.take(bytes);
        return Buffer.from(cursor.data.subarray(start, start + bytes));
      };
    default:
      return (cursor) => cursor.int64();
  }
}

function longOfBytes(cursor: ProtoCursor): unknown {
  return longOf(cursor.data.readBigInt64LE(cursor.take(8)));
}

/** What a field has that was not written. */
function defaultOf(shape: FieldShape, type: SqlType): () => unknown {
  if (shape.value.kind === 'map' && type.kind === 'MAP') return () => new Map();
  if (shape.isRepeated) return () => [];
  if (shape.hasPresence) return () => null;
  const value = scalarDefault(shape.value, type);
  return () => value;
}

/** Zero, empty, false; null of messages. */
function scalarDefault(shape: ValueShape, type: SqlType): unknown {
  if (shape.kind === 'enum') return shape.names.get(0) ?? [...shape.numbers.keys()][0] ?? null;
  if (shape.kind !== 'scalar') return null;
  const value = rawDefault(shape.scalar);
  const text = type.kind === 'STRING' ? scalarText(scalarKind(shape.scalar)) : undefined;
  return text === undefined ? value : text(value);
}

function rawDefault(scalar: string): unknown {
  switch (scalar) {
    case 'bool':
      return false;
    case 'string':
      return '';
    case 'bytes':
      return Buffer.alloc(0);
    default:
      return 0;
  }
}

function readDecimal(cursor: ProtoCursor): Decimal {
  let unscaled = 0n;
  let scale = 0;
  while (cursor.at < cursor.end) {
    const tag = cursor.varint();
    if (tag === 10) {
      const bytes = cursor.varint();
      const start = cursor.take(bytes);
      unscaled = signedBigInt(cursor.data, start, start + bytes);
    } else if (tag === 24) scale = cursor.int32();
    else cursor.skip(tag);
  }
  if (Math.abs(scale) > 1_000) throw new FormatFault(`A decimal of scale ${scale}`);
  return scale < 0 ? new Decimal(unscaled * 10n ** BigInt(-scale), 0) : new Decimal(unscaled, scale);
}

const dayMs = 86_400_000;

const momentReaders: Readonly<Record<'date' | 'time' | 'timestamp', ReadProto>> = {
  date(cursor) {
    const [year = 0, month = 0, day = 0] = readNumbers(cursor);
    const date = new Date(Date.UTC(2000, month - 1, day));
    date.setUTCFullYear(year, month - 1, day);
    const isDate = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
    if (!isDate) throw new FormatFault(`${year}-${month}-${day} is no day`);
    return Math.floor(date.getTime() / dayMs);
  },
  time(cursor) {
    const [hours = 0, minutes = 0, seconds = 0, nanos = 0] = readNumbers(cursor);
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000 + Math.floor(nanos / 1_000_000);
  },
  timestamp(cursor) {
    const [seconds = 0, nanos = 0] = readNumbers(cursor);
    return seconds * 1_000 + Math.floor(nanos / 1_000_000);
  },
};

/** The values of fields 1 to 4, all integers. */
function readNumbers(cursor: ProtoCursor): number[] {
  const numbers = [0, 0, 0, 0];
  while (cursor.at < cursor.end) {
    const tag = cursor.varint();
    const field = Math.floor(tag / 8);
    if ((tag & 7) === 0 && field <= 4) numbers[field - 1] = Number(cursor.int64());
    else cursor.skip(tag);
  }
  return numbers;
}
