import { writeLong } from '../stores/bytes.ts';
import { StreamsError } from '../streams-error.ts';
import { writeUtf8 } from './json-write.ts';
import type { Serde } from './serde.ts';
import { TextOrigin, textOf } from './text-cache.ts';

const nothing = Buffer.alloc(0);

/** UTF-8 text. */
export const stringSerde: Serde<string> = {
  encode: (value) => value,
  write: writeUtf8,
  decode: (data, start, end, topic) => textOf(data, start, end, originOf(topic)),
};

const origins = new Map<string, TextOrigin>();
const originsMax = 1_000;
let lastTopic = '';
let lastOrigin = new TextOrigin();

function originOf(topic: string): TextOrigin {
  if (topic === lastTopic) return lastOrigin;
  let origin = origins.get(topic);
  if (origin === undefined) {
    if (origins.size === originsMax) origins.clear();
    origin = new TextOrigin();
    origins.set(topic, origin);
  }
  lastTopic = topic;
  lastOrigin = origin;
  return origin;
}

/** The bytes themselves; decoding copies them. */
export const bytesSerde: Serde<Uint8Array> = {
  encode: (value) => value,
  write(value, target, start, limit) {
    const end = start + value.length;
    if (end > limit) return -1;
    if (end > start) target.set(value, start);
    return end;
  },
  decode: (data, start, end) => (start === end ? nothing : Uint8Array.prototype.slice.call(data, start, end)),
};

/** Kafka's LongSerializer, as numbers: 8 bytes, big-endian. @throws beyond 2^53-1: use `bigintSerde` there */
export const longSerde: Serde<number> = {
  encode(value) {
    checkExact(value);
    const bytes = Buffer.allocUnsafe(8);
    writeLong(bytes, value, 0);
    return bytes;
  },
  write(value, target, start, limit) {
    checkExact(value);
    if (start + 8 > limit) return -1;
    writeLong(target, value, start);
    return start + 8;
  },
  decode(data, start, end) {
    checkSize(end - start, 8);
    const value = data.readInt32BE(start) * 4_294_967_296 + data.readUInt32BE(start + 4);
    if (!Number.isSafeInteger(value))
      throw new RangeError(`${data.readBigInt64BE(start)} does not fit a number exactly`);
    return value;
  },
};

/** Kafka's LongSerializer, exact. */
export const bigintSerde: Serde<bigint> = {
  encode(value) {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigInt64BE(value);
    return bytes;
  },
  decode(data, start, end) {
    checkSize(end - start, 8);
    return data.readBigInt64BE(start);
  },
};

/** Kafka's IntegerSerializer: 4 bytes, big-endian. */
export const integerSerde: Serde<number> = {
  encode(value) {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeInt32BE(value);
    return bytes;
  },
  decode(data, start, end) {
    checkSize(end - start, 4);
    return data.readInt32BE(start);
  },
};

/** Kafka's DoubleSerializer: 8 bytes, big-endian. */
export const doubleSerde: Serde<number> = {
  encode(value) {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeDoubleBE(value);
    return bytes;
  },
  decode(data, start, end) {
    checkSize(end - start, 8);
    return data.readDoubleBE(start);
  },
};

function checkExact(value: number): void {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a whole number that is exact`);
}

function checkSize(bytes: number, expected: number): void {
  if (bytes === expected) return;
  throw new StreamsError('HW_STREAMS_DESERIALIZATION', `${bytes} bytes where ${expected} are needed`);
}
