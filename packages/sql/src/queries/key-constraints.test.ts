import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { DataSource } from '../catalog/data-source.ts';
import { builtInFunctions } from '../functions/built-in.ts';
import type { QueryContext } from '../plan/physical/query-context.ts';
import { parseExpression } from '../syntax/parse.ts';
import { type SqlType, sqlTypes } from '../types/sql-type.ts';
import { keyConstraints } from './key-constraints.ts';

const { bigint, integer, string } = sqlTypes;
const anyTime = { least: 0, most: Number.MAX_SAFE_INTEGER };

function constraints(condition: string, types: readonly SqlType[] = [string]) {
  const key = types.map((type, at) => ({ name: `K${at}`, type }));
  const source = { schema: { key, value: [{ name: 'V', type: integer }], headers: [] } } as unknown as DataSource;
  const context = { functions: builtInFunctions(), properties: new Map(), onError() {} } as unknown as QueryContext;
  return keyConstraints([parseExpression(condition)], source, context);
}

const keys: readonly (readonly [condition: string, keys: readonly unknown[] | null])[] = [
  ["K0 = 'a'", ['a']],
  ["'a' = K0", ['a']],
  ["K0 IN ('a', 'b', 'a')", ['a', 'b']],
  ["K0 = 'a' OR K0 IN ('b')", ['a', 'b']],
  ["K0 IN ('a', 'b') AND K0 = 'a'", ['a']],
  ["K0 = CONCAT('a', 'b') AND V > 3", ['ab']],
  ["K0 = 'a' OR V = 1", null],
  ["K0 <> 'a'", null],
  ["K0 > 'a'", null],
  ["NOT (K0 = 'a')", null],
  ['K0 = CAST(V AS STRING)', null],
  ['K0 = CAST(NULL AS STRING)', []],
  ["UCASE(K0) = 'A'", null],
];

for (const [condition, expected] of keys) {
  test(`${condition}: ${expected === null ? 'any key' : `keys ${expected.join()}`}`, () => {
    deepEqual(constraints(condition).keys, expected);
  });
}

test('keys are of the type of the column; what cannot be one equals none', () => {
  deepEqual(constraints("K0 IN (1, '2', 'x')", [integer]).keys, [1, 2]);
  deepEqual(constraints('K0 = 9007199254740993', [bigint]).keys, [9007199254740993n]);
  deepEqual(constraints('K0 = 3000000000', [integer]).keys?.length, 1);
});

test('several columns make all keys of their values, and any key where one of them is free', () => {
  deepEqual(constraints("K0 IN ('a', 'b') AND K1 IN (1, 2)", [string, integer]).keys, [
    ['a', 1],
    ['a', 2],
    ['b', 1],
    ['b', 2],
  ]);
  equal(constraints("K0 = 'a'", [string, integer]).keys, null);
});

test('so many keys that looking for each takes longer than reading all are not looked for', () => {
  const many = Array.from({ length: 400 }, (_, at) => at).join();
  ok(constraints(`K0 IN (${many})`, [integer]).keys?.length === 400);
  equal(constraints(`K0 IN (${many}) AND K1 IN (${many})`, [integer, integer]).keys, null);
});

test('bounds of windows hold all windows that the condition lets through', () => {
  const { endMs, startMs } = constraints("K0 = 'a' AND WINDOWSTART >= 10 AND WINDOWSTART < 20 AND 30 > WINDOWEND");
  deepEqual(startMs, { least: 10, most: 20 });
  deepEqual(endMs, { least: 0, most: 30 });
  deepEqual(constraints('WINDOWSTART = 15').startMs, { least: 15, most: 15 });
  deepEqual(constraints('WINDOWSTART IN (5, 15)').startMs, { least: 5, most: 15 });
  deepEqual(constraints('WINDOWSTART > 5 OR WINDOWSTART < 3').startMs, anyTime);
  deepEqual(constraints('WINDOWSTART <> 5').startMs, anyTime);
  deepEqual(constraints('WINDOWSTART > V').startMs, anyTime);
});
