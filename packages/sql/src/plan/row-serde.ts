import { ByteWriter, Decimal } from '@headwater/serdes';
import { type Serde, serdes, TextOrigin, textOf } from '@headwater/streams';
import type { SqlType } from '../types/sql-type.ts';
import { type Long, longOf } from '../values/long.ts';

/** Where the next value of a row begins. */
interface Place {
  at: number;
}

const quickBytesMax = 64;

type WriteValue = (writer: ByteWriter, value: unknown) => void;
type ReadValue = (data: Buffer, place: Place) => unknown;

interface ValueCodec {
  readonly write: WriteValue;
  readonly read: ReadValue;
}

/**
 * Rows as they are kept and sent within a query, where nobody else reads them: each value behind a byte that says whether it is there. Equal
 * rows have equal bytes, so keys may be written so. Null rows do not come here.
 */
export function rowSerde(types: readonly SqlType[]): Serde<unknown[]> {
  const codecs = types.map(valueCodec);
  const count = codecs.length;
  const writer = new ByteWriter();
  return {
    encode(row) {
      writer.reset();
      for (let at = 0; at < count; at++) writeOptional(writer, codecs[at]!, row[at]);
      return writer.view() as Buffer;
    },
    write(row, target, start, limit) {
      writer.reset();
      for (let at = 0; at < count; at++) writeOptional(writer, codecs[at]!, row[at]);
      return moveTo(target, start, limit, writer);
    },
    decode(data, start) {
      const place: Place = { at: start };
      const row = new Array<unknown>(count);
      for (let at = 0; at < count; at++) row[at] = readOptional(data, place, codecs[at]!);
      return row;
    },
  };
}

/** Of a single value that is not null. */
export function valueSerde(type: SqlType): Serde<unknown> {
  if (type.kind === 'STRING') return serdes.string as Serde<unknown>;
  const codec = valueCodec(type);
  const writer = new ByteWriter();
  return {
    encode(value) {
      writer.reset();
      codec.write(writer, value);
      return writer.view() as Buffer;
    },
    write(value, target, start, limit) {
      writer.reset();
      codec.write(writer, value);
      return moveTo(target, start, limit, writer);
    },
    decode: (data, start) => codec.read(data, { at: start }),
  };
}

/** Copies what was written: where it ends, or -1 when there is no room for it. */
function moveTo(target: Buffer, start: number, limit: number, { buffer, length }: ByteWriter): number {
  if (start + length > limit) return -1;
  // A call into native code takes longer than a few bytes do.
  if (length > quickBytesMax) target.set(buffer.subarray(0, length), start);
  else for (let at = 0; at < length; at++) target[start + at] = buffer[at]!;
  return start + length;
}

function writeOptional(writer: ByteWriter, codec: ValueCodec, value: unknown): void {
  if (value === null || value === undefined) {
    writer.byte(0);
    return;
  }
  writer.byte(1);
  codec.write(writer, value);
}

function readOptional(data: Buffer, place: Place, codec: ValueCodec): unknown {
  return data[place.at++] === 0 ? null : codec.read(data, place);
}

function valueCodec(type: SqlType): ValueCodec {
  switch (type.kind) {
    case 'BOOLEAN':
      return {
        write: (writer, value) => writer.byte(value ? 1 : 0),
        read: (data, place) => data[place.at++] === 1,
      };
    case 'INTEGER':
    case 'TIME':
    case 'DATE':
      return {
        write: (writer, value) => writer.zigzag(value as number),
        read: readZigzag,
      };
    case 'BIGINT':
    case 'TIMESTAMP':
      return {
        write: writeLong,
        read: readLong,
      };
    case 'DOUBLE':
      return {
        write: (writer, value) => writer.double(value as number),
        read: (data, place) => {
          place.at += 8;
          return data.readDoubleLE(place.at - 8);
        },
      };
    case 'STRING': {
      const origin = new TextOrigin();
      return {
        write: (writer, value) => writer.varintText(value as string),
        read: (data, place) => {
          const length = readVarint(data, place);
          place.at += length;
          return textOf(data, place.at - length, place.at, origin);
        },
      };
    }
    case 'BYTES':
      return {
        write: (writer, value) => {
          writer.varint((value as Buffer).length);
          writer.bytes(value as Buffer);
        },
        read: (data, place) => {
          const length = readVarint(data, place);
          place.at += length;
          return Buffer.from(data.subarray(place.at - length, place.at));
        },
      };
    case 'DECIMAL':
      return {
        write: (writer, value) => writer.varintText(String(value)),
        read: (data, place) => {
          const length = readVarint(data, place);
          place.at += length;
          return Decimal.parse(data.toString('latin1', place.at - length, place.at));
        },
      };
    case 'ARRAY': {
      const element = valueCodec(type.element);
      return {
        write: (writer, value) => {
          writer.varint((value as unknown[]).length);
          for (const each of value as unknown[]) writeOptional(writer, element, each);
        },
        read: (data, place) => {
          const list = new Array<unknown>(readVarint(data, place));
          for (let at = 0; at < list.length; at++) list[at] = readOptional(data, place, element);
          return list;
        },
      };
    }
    case 'MAP': {
      const key = valueCodec(type.key);
      const value = valueCodec(type.value);
      return {
        write: (writer, map) => {
          writer.varint((map as Map<unknown, unknown>).size);
          for (const [each, of] of map as Map<unknown, unknown>) {
            writeOptional(writer, key, each);
            writeOptional(writer, value, of);
          }
        },
        read: (data, place) => {
          const map = new Map<unknown, unknown>();
          for (let count = readVarint(data, place); count > 0; count--) {
            const each = readOptional(data, place, key);
            map.set(each, readOptional(data, place, value));
          }
          return map;
        },
      };
    }
    case 'STRUCT': {
      const fields = type.fields.map((field) => valueCodec(field.type));
      return {
        write: (writer, value) => {
          for (const [at, field] of fields.entries()) writeOptional(writer, field, (value as unknown[])[at]);
        },
        read: (data, place) => fields.map((field) => readOptional(data, place, field)),
      };
    }
  }
}

function writeLong(writer: ByteWriter, value: unknown): void {
  const long = value as Long;
  if (typeof long === 'bigint' || long > 0x3fff_ffff || long < -0x4000_0000) writer.zigzag64(BigInt(long));
  else writer.zigzag(long);
}

function readVarint(data: Buffer, place: Place): number {
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = data[place.at++]!;
    value += (byte & 127) * scale;
    if (byte < 128) return value;
    scale *= 128;
  }
}

function readZigzag(data: Buffer, place: Place): number {
  const value = readVarint(data, place);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function readLong(data: Buffer, place: Place): Long {
  const start = place.at;
  const value = readVarint(data, place);
  if (value <= Number.MAX_SAFE_INTEGER) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  let exact = 0n;
  for (let at = place.at - 1; at >= start; at--) exact = (exact << 7n) | BigInt(data[at]! & 127);
  return longOf(exact & 1n ? -((exact + 1n) >> 1n) : exact >> 1n);
}
