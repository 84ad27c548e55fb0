import type { Codec } from '../codec.ts';
import { messageCodec, type ProtobufCodecOptions } from './message-codec.ts';
import { messageNameAt } from './message-indexes.ts';
import { MessageTypes } from './message-type.ts';
import type { ParsedProtobufSchema } from './parsed-protobuf.ts';

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
