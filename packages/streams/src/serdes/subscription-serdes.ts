import { bufferOf } from '../stores/bytes.ts';
import { StreamsError } from '../streams-error.ts';
import type { Serde } from './serde.ts';

/*
 * What the two sides of a foreign-key join tell each other, as in Kafka Streams (KIP-213, KIP-775; SubscriptionWrapperSerde and
 * SubscriptionResponseWrapperSerde):
 *   subscription  isHashNull(1 bit) version(7 bits) instruction(1) [hash(16)] primaryKey [primaryPartition(4), from version 1]
 *   response      isHashNull(1 bit) version(7 bits) [hash(16)] [value]
 */
const hashBytes = 16;
const noHash = 0x80;
const subscriptionVersion = 1;
const responseVersion = 0;

/** What the side of the foreign key does with a subscription. Numbers as on the wire. */
export const instructions = {
  delete: 0,
  deleteAndAnswer: 1,
  /** Null where there is no row: a result that was there before is taken away by it. */
  answer: 2,
  answerIfThere: 3,
} as const;

export type Instruction = (typeof instructions)[keyof typeof instructions];

/** A row of the left table, as the side of its foreign key knows it. */
export interface Subscription<K> {
  /** Of the row's value, 16 characters, a byte each; null: the row was taken away. */
  readonly hash: string | null;
  readonly instruction: Instruction;
  readonly primaryKey: K;
  /** Where the answer goes; null: it was sent by a version that did not say. */
  readonly primaryPartition: number | null;
}

export interface SubscriptionResponse<V> {
  /** Of the left row that the answer is for. */
  readonly hash: string | null;
  /** Of the other table; null: there is no row. */
  readonly value: V | null;
  /** Not written. */
  readonly primaryPartition: number | null;
}

/** `topicOf`: what the serde of the primary key is told that it writes to, by the topic in hand. */
export function subscriptionSerde<K>(keySerde: Serde<K>, topicOf: (topic: string) => string): Serde<Subscription<K>> {
  const prepare = keySerde.prepare?.bind(keySerde);
  return {
    encode({ hash, instruction, primaryKey, primaryPartition }, topic) {
      const key = bufferOf(keySerde.encode(primaryKey, topicOf(topic)));
      const keyStart = hash === null ? 2 : 2 + hashBytes;
      const isOld = primaryPartition === null;
      const bytes = Buffer.allocUnsafe(keyStart + key.length + (isOld ? 0 : 4));
      bytes[0] = (isOld ? 0 : subscriptionVersion) | (hash === null ? noHash : 0);
      bytes[1] = instruction;
      if (hash !== null) bytes.write(hash, 2, 'latin1');
      key.copy(bytes, keyStart);
      if (!isOld) bytes.writeInt32BE(primaryPartition, keyStart + key.length);
      return bytes;
    },
    decode(data, start, end, topic) {
      const { hash, keyEnd, keyStart } = subscriptionParts(data, start, end);
      return {
        hash,
        instruction: data[start + 1] as Instruction,
        primaryKey: keySerde.decode(data, keyStart, keyEnd, topicOf(topic)),
        primaryPartition: keyEnd === end ? null : data.readInt32BE(keyEnd),
      };
    },
    ...(prepare && {
      prepare(data: Buffer, start: number, end: number, topic: string) {
        const { keyEnd, keyStart } = subscriptionParts(data, start, end);
        return prepare(data, keyStart, keyEnd, topicOf(topic));
      },
    }),
  };
}

export function subscriptionResponseSerde<V>(valueSerde: Serde<V>): Serde<SubscriptionResponse<V>> {
  const prepare = valueSerde.prepare?.bind(valueSerde);
  return {
    encode({ hash, value }, topic) {
      const valueBytes = value === null ? nothing : bufferOf(valueSerde.encode(value, topic));
      const valueStart = hash === null ? 1 : 1 + hashBytes;
      const bytes = Buffer.allocUnsafe(valueStart + valueBytes.length);
      bytes[0] = responseVersion | (hash === null ? noHash : 0);
      if (hash !== null) bytes.write(hash, 1, 'latin1');
      valueBytes.copy(bytes, valueStart);
      return bytes;
    },
    decode(data, start, end, topic) {
      const { hash, valueStart } = responseParts(data, start, end);
      const value = valueStart === end ? null : valueSerde.decode(data, valueStart, end, topic);
      return { hash, value, primaryPartition: null };
    },
    ...(prepare && {
      prepare(data: Buffer, start: number, end: number, topic: string) {
        const { valueStart } = responseParts(data, start, end);
        return valueStart === end ? undefined : prepare(data, valueStart, end, topic);
      },
    }),
  };
}

const nothing = Buffer.alloc(0);

function subscriptionParts(data: Buffer, start: number, end: number) {
  const version = checkVersion(data, start, end, subscriptionVersion);
  const hash = hashOf(data, start, start + 2);
  const keyStart = start + 2 + (hash === null ? 0 : hashBytes);
  const keyEnd = version === 0 ? end : end - 4;
  const instruction = data[start + 1]!;
  if (keyEnd >= keyStart && end > start + 1 && instruction <= instructions.answerIfThere) {
    return { hash, keyStart, keyEnd };
  }
  throw new StreamsError('HW_STREAMS_DESERIALIZATION', 'a subscription of a foreign-key join is cut off or unknown');
}

function responseParts(data: Buffer, start: number, end: number) {
  checkVersion(data, start, end, responseVersion);
  const hash = hashOf(data, start, start + 1);
  const valueStart = start + 1 + (hash === null ? 0 : hashBytes);
  if (valueStart <= end) return { hash, valueStart };
  throw new StreamsError('HW_STREAMS_DESERIALIZATION', 'an answer of a foreign-key join is cut off');
}

function checkVersion(data: Buffer, start: number, end: number, newest: number): number {
  const version = end > start ? data[start]! & ~noHash : -1;
  if (version >= 0 && version <= newest) return version;
  const message = `a message of a foreign-key join has version ${version}; known is ${newest}: written by a newer release?`;
  throw new StreamsError('HW_STREAMS_DESERIALIZATION', message);
}

function hashOf(data: Buffer, start: number, at: number): string | null {
  return (data[start]! & noHash) === 0 ? data.toString('latin1', at, at + hashBytes) : null;
}
