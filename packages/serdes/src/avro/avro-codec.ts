import type { ByteWriter } from '../byte-writer.ts';
import type { Codec } from '../codec.ts';
import type { AvroSchema } from './avro-schema.ts';
import { compileDecode, type DecodeFunction } from './decode-code.ts';
import { compileEncode, type EncodeFunction } from './encode-code.ts';
import { dataError, Misfit } from './path-error.ts';
import { cursor } from './read-bytes.ts';
import { resolve } from './resolve.ts';
import type { AvroValueOptions } from './value-form.ts';

/**
 * Values of an Avro schema to Avro's binary encoding and back. Code is generated and compiled when the first value comes.
 *
 * Records and maps are plain objects, `long` is a `bigint`, `bytes` and `fixed` are copies in a `Uint8Array`, decimals are `Decimal`; a
 * value of a union is bare where the kinds of JavaScript tell its branches apart, else `{ 'branch.full.Name': value }`.
 *
 * @example
 * const codec = avroCodec(new ParsedAvroSchema('{"type":"record","name":"T","fields":[{"name":"id","type":"long"}]}').schema);
 * const writer = new ByteWriter();
 * codec.encode({ id: 1n }, writer);
 * codec.decode(writer.view(), 0, writer.length); // { id: 1n }
 */
export function avroCodec<T = unknown>(schema: AvroSchema, options: AvroValueOptions = {}): Codec<T> {
  const decode = decoder<T>(() => compileDecode(resolve(schema, schema), options));
  let encode: EncodeFunction | undefined;
  return {
    encode(value: T, writer: ByteWriter): void {
      encode ??= compileEncode(schema, options);
      const start = writer.length;
      cursor.depth = 0;
      try {
        encode(value, writer);
      } catch (error) {
        writer.length = start;
        throw dataError(error);
      }
    },
    decode,
  };
}

/** Reads what one schema wrote as values of another. */
export interface AvroReader<T = unknown> {
  /** Reads one value that fills bytes[start, end) exactly. @throws SerializationError */
  decode(bytes: Uint8Array, start: number, end: number): T;
}

/**
 * Schema resolution: bytes of the writer's schema become values of the reader's. Fields that the reader does not have are passed over
 * without being made, so that it is also the way to read only some fields. What cannot be resolved fails when a value meets it.
 */
export function avroReader<T = unknown>(
  writer: AvroSchema,
  reader: AvroSchema,
  options: AvroValueOptions = {},
): AvroReader<T> {
  return { decode: decoder<T>(() => compileDecode(resolve(writer, reader), options)) };
}

function decoder<T>(compile: () => DecodeFunction): (bytes: Uint8Array, start: number, end: number) => T {
  let read: DecodeFunction | undefined;
  return (bytes, start, end) => {
    read ??= compile();
    if (!(start >= 0 && start <= end && end <= bytes.length))
      throw new RangeError(`${start} to ${end} of ${bytes.length} bytes`);
    cursor.end = end;
    cursor.depth = 0;
    cursor.empties = 0;
    try {
      const value = read(bytes, start);
      if (cursor.at !== end) throw new Misfit(`${end - cursor.at} bytes are left after the value`);
      return value as T;
    } catch (error) {
      throw dataError(error);
    }
  };
}
