import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInFunctions } from '../functions/built-in.ts';
import { parseExpression } from '../syntax/parse.ts';
import { type SqlType, sqlTypes, typeText } from '../types/sql-type.ts';
import { ExpressionWriter } from './expression-writer.ts';

const columns = new Map<string, SqlType>([
  ['I', sqlTypes.integer],
  ['L', sqlTypes.bigint],
  ['D', sqlTypes.double],
  ['S', sqlTypes.string],
  ['B', sqlTypes.boolean],
]);

const functions = builtInFunctions();

/** The value of an expression over a row of I, L, D, S, B; null where it fails. */
function evaluate(text: string, row: readonly unknown[] = [null, null, null, null, null]): unknown {
  const names = [...columns.keys()];
  const writer = new ExpressionWriter(
    {
      column: (name) => {
        const type = columns.get(name);
        return type && { type, code: `v[${names.indexOf(name)}]`, isNullable: true, isThrowing: false };
      },
    },
    { functions, properties: new Map() },
  );
  const written = writer.orNull(() => writer.write(parseExpression(text)));
  return writer.module.link<(row: readonly unknown[]) => unknown>(
    `function (v) { let k, t, c; ${writer.frame.declaration} return ${written.code}; }`,
  )(row);
}

test('values', () => {
  const row = [7, 2n ** 60n, 1.5, 'tea', true];
  const cases: [string, unknown][] = [
    ['I + 2147483647', -2147483642],
    ['I / 2', 3],
    ['I % 0', null],
    ['D / 0', Number.POSITIVE_INFINITY],
    ['L + 1', 2n ** 60n + 1n],
    ['L = L', true],
    ['L > I AND NOT I > 7', true],
    ["S LIKE '_e%'", true],
    ["S IN ('ink', 'tea')", true],
    ['I BETWEEN 1 AND 7', true],
    ["CASE WHEN I > 100 THEN 'much' WHEN I > 5 THEN S ELSE 'few' END", 'tea'],
    ['ARRAY[I, L][2]', 2n ** 60n],
    ["MAP('a' := 1)['b']", null],
    ["STRUCT(X := S)->X || '!'", 'tea!'],
    ['ARRAY[1, 2, 3][-1]', 3],
    ['REDUCE(ARRAY[1, 2, 3], 0, (s, x) => s + x * I)', 42],
    ['TRANSFORM(ARRAY[1, 2], x => TRANSFORM(ARRAY[x], y => y + x))', [[2], [4]]],
    ["CAST('12' AS INT) + 1", 13],
    ["CAST('x' AS INT)", null],
  ];
  for (const [text, expected] of cases) assert.deepEqual(evaluate(text, row), expected, text);
});

test('null is false beside anything that it is compared with, and fails elsewhere', () => {
  const cases: [string, unknown][] = [
    ['I = I', false],
    ['NOT I = I', true],
    ['I IS DISTINCT FROM L', false],
    ['I IS NOT DISTINCT FROM 1', false],
    ['I + 1', null],
    ['B AND TRUE', null],
    ['FALSE AND B', false],
    ["COALESCE(S, UCASE(S), 'x')", 'x'],
    ['COALESCE(CAST(S AS INT), 5)', 5],
    ["S IN ('a')", false],
    ["S LIKE '%'", false],
    ['I BETWEEN 1 AND 2', false],
    ['S IS NULL', true],
  ];
  for (const [text, expected] of cases) assert.deepEqual(evaluate(text), expected, text);
});

test('what is not compared, or not known, is refused', () => {
  const cases: [string, RegExp][] = [
    ['I = NULL', /Comparison with NULL not supported/],
    ['S > 1', /Cannot compare S \(STRING\) to 1 \(INTEGER\) with GREATER_THAN\./],
    ['X + 1', /Unknown column X\./],
    ['NO_SUCH(1)', /Can't find any functions with the name 'NO_SUCH'/],
    ['ARRAY[]', /Array constructor cannot be empty/],
    ["CASE WHEN B THEN 1 ELSE 'a' END", /Type for the default clause should be the same/],
    ['S[1]', /do not apply to STRING/],
  ];
  for (const [text, message] of cases) assert.throws(() => evaluate(text), message, text);
});

test('no text gets into the code but as a text', () => {
  const hostile = `'); globalThis.isBroken = true; ('\u2028"\\`;
  assert.equal(evaluate(`'${hostile.replaceAll("'", "''")}'`), hostile);
  assert.equal(evaluate(`STRUCT(\`a"];x\` := 1)->\`a"];x\``), 1);
  assert.equal('isBroken' in globalThis, false);
});

test('deep calls are written once each', () => {
  const text = `${'LCASE('.repeat(40)}S${')'.repeat(40)}`;
  assert.equal(evaluate(text, [null, null, null, 'A', null]), 'a');
  assert.equal(typeText(sqlTypes.string), 'STRING');
});
