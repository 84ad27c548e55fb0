import type { JsonValue } from '../json/json-value.ts';
import type { AvroSchema } from './avro-schema.ts';
import { valueOfJson } from './json-to-value.ts';
import { dataError } from './path-error.ts';
import type { AvroValueOptions } from './value-form.ts';
import { JsonOfValue } from './value-to-json.ts';

/** Avro's JSON encoding of the values of one schema. */
export interface AvroJson<T = unknown> {
  /** @throws SerializationError with the path of what does not fit the schema */
  toJson(value: T): JsonValue;
  /** Members that are no field of a record are passed over; fields may not be missing. @throws SerializationError */
  fromJson(json: JsonValue): T;
}

/**
 * Avro's JSON encoding, both ways: a value of a union is `null` or `{"branch name": value}`, bytes are a text with one character for each
 * (ISO-8859-1), decimals are such bytes, NaN and the infinities texts. `parseJson` and `jsonText` make the text of it with every digit.
 *
 * @example
 * const json = avroJson(new ParsedAvroSchema('["null","long"]').schema);
 * jsonText(json.toJson(2n ** 62n)); // '{"long":4611686018427387904}'
 * json.fromJson(parseJson('{"long":4611686018427387904}')); // 4611686018427387904n
 */
export function avroJson<T = unknown>(schema: AvroSchema, options: AvroValueOptions = {}): AvroJson<T> {
  const writer = new JsonOfValue(options);
  return {
    toJson(value) {
      try {
        return writer.of(schema, value);
      } catch (error) {
        throw dataError(error);
      }
    },
    fromJson(json) {
      try {
        return valueOfJson(schema, json, options, 'wrapped') as T;
      } catch (error) {
        throw dataError(error);
      }
    },
  };
}
