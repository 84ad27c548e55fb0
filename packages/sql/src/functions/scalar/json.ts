import { type Decimal, JsonNumber, type JsonValue, jsonText, parseJson } from '@headwater/serdes';
import { arrayType, mapType, type SqlType, sqlTypes } from '../../types/sql-type.ts';
import { bigDecimalText, parseDecimal } from '../../values/big-decimal.ts';
import { doubleText } from '../../values/double-text.ts';
import type { Long } from '../../values/long.ts';
import { dateText, timestampText, timeText } from '../../values/time-text.ts';
import { parameter, scalar, variadic, variant, variantAt } from '../define.ts';
import type { ScalarFunction } from '../function.ts';
import { variable } from '../type-pattern.ts';
import { jsonPathSteps } from './json-path.ts';

const { string, integer, boolean } = sqlTypes;
const category = 'JSON';
const nulls = { isNullTaken: true };
const json = parameter('json', string, 'The JSON text.');

/** JSON without blanks. Numbers that are no integers are written as it is said. */
function jsonTextWith(value: JsonValue, fractionText: (text: string) => string): string {
  if (value instanceof JsonNumber) return value.isInteger ? value.text : fractionText(value.text);
  if (Array.isArray(value)) return `[${value.map((each) => jsonTextWith(each, fractionText)).join(',')}]`;
  if (!(value instanceof Map)) return jsonText(value);
  const members = Array.from(
    value,
    ([name, member]) => `${JSON.stringify(name)}:${jsonTextWith(member, fractionText)}`,
  );
  return `{${members.join(',')}}`;
}

/** Numbers as Java's BigDecimal writes them: `1e2` is `1E+2`. */
function nodeText(value: JsonValue): string {
  return jsonTextWith(value, bigDecimalText);
}

/** Numbers without an exponent: `1e2` is `100`. */
function plainNumbersText(value: JsonValue): string {
  return jsonTextWith(value, (text) => parseDecimal(text).toString());
}

/** Texts without quotes. */
function plainText(value: JsonValue): string {
  return typeof value === 'string' ? value : nodeText(value);
}

function isBlank(text: string): boolean {
  return /^\s*$/.test(text);
}

function isJson(text: string): boolean {
  try {
    parseJson(text);
    return true;
  } catch {
    return false;
  }
}

function at(value: JsonValue, steps: readonly string[]): JsonValue | undefined {
  let node: JsonValue | undefined = value;
  for (const step of steps) {
    if (Array.isArray(node)) node = /^\d+$/.test(step) ? node[Number(step)] : undefined;
    else if (node instanceof Map) node = node.get(step);
    else return undefined;
    if (node === undefined) return undefined;
  }
  return node;
}

/** Remembers the steps of the last path: it is nearly always the same. */
function extractor(): (text: string, path: string) => string | null {
  let knownPath: string | undefined;
  let steps: readonly string[] = [];
  return (text, path) => {
    if (path !== knownPath) {
      steps = jsonPathSteps(path);
      knownPath = path;
    }
    const found = at(parseJson(text), steps);
    return found === undefined ? null : plainText(found);
  };
}

function containsJson(text: string | null, isSame: (node: JsonValue) => boolean): boolean {
  if (text === null) return false;
  let list: JsonValue;
  try {
    list = parseJson(text);
  } catch {
    return false;
  }
  return Array.isArray(list) && list.some(isSame);
}

/** Whole numbers are found as such, doubles as numbers with a point or an exponent. */
function jsonEquality(type: SqlType | null | undefined): (node: JsonValue, value: unknown) => boolean {
  switch (type?.kind) {
    case 'INTEGER':
    case 'BIGINT':
      return (node, value) => node instanceof JsonNumber && node.isInteger && node.text === String(value);
    case 'DOUBLE':
      return (node, value) => node instanceof JsonNumber && !node.isInteger && Number(node.text) === value;
    case 'DECIMAL':
      return (node, value) => node instanceof JsonNumber && parseDecimal(node.text).equals(value as Decimal);
    default:
      return (node, value) => node === value;
  }
}

function concatJson(...texts: (string | null)[]): string | null {
  if (texts.length === 0) return null;
  const values: JsonValue[] = [];
  for (const text of texts) {
    if (text === null || isBlank(text)) return null;
    values.push(parseJson(text));
  }
  if (values.every((value) => value instanceof Map)) {
    return plainNumbersText(new Map(values.flatMap((value) => [...value])));
  }
  if (values.length === 1) return plainNumbersText(values[0]!);
  return plainNumbersText(values.flatMap((value) => (Array.isArray(value) ? value : [value])));
}

type Write = (value: unknown) => string;

function nullable(write: Write): Write {
  return (value) => (value === null || value === undefined ? 'null' : write(value));
}

function jsonDouble(value: number): string {
  const text = doubleText(value);
  return Number.isFinite(value) ? text : `"${text}"`;
}

