import type { ByteWriter } from '../byte-writer.ts';
import type { Codec } from '../codec.ts';
import { generateCode } from './generate-code.ts';
import { messageNameAt } from './message-indexes.ts';
import { type MessageType, MessageTypes } from './message-type.ts';
import type { ParsedProtobufSchema } from './parsed-protobuf.ts';
import { nestingMax, ProtoReader } from './proto-reader.ts';
import { fail, inside, serializationError, shown } from './value-fault.ts';
import { beginSized, endSized, enumNumber, mapEntries, mapKey, writeEnum, writers } from './write-value.ts';

export interface ProtobufCodecOptions {
  /** What the 64-bit integer kinds are read as: `number` throws beyond 2^53-1. Both are written always. Default `bigint`. */
  int64?: 'bigint' | 'number';
}

/** What generated functions call; they hold no other names of the outside. */
const runtime = {
  fail,
  inside,
  shown,
  beginSized,
  endSized,
  enumNumber,
  mapEntries,
  mapKey,
  writeEnum,
  writers,
  nestingMax,
};
export type CodecRuntime = typeof runtime;

interface Generated {
  encode(value: unknown, writer: ByteWriter): void;
  decode(reader: ProtoReader, end: number): unknown;
}

/**
 * Records of one message of a schema, by its full name, or by its indexes. Values have lowerCamelCase names, enums as names (numbers
 * where there is no name), `bigint` for 64-bit integers, `Uint8Array` for bytes (copies when read), plain objects for maps, and
 * `undefined` for what is not set; fields of a oneof stand beside the others. Extensions are `[full.name]`. Well-known types are
 * messages like others. Fields that the schema does not have are skipped.
 *
 * @example
 * const codec = protobufCodec(parsed, 'shop.Order');
 * codec.encode({ id: 'a-1', lines: [{ cents: 250n }] }, writer);
 *
 * @throws SchemaError when there is no such message
 */
export function protobufCodec<T = unknown>(
  parsed: ParsedProtobufSchema,
  message: string | readonly number[],
  options: ProtobufCodecOptions = {},
): Codec<T> {
  const fullName = typeof message === 'string' ? message : messageNameAt(parsed, message);
  return messageCodec<T>(new MessageTypes(parsed.names).message(fullName), options);
}

export function messageCodec<T>(type: MessageType, { int64 = 'bigint' }: ProtobufCodecOptions = {}): Codec<T> {
  const { source, constants } = generateCode(type, int64 === 'number');
  // Names of the schema are in the source as string literals only.
  const make = new Function('rt', 'c', source) as (rt: CodecRuntime, c: readonly unknown[]) => Generated;
  const generated = make(runtime, constants);
  const reader = new ProtoReader();
  return {
    encode(value, writer) {
      const start = writer.length;
      try {
        generated.encode(value, writer);
      } catch (error) {
        writer.length = start;
        throw serializationError(error);
      }
    },
    decode(bytes, start, end) {
      try {
        reader.start(bytes, start, end);
        return generated.decode(reader, reader.limit) as T;
      } catch (error) {
        throw serializationError(error);
      }
    },
  };
}
