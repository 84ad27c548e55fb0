import { type Serde, serdes } from '@headwater/streams';
import { SqlError } from '../sql-error.ts';
import type { SimpleKind } from '../types/sql-type.ts';
import { type Long, longOf } from '../values/long.ts';
import type { CodecSpec, RowCodec } from './format.ts';
import { noneCodec } from './none-format.ts';

type Scalar = Serde<unknown>;

/** The layouts of Kafka's own serializers, by type of the one column: big-endian numbers, UTF-8 text, bytes as they are. */
const scalars: Partial<Record<SimpleKind, Scalar>> = {
  INTEGER: {
    encode(value) {
      const bytes = Buffer.allocUnsafe(4);
      bytes.writeInt32BE(value as number);
      return bytes;
    },
    write: (value, target, start, limit) => (start + 4 > limit ? -1 : target.writeInt32BE(value as number, start)),
    decode(data, start, end) {
      checkSize('INTEGER', end - start, 4);
      return data.readInt32BE(start);
    },
  },
  BIGINT: {
    encode(value) {
      const bytes = Buffer.allocUnsafe(8);
      writeLong(bytes, 0, value as Long);
      return bytes;
    },
    write(value, target, start, limit) {
      if (start + 8 > limit) return -1;
      writeLong(target, start, value as Long);
      return start + 8;
    },
    decode(data, start, end) {
      checkSize('BIGINT', end - start, 8);
      const high = data.readInt32BE(start);
      const low = data.readUInt32BE(start + 4);
      // Safe: 53 bits and the sign. The lowest of these numbers is left to the exact way.
      if (high >= -0x20_0000 + 1 && high < 0x20_0000) return high * 0x1_0000_0000 + low;
      return longOf(data.readBigInt64BE(start));
    },
  },
  DOUBLE: {
    encode(value) {
      const bytes = Buffer.allocUnsafe(8);
      bytes.writeDoubleBE(value as number);
      return bytes;
    },
    write: (value, target, start, limit) => (start + 8 > limit ? -1 : target.writeDoubleBE(value as number, start)),
    decode(data, start, end) {
      checkSize('DOUBLE', end - start, 8);
      return data.readDoubleBE(start);
    },
  },
  STRING: serdes.string as Serde<unknown>,
  BYTES: {
    encode: (value) => value as Uint8Array,
    decode: (data, start, end) => Buffer.from(data.subarray(start, end)),
  },
};

export const kafkaKinds: ReadonlySet<string> = new Set(Object.keys(scalars));

export function kafkaCodec(spec: CodecSpec): RowCodec {
  const [column] = spec.columns;
  if (column === undefined) return noneCodec;
  const scalar = scalars[column.type.kind as SimpleKind]!;
  return {
    bare: scalar,
    isNull: (row) => row[0] === null,
    encode: (row, topic) => scalar.encode(row[0], topic),
    write: (row, target, start, limit, topic) => scalar.write?.(row[0], target, start, limit, topic) ?? -1,
    decode: (data, start, end, topic) => [scalar.decode(data, start, end, topic)],
  };
}

function writeLong(bytes: Buffer, at: number, value: Long): void {
  if (typeof value === 'bigint') {
    bytes.writeBigInt64BE(value, at);
    return;
  }
  const high = Math.floor(value / 0x1_0000_0000);
  bytes.writeInt32BE(high, at);
  bytes.writeUInt32BE(value - high * 0x1_0000_0000, at + 4);
}

function checkSize(kind: string, bytes: number, expected: number): void {
  if (bytes === expected) return;
  throw new SqlError('HW_SQL_FORMAT', `${kind} in the KAFKA format has ${expected} bytes; these are ${bytes}`);
}
