import { JsonNumber, type JsonValue, jsonText } from '@headwater/serdes';
import { bytesOfBase64 } from '../formats/base64.ts';
import { SqlError } from '../sql-error.ts';
import { type SqlType, typeText } from '../types/sql-type.ts';
import { fitDecimal, parseDecimal, wholePartOf } from '../values/big-decimal.ts';
import { parseDouble } from '../values/double-text.ts';
import { longOf } from '../values/long.ts';

/**
 * A value as a test file has it. Fields are found whatever their case, numbers may be texts, bytes are base64, dates days, times and timestamps
 * milliseconds; a struct that stands for a union may be the value of its branch.
 *
 * @throws SqlError HW_SQL_FORMAT
 */
export function valueOfJson(type: SqlType, json: JsonValue): unknown {
  if (json === null) return null;
  switch (type.kind) {
    case 'BOOLEAN':
      return json === true || json === 'true';
    case 'INTEGER':
    case 'DATE':
    case 'TIME':
      return Number(BigInt.asIntN(32, wholePartOf(textOf(json))));
    case 'BIGINT':
      return longOf(wholePartOf(textOf(json)));
    case 'TIMESTAMP':
      return Number(wholePartOf(textOf(json)));
    case 'DOUBLE': {
      const value = parseDouble(textOf(json));
      return value ?? wrong(type, json);
    }
    case 'DECIMAL':
      return fitDecimal(parseDecimal(textOf(json)), type.precision, type.scale);
    case 'STRING':
      return textOf(json);
    case 'BYTES':
      return bytesOfBase64(textOf(json));
    case 'ARRAY':
      if (!Array.isArray(json)) return wrong(type, json);
      return json.map((element) => valueOfJson(type.element, element));
    case 'MAP':
      if (!(json instanceof Map)) return wrong(type, json);
      return new Map(Array.from(json, ([key, member]) => [key, valueOfJson(type.value, member)]));
    case 'STRUCT': {
      if (!(json instanceof Map)) return unionValue(type, json);
      const members = new Map(Array.from(json, ([name, member]) => [name.toUpperCase(), member]));
      return type.fields.map((field) =>
        valueOfJson(field.type, json.get(field.name) ?? members.get(field.name.toUpperCase()) ?? null),
      );
    }
  }
}

function unionValue(type: Extract<SqlType, { kind: 'STRUCT' }>, json: JsonValue): unknown[] {
  const place = type.fields.findIndex((field) => suits(field.type, json));
  if (place < 0) return wrong(type, json);
  return type.fields.map((field, index) => (index === place ? valueOfJson(field.type, json) : null));
}

function suits({ kind }: SqlType, json: JsonValue): boolean {
  if (json instanceof JsonNumber) return ['INTEGER', 'BIGINT', 'DOUBLE', 'DECIMAL'].includes(kind);
  if (typeof json === 'boolean') return kind === 'BOOLEAN';
  return Array.isArray(json) ? kind === 'ARRAY' : kind === 'STRING' || kind === 'BYTES';
}

function textOf(json: JsonValue): string {
  if (typeof json === 'string') return json;
  return json instanceof JsonNumber ? json.text : jsonText(json);
}

function wrong(type: SqlType, json: JsonValue): never {
  throw new SqlError('HW_SQL_FORMAT', `${jsonText(json)} is no ${typeText(type)}`);
}
