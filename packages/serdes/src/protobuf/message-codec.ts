import type { ByteWriter } from '../byte-writer.ts';
import type { Codec } from '../codec.ts';
import { generateCode } from './generate-code.ts';
import type { MessageType } from './message-type.ts';
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

/** Compiles an encoder and a decoder for one message. */
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