/** Names and keys are in their order, so that equal values have equal texts. */
function jsonWriter(type: SqlType): Write {
  switch (type.kind) {
    case 'BOOLEAN':
    case 'INTEGER':
    case 'BIGINT':
      return (value) => String(value as Long);
    case 'DOUBLE':
      return jsonDouble as Write;
    case 'DECIMAL':
      return (value) => (value as Decimal).toString();
    case 'STRING':
      return (value) => JSON.stringify(value);
    case 'BYTES':
      return (value) => `"${(value as Buffer).toString('base64')}"`;
    case 'TIME':
      return (value) => `"${timeText(value as number)}"`;
    case 'DATE':
      return (value) => `"${dateText(value as number)}"`;
    case 'TIMESTAMP':
      return (value) => `"${timestampText(value as number)}"`;
    case 'ARRAY': {
      const write = nullable(jsonWriter(type.element));
      return (value) => `[${(value as unknown[]).map(write).join(',')}]`;
    }
    case 'MAP': {
      const write = nullable(jsonWriter(type.value));
      return (value) => {
        const entries = Array.from(value as Map<unknown, unknown>, ([key, each]) => [String(key), each] as const);
        entries.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
        return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${write(each)}`).join(',')}}`;
      };
    }
    case 'STRUCT': {
      const fields = type.fields.map((field, index) => ({ index, ...field, write: nullable(jsonWriter(field.type)) }));
      fields.sort((one, other) => (one.name < other.name ? -1 : 1));
      return (value) =>
        `{${fields.map(({ index, name, write }) => `${JSON.stringify(name)}:${write((value as unknown[])[index])}`).join(',')}}`;
    }
  }
}

export const jsonFunctions: readonly ScalarFunction[] = [
  scalar(
    'EXTRACTJSONFIELD',
    {
      category,
      description: 'The part of a JSON text at a path, as a text; null where there is none.',
      example: `EXTRACTJSONFIELD('{"a": [{"b": 1.50}]}', '$.a[0].b') → '1.50'`,
    },
    variantAt([json, parameter('path', string, 'Such as $.a[0].b or $["a b"].')], string, extractor),
  ),
  scalar(
    'IS_JSON_STRING',
    { category, description: 'Whether a text is JSON.', example: "IS_JSON_STRING('[1, 2]') → true" },
    variant([json], boolean, (text: string | null) => text !== null && isJson(text), nulls),
  ),
  scalar(
    'JSON_ARRAY_CONTAINS',
    {
      category,
      description: 'Whether a JSON array has a value in it.',
      example: "JSON_ARRAY_CONTAINS('[1, 2, 3]', 2) → true",
    },
    variantAt(
      [json, parameter('val', variable('T'), 'What is looked for.')],
      boolean,
      ({ argumentTypes }) => {
        const isEqual = jsonEquality(argumentTypes[1]);
        return (text: string | null, value: unknown) =>
          containsJson(text, value === null ? (node) => node === null : (node) => isEqual(node, value));
      },
      nulls,
    ),
  ),
  scalar(
    'JSON_ARRAY_LENGTH',
    {
      category,
      description: 'How many elements a JSON array has; null for other JSON.',
      example: "JSON_ARRAY_LENGTH('[1, 2]') → 2",
    },
    variant([json], integer, (text: string) => {
      const value = parseJson(text);
      return Array.isArray(value) ? value.length : null;
    }),
  ),
  scalar(
    'JSON_CONCAT',
    {
      category,
      description:
        'Objects as one object (of members of one name the last counts), arrays and other values as one array.',
      example: `JSON_CONCAT('{"a": 1}', '{"b": 2}') → '{"a":1,"b":2}'`,
    },
    variant([variadic('jsons', string, 'The JSON texts.')], string, concatJson, nulls),
  ),
  scalar(
    'JSON_ITEMS',
    {
      category,
      description: 'The elements of a JSON array as JSON texts.',
      example: `JSON_ITEMS('[{"a": 1}, {"a": 2}]') → ['{"a":1}', '{"a":2}']`,
    },
    variant([json], arrayType(string), (text: string) => {
      const value = parseJson(text);
      if (!Array.isArray(value)) throw new RangeError(`JSON_ITEMS takes a JSON array, not ${text.slice(0, 100)}`);
      return value.map(nodeText);
    }),
  ),
  scalar(
    'JSON_KEYS',
    {
      category,
      description: 'The names of the members of a JSON object; null for other JSON.',
      example: `JSON_KEYS('{"a": 1, "b": 2}') → ['a', 'b']`,
    },
    variant([json], arrayType(string), (text: string) => {
      if (isBlank(text)) return null;
      const value = parseJson(text);
      return value instanceof Map ? [...value.keys()] : null;
    }),
  ),
  scalar(
    'JSON_RECORDS',
    {
      category,
      description: 'The members of a JSON object as a map of texts; null for other JSON.',
      example: `JSON_RECORDS('{"a": 1, "b": "x"}') → {a: '1', b: 'x'}`,
    },
    variant([json], mapType(string, string), (text: string) => {
      if (isBlank(text)) return null;
      const value = parseJson(text);
      if (!(value instanceof Map)) return null;
      return new Map(Array.from(value, ([name, member]) => [name, plainText(member)] as const));
    }),
  ),
  scalar(
    'TO_JSON_STRING',
    {
      category,
      description: 'Any value as JSON; members and keys in their order.',
      example: "TO_JSON_STRING(ARRAY[1, NULL]) → '[1,null]'",
    },
    variantAt(
      [parameter('val', variable('T'), 'The value.')],
      string,
      ({ argumentTypes }) => {
        const type = argumentTypes[0];
        return type ? nullable(jsonWriter(type)) : () => 'null';
      },
      nulls,
    ),
  ),
];
