import { Decimal, JsonNumber, type JsonValue, jsonText } from '@headwater/serdes';
import { SqlError } from '../../sql-error.ts';
import { type SqlType, typeText } from '../../types/sql-type.ts';
import { parseDouble } from '../../values/double-text.ts';
import { longOf } from '../../values/long.ts';
import { parseDate, parseTime, parseTimestamp } from '../../values/time-text.ts';

/** The value that `jsonFunction` wrote. @throws SqlError HW_SQL_FORMAT for what it does not write */
export function valueOfResult(type: SqlType, json: JsonValue): unknown {
  if (json === null) return null;
  switch (type.kind) {
    case 'BOOLEAN':
      return json === true;
    case 'INTEGER':
      return Number(numberText(type, json));
    case 'BIGINT':
      return longOf(BigInt(numberText(type, json)));
    case 'DOUBLE':
      return parseDouble(typeof json === 'string' ? json : numberText(type, json)) ?? wrong(type, json);
    case 'DECIMAL':
      return Decimal.parse(numberText(type, json));
    case 'STRING':
      return text(type, json);
    case 'BYTES':
      return Buffer.from(text(type, json), 'base64');
    case 'DATE':
      return parseDate(text(type, json));
    case 'TIME':
      return parseTime(text(type, json));
    case 'TIMESTAMP':
      return parseTimestamp(text(type, json));
    case 'ARRAY':
      if (!Array.isArray(json)) return wrong(type, json);
      return json.map((each) => valueOfResult(type.element, each));
    case 'MAP': {
      if (!(json instanceof Map)) return wrong(type, json);
      const key = (name: string) =>
        type.key.kind === 'STRING' ? name : valueOfResult(type.key, keyJson(type.key, name));
      return new Map(Array.from(json, ([name, each]) => [key(name), valueOfResult(type.value, each)]));
    }
    case 'STRUCT':
      if (!(json instanceof Map)) return wrong(type, json);
      return type.fields.map(({ name, type: field }) => valueOfResult(field, json.get(name) ?? null));
  }
}

/** Keys are texts of whatever they are. */
function keyJson({ kind }: SqlType, name: string): JsonValue {
  if (kind === 'BOOLEAN') return name === 'true';
  return kind === 'INTEGER' || kind === 'BIGINT' || kind === 'DOUBLE' || kind === 'DECIMAL'
    ? new JsonNumber(name)
    : name;
}

function numberText(type: SqlType, json: JsonValue): string {
  return json instanceof JsonNumber ? json.text : wrong(type, json);
}

function text(type: SqlType, json: JsonValue): string {
  return typeof json === 'string' ? json : wrong(type, json);
}

function wrong(type: SqlType, json: JsonValue): never {
  throw new SqlError('HW_SQL_FORMAT', `${jsonText(json).slice(0, 100)} is no ${typeText(type)}`);
}
