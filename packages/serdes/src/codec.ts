import type { ByteWriter } from './byte-writer.ts';

/** Values of one schema to bytes and back; compiled once, used for every record. Not re-entrant. */
export interface Codec<T = unknown> {
  /** Appends the value. @throws SerializationError with the path of what does not fit */
  encode(value: T, writer: ByteWriter): void;
  /** Reads one value that fills bytes[start, end) exactly. @throws SerializationError */
  decode(bytes: Uint8Array, start: number, end: number): T;
}
