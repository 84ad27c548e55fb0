import { isJson } from '@headwater/http';
import {
  avroCodec,
  avroJson,
  type ByteWriter,
  Decimal,
  JsonNumber,
  type JsonValue,
  jsonSchemaCodec,
  jsonText,
  messageIndexes,
  ParsedAvroSchema,
  ParsedJsonSchema,
  ParsedProtobufSchema,
  type ParsedSchema,
  protobufCodec,
  protobufJson,
  SerializationError,
} from '@headwater/serdes';

/**
 * How values are written as JSON. `strict`: the format's own JSON encoding, as the REST Proxy has it (Avro: `{"string":"x"}` for a
 * union). `plain`: as people write it: a union's value as it is, decimals as text, bytes as `{"base64":"…"}`, every digit of a long.
 */
export type JsonStyle = 'strict' | 'plain';

/** JSON to a record's bytes and back, for one schema; what stands before the value is not its business. */
export interface SchemaForm {
  /** @throws SerializationError with the path of what does not fit */
  encode(json: JsonValue, style: JsonStyle, writer: ByteWriter): void;
  /** The value in bytes[start, end) as JSON text. `indexes`: of the Protobuf message. @throws SerializationError */
  decode(bytes: Buffer, start: number, end: number, indexes: readonly number[], style: JsonStyle): string;
  /** Protobuf: the indexes that stand before the value. */
  readonly messageIndexes: readonly number[] | undefined;
}

/** @throws SerializationError for a type of schema whose records this version cannot read */
export function schemaForm(parsed: ParsedSchema): SchemaForm {
  if (parsed instanceof ParsedAvroSchema) return avroForm(parsed);
  if (parsed instanceof ParsedProtobufSchema) return protobufForm(parsed);
  if (parsed instanceof ParsedJsonSchema) return jsonForm(parsed);
  throw new SerializationError(`Records of schemas of type ${parsed.schemaType} are not served`);
}

function avroForm({ schema }: ParsedAvroSchema): SchemaForm {
  const codec = avroCodec(schema);
  const strict = avroJson(schema);
  // Confluent's serializers write a schema that is `bytes` and nothing else without Avro's length.
  const isRaw = schema.type === 'bytes';
  const write = (value: unknown, writer: ByteWriter): void => {
    if (isRaw && value instanceof Uint8Array) writer.bytes(value);
    else codec.encode(value, writer);
  };
  return {
    messageIndexes: undefined,
    encode(json, style, writer) {
      if (style === 'strict') return write(strict.fromJson(json), writer);
      const before = writer.length;
      try {
        write(plainValue(json), writer);
      } catch (error) {
        if (!(error instanceof SerializationError)) throw error;
        // What is written in Avro's own way is understood, too; if it is not that, the first mistake is the one to tell.
        writer.length = before;
        let value: unknown;
        try {
          value = strict.fromJson(json);
        } catch {
          throw error;
        }
        write(value, writer);
      }
    },
    decode(bytes, start, end, _indexes, style) {
      const value = isRaw ? bytes.subarray(start, end) : codec.decode(bytes, start, end);
      return style === 'strict' ? jsonText(strict.toJson(value)) : plainText(value);
    },
  };
}

/** The bytes are JSON: checked when they are written, and shown as they are, as Confluent's deserializers do unless told otherwise. */
function jsonForm(parsed: ParsedJsonSchema): SchemaForm {
  const codec = jsonSchemaCodec(parsed);
  return {
    messageIndexes: undefined,
    encode(json, _style, writer) {
      const bytes = Buffer.from(jsonText(json));
      codec.decode(bytes, 0, bytes.length);
      writer.bytes(bytes);
    },
    decode(bytes, start, end) {
      const part = bytes.subarray(start, end);
      if (isJson(part)) return part.toString('utf8');
      throw new SerializationError('The bytes after the schema id are not JSON');
    },
  };
}

/** Values of Protobuf have one JSON, its own: 64-bit integers and bytes are texts there. Written is the first message of the file. */
function protobufForm(parsed: ParsedProtobufSchema): SchemaForm {
  const first = firstMessage(parsed);
  const codec = first === undefined ? undefined : protobufCodec(parsed, first);
  const json = first === undefined ? undefined : protobufJson(parsed, first);
  const readers = new Map<string, (bytes: Buffer, start: number, end: number, style: JsonStyle) => string>();
  const reader = (indexes: readonly number[]) => {
    const key = indexes.join();
    let found = readers.get(key);
    if (found === undefined) {
      const decoder = protobufCodec(parsed, indexes);
      const brief = protobufJson(parsed, indexes);
      // As Confluent's converter, which writes also what is zero or empty.
      const full = protobufJson(parsed, indexes, { withDefaults: true });
      found = (bytes, start, end, style) =>
        JSON.stringify((style === 'strict' ? full : brief).toJson(decoder.decode(bytes, start, end)));
      if (readers.size < readersMax) readers.set(key, found);
    }
    return found;
  };
  return {
    messageIndexes: first,
    encode(value, _style, writer) {
      if (codec === undefined) throw new SerializationError('The schema has no message that a record could be');
      codec.encode(json!.fromJson(value), writer);
    },
    decode(bytes, start, end, indexes, style) {
      return reader(indexes)(bytes, start, end, style);
    },
  };
}

function firstMessage(parsed: ParsedProtobufSchema): readonly number[] | undefined {
  return parsed.fullName === undefined ? undefined : messageIndexes(parsed, parsed.fullName);
}

/** Kinds of message that one schema's records are read as. */
const readersMax = 100;

/** JSON as values of a codec: whole numbers beyond 2^53 as bigint, `{"base64":"…"}` as bytes. */
export function plainValue(json: JsonValue): unknown {
  if (json instanceof JsonNumber) {
    const number = Number(json.text);
    return json.isInteger && !Number.isSafeInteger(number) ? BigInt(json.text) : number;
  }
  if (Array.isArray(json)) return json.map(plainValue);
  if (!(json instanceof Map)) return json;
  const base64 = json.size === 1 ? json.get('base64') : undefined;
  if (typeof base64 === 'string') return Buffer.from(base64, 'base64');
  const object: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, member] of json) object[name] = plainValue(member);
  return object;
}

/** A value of a codec as JSON text, with every digit. */
export function plainText(value: unknown): string {
  switch (typeof value) {
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`;
    case 'string':
      return JSON.stringify(value);
    case 'object':
      break;
    default:
      return 'null';
  }
  if (value === null) return 'null';
  if (value instanceof Uint8Array) {
    return `{"base64":"${Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64')}"}`;
  }
  if (value instanceof Decimal) return JSON.stringify(value.toString());
  if (Array.isArray(value)) return `[${value.map(plainText).join(',')}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${plainText(member)}`).join(',')}}`;
}
