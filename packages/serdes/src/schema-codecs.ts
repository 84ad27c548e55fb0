import { type AvroReader, avroCodec, avroReader } from './avro/avro-codec.ts';
import type { AvroSchema } from './avro/avro-schema.ts';
import { ParsedAvroSchema } from './avro/parsed-avro.ts';
import type { Codec } from './codec.ts';
import { jsonSchemaCodec } from './json-schema/json-schema-codec.ts';
import { ParsedJsonSchema } from './json-schema/parsed-json-schema.ts';
import { messageIndexes } from './protobuf/message-indexes.ts';
import { ParsedProtobufSchema } from './protobuf/parsed-protobuf.ts';
import { protobufCodec } from './protobuf/protobuf-codec.ts';
import { ProtobufDecoders } from './protobuf-decoders.ts';
import type { ParsedSchema } from './schema.ts';
import { SerializationError } from './serialization-error.ts';
import { firstMessage } from './wire-format.ts';

/** What a codec may be asked for, whatever the format. */
export interface CodecOptions {
  /** What 64-bit integers are read as. Default `bigint`; `number` throws beyond ±(2^53-1). */
  int64?: 'bigint' | 'number';
}

/** The reading half of a codec. */
export type Decoder = AvroReader;

/** What reads the records of one schema. */
export interface MessageDecoders {
  /** For all records; with indexes, for those of the first message. */
  readonly first: Decoder;
  /** Indexes of a message stand before the data. */
  readonly hasIndexes: boolean;
  /** @throws SerializationError when the indexes lead nowhere */
  message(indexes: readonly number[]): Decoder;
}

/** What values of a schema are written with. `message` is for Protobuf, its full name. */
export function encoderOf(parsed: ParsedSchema, message: string | undefined): Codec {
  if (parsed instanceof ParsedAvroSchema) return isRawBytes(parsed.schema) ? rawBytes : avroCodec(parsed.schema);
  if (parsed instanceof ParsedProtobufSchema) return protobufCodec(parsed, message ?? firstMessage);
  if (parsed instanceof ParsedJsonSchema) return jsonSchemaCodec(parsed);
  throw unserved(parsed);
}

/** What reads the records of a writer's schema, as values of the reader's when there is one. */
export function decodersOf(
  writer: ParsedSchema,
  reader: ParsedSchema | undefined,
  options: CodecOptions,
): MessageDecoders {
  if (reader !== undefined && reader.schemaType !== writer.schemaType) {
    throw new SerializationError(
      `It was written with a schema of type ${writer.schemaType} and cannot be read as one of type ${reader.schemaType}`,
    );
  }
  if (writer instanceof ParsedAvroSchema) {
    return whole(avroDecoder(writer.schema, (reader as ParsedAvroSchema | undefined)?.schema, options));
  }
  if (writer instanceof ParsedProtobufSchema) {
    return new ProtobufDecoders(writer, (reader as ParsedProtobufSchema | undefined) ?? writer, options);
  }
  if (writer instanceof ParsedJsonSchema) {
    return whole(jsonSchemaCodec((reader as ParsedJsonSchema | undefined) ?? writer));
  }
  throw unserved(writer);
}

/** The full name that subjects may be called by: of the record, of the Protobuf message, or the title. */
export function messageNameOf(parsed: ParsedSchema, message: string | undefined): string | undefined {
  return message ?? parsed.fullName;
}

/** The indexes that stand before the data; undefined where none do. */
export function messageIndexesOf(parsed: ParsedSchema, message: string | undefined): readonly number[] | undefined {
  if (!(parsed instanceof ParsedProtobufSchema)) return undefined;
  return message === undefined ? firstMessage : messageIndexes(parsed, message);
}

function avroDecoder(writer: AvroSchema, reader: AvroSchema | undefined, options: CodecOptions): Decoder {
  if (isRawBytes(writer) && (reader === undefined || isRawBytes(reader))) return rawBytes;
  return reader === undefined ? avroCodec(writer, options) : avroReader(writer, reader, options);
}

function whole(decoder: Decoder): MessageDecoders {
  return {
    first: decoder,
    hasIndexes: false,
    message: () => decoder,
  };
}

/** Confluent's serializers write a schema that is `bytes` and nothing else without Avro's length. */
function isRawBytes(schema: AvroSchema): boolean {
  return schema.type === 'bytes';
}

const rawBytes: Codec = {
  encode(value, writer) {
    if (!(value instanceof Uint8Array)) throw new SerializationError('A value of type bytes must be a Uint8Array');
    writer.bytes(value);
  },
  decode: (bytes, start, end) => new Uint8Array(bytes.subarray(start, end)),
};

function unserved({ schemaType }: ParsedSchema): SerializationError {
  return new SerializationError(`Records of schemas of type ${schemaType} are not served`);
}
