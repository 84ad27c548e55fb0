import { ByteWriter } from '../byte-writer.ts';
import type { Codec } from '../codec.ts';
import { JsonReader } from './from-json.ts';
import { messageCodec } from './message-codec.ts';
import { messageNameAt } from './message-indexes.ts';
import { type MessageType, MessageTypes } from './message-type.ts';
import type { ParsedProtobufSchema } from './parsed-protobuf.ts';
import { JsonWriter } from './to-json.ts';
import { fail, serializationError } from './value-fault.ts';

export interface ProtobufJsonOptions {
  /** Fields that are zero, and lists and maps that are empty, are written as well, as Confluent's tools do. Default false. */
  withDefaults?: boolean;
  /** Members that the message does not have are left out; by default they are refused. */
  ignoreUnknown?: boolean;
}

/** Values of the codec to what `JSON.stringify` takes, and what `JSON.parse` or `parseJson` gives to values of the codec. */
export interface ProtobufJson<T = unknown> {
  /** @throws SerializationError with the path of what has no form in JSON */
  toJson(value: T): unknown;
  /** @throws SerializationError with the path of what does not fit */
  fromJson(json: unknown): T;
}

/**
 * The JSON of a message: https://protobuf.dev/programming-guides/json/. 64-bit integers are texts, bytes base64, enums names; times,
 * durations, wrappers, structs and Any have forms of their own.
 *
 * @example
 * protobufJson(parsed, 'shop.Order').toJson({ id: 'a-1', at: { seconds: 0n, nanos: 0 } }); // { id: 'a-1', at: '1970-01-01T00:00:00Z' }
 *
 * @throws SchemaError when there is no such message
 */
export function protobufJson<T = unknown>(
  parsed: ParsedProtobufSchema,
  message: string | readonly number[],
  { withDefaults = false, ignoreUnknown = false }: ProtobufJsonOptions = {},
): ProtobufJson<T> {
  const types = new MessageTypes(parsed.names);
  const type = types.message(typeof message === 'string' ? message : messageNameAt(parsed, message));
  const any = new AnyCodecs(parsed, types);
  const writer = new JsonWriter(withDefaults, (typeUrl, bytes) => any.decode(typeUrl, bytes));
  const reader = new JsonReader(ignoreUnknown, any);
  return {
    toJson: (value) => faultsTold(() => writer.write(type, value)),
    fromJson: (json) => faultsTold(() => reader.read(type, json) as T),
  };
}

function faultsTold<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw serializationError(error);
  }
}

/** What stands in an Any, of the types that the schema and its imports have. */
class AnyCodecs {
  readonly #parsed: ParsedProtobufSchema;
  readonly #types: MessageTypes;
  readonly #codecs = new Map<MessageType, Codec>();
  readonly #writer = new ByteWriter();

  constructor(parsed: ParsedProtobufSchema, types: MessageTypes) {
    this.#parsed = parsed;
    this.#types = types;
  }

  type(typeUrl: string): MessageType {
    const fullName = typeUrl.slice(typeUrl.lastIndexOf('/') + 1);
    if (!typeUrl.includes('/') || this.#parsed.names.type(fullName)?.kind !== 'message') {
      fail(`The type ${JSON.stringify(typeUrl)} of an Any is not in the schema or its imports`);
    }
    return this.#types.message(fullName);
  }

  decode(typeUrl: string, bytes: Uint8Array): { type: MessageType; value: unknown } {
    const type = this.type(typeUrl);
    return { type, value: this.#codec(type).decode(bytes, 0, bytes.length) };
  }

  encode(type: MessageType, value: unknown): Uint8Array {
    this.#writer.reset();
    this.#codec(type).encode(value, this.#writer);
    return this.#writer.finish();
  }

  #codec(type: MessageType): Codec {
    let codec = this.#codecs.get(type);
    if (codec === undefined) this.#codecs.set(type, (codec = messageCodec(type)));
    return codec;
  }
}
