import { SerializationError } from './serialization-error.ts';
import type { RecordPart } from './subject-name.ts';

/**
 * Confluent's wire format. A prefix is byte 0 and the schema's id, big endian; in a header it may also be byte 1 and the 16 bytes of the
 * schema's guid. For Protobuf the message follows, as a path of indexes: count and indexes in zigzag, and [0] as one byte 0.
 */
export const idPrefixBytes = 5;
const guidPrefixBytes = 17;
const nestingMax = 100;

export interface WireHeader {
  key: string;
  value: Uint8Array | null;
}

export function schemaIdHeader(part: RecordPart): '__key_schema_id' | '__value_schema_id' {
  return part === 'key' ? '__key_schema_id' : '__value_schema_id';
}

/** The path of the first message in a file. */
export const firstMessage: readonly number[] = [0];

/** The prefix of a schema by id. */
export function idPrefix(id: number, messageIndexes?: readonly number[]): Uint8Array {
  const path = messageIndexes === undefined ? [] : indexBytes(messageIndexes);
  return Uint8Array.of(0, id >>> 24, id >>> 16, id >>> 8, id, ...path);
}

/** What the header holds of a schema by guid. @throws TypeError when this is none */
export function guidPrefix(guid: string, messageIndexes?: readonly number[]): Uint8Array {
  const hex = guid.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw new TypeError(`"${guid}" is no guid of a schema`);
  const path = messageIndexes === undefined ? [] : indexBytes(messageIndexes);
  return Uint8Array.of(1, ...Buffer.from(hex, 'hex'), ...path);
}

/** The id that bytes begin with. @throws SerializationError */
export function readId(bytes: Uint8Array): number {
  if (bytes.length < idPrefixBytes) {
    throw new SerializationError(
      `${bytes.length} bytes are too few for a schema id, which takes ${idPrefixBytes}: this was not written by a serializer of a schema registry`,
    );
  }
  if (bytes[0] !== 0) {
    throw new SerializationError(
      `The first byte is ${bytes[0]}, not 0: this was not written by a serializer of a schema registry. Read it without one, or look at who writes to the topic`,
    );
  }
  return ((bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!) >>> 0;
}

/** The id or guid that a header holds, and where it ends. @throws SerializationError */
export function readSchemaHeader(bytes: Uint8Array): { id: number | string; end: number } {
  if (bytes[0] === 0) return { id: readId(bytes), end: idPrefixBytes };
  if (bytes[0] !== 1) throw new SerializationError(`The header of the schema id begins with ${bytes[0]}, not 0 or 1`);
  if (bytes.length < guidPrefixBytes) {
    throw new SerializationError(
      `The header of the schema id has ${bytes.length} bytes: a guid takes ${guidPrefixBytes}`,
    );
  }
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset + 1, 16).toString('hex');
  return { id: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'), end: guidPrefixBytes };
}

/** The path of a message, from `start` on, and where it ends. @throws SerializationError */
export function readMessageIndexes(bytes: Uint8Array, start: number): { indexes: readonly number[]; end: number } {
  if (bytes[start] === 0) return { indexes: firstMessage, end: start + 1 };
  const reader = { at: start };
  const count = readZigzag(bytes, reader);
  if (count < 0 || count > nestingMax) throw malformedIndexes(`${count} of them`);
  const indexes: number[] = [];
  for (let i = 0; i < count; i++) {
    const index = readZigzag(bytes, reader);
    if (index < 0) throw malformedIndexes(`one is ${index}`);
    indexes.push(index);
  }
  return { indexes, end: reader.at };
}

function indexBytes(indexes: readonly number[]): number[] {
  if (indexes.length === 1 && indexes[0] === 0) return [0];
  const bytes: number[] = [];
  for (const number of [indexes.length, ...indexes]) {
    let rest = number * 2;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
    bytes.push(rest);
  }
  return bytes;
}

function readZigzag(bytes: Uint8Array, reader: { at: number }): number {
  let value = 0;
  for (let shift = 0; shift < 32; shift += 7) {
    const byte = bytes[reader.at++];
    if (byte === undefined) throw malformedIndexes('the bytes end in them');
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
  }
  throw malformedIndexes('one is too long');
}

function malformedIndexes(why: string): SerializationError {
  return new SerializationError(
    `The indexes that say which Protobuf message this is are malformed (${why}): was it written without them?`,
  );
}
