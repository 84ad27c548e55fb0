import { messageNameAt } from './protobuf/message-indexes.ts';
import type { ParsedProtobufSchema } from './protobuf/parsed-protobuf.ts';
import { protobufCodec } from './protobuf/protobuf-codec.ts';
import type { CodecOptions, Decoder, MessageDecoders } from './schema-codecs.ts';
import { SchemaError } from './schema-error.ts';
import { SerializationError } from './serialization-error.ts';
import { firstMessage } from './wire-format.ts';

/** What reads the messages of a file, each made when it is met first; a reader's file has them under the same full names. */
export class ProtobufDecoders implements MessageDecoders {
  readonly hasIndexes = true;
  readonly first: Decoder;
  readonly #writer: ParsedProtobufSchema;
  readonly #reader: ParsedProtobufSchema;
  readonly #options: CodecOptions;
  /** By index, for messages that are not nested; as many as the file has. */
  readonly #top: Decoder[] = [];
  readonly #nested = new Map<string, Decoder>();

  constructor(writer: ParsedProtobufSchema, reader: ParsedProtobufSchema, options: CodecOptions) {
    this.#writer = writer;
    this.#reader = reader;
    this.#options = options;
    this.first = {
      decode: (bytes, start, end) => this.message(firstMessage).decode(bytes, start, end),
    };
  }

  message(indexes: readonly number[]): Decoder {
    if (indexes.length === 1) {
      const index = indexes[0]!;
      return (this.#top[index] ??= this.#decoder(indexes));
    }
    const key = indexes.join();
    let decoder = this.#nested.get(key);
    if (decoder === undefined) {
      decoder = this.#decoder(indexes);
      this.#nested.set(key, decoder);
    }
    return decoder;
  }

  #decoder(indexes: readonly number[]): Decoder {
    try {
      const fullName = messageNameAt(this.#writer, indexes);
      return protobufCodec(this.#reader, fullName, this.#options);
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      throw new SerializationError(`${error.message}: is this the schema that the record was written with?`, '', {
        cause: error,
      });
    }
  }
}
