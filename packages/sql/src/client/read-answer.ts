import { JsonNumber, type JsonValue, parseJson } from '@headwater/serdes';
import { longOf } from '../values/long.ts';
import { SqlClientError } from './sql-client-error.ts';

/** Reads JSON without losing a digit; @throws SqlClientError HW_SQL_CLIENT_ANSWER */
export function readExactJson(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new SqlClientError('HW_SQL_CLIENT_ANSWER', `the answer is no JSON: ${(cause as Error).message}`, { cause });
  }
}

/** The same as plain objects; integers beyond 2^53 are bigints. */
export function readJson(text: string): unknown {
  return plainValue(readExactJson(text));
}

export function plainValue(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return plainNumber(value);
  if (Array.isArray(value)) return value.map(plainValue);
  if (value instanceof Map) return Object.fromEntries(Array.from(value, ([name, each]) => [name, plainValue(each)]));
  return value;
}

function plainNumber({ text, isInteger }: JsonNumber): number | bigint {
  return isInteger && text.length > 15 && text.length < 21 ? longOf(BigInt(text)) : Number(text);
}
