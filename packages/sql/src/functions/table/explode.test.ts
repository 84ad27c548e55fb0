import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrayType, decimalType, mapType, type SqlType, sqlTypes } from '../../types/sql-type.ts';
import { builtInFunctions } from '../built-in.ts';
import type { TableFunction } from '../function.ts';

const { integer, string } = sqlTypes;
const registry = builtInFunctions();
const table = (name: string, type: SqlType) =>
  registry.table(registry.get(name) as TableFunction, [{ kind: 'value', type }]);
const rows = (name: string, value: unknown): unknown => table(name, arrayType(integer)).rows(value as never);

test('EXPLODE gives a row for each element', () => {
  assert.deepEqual(rows('EXPLODE', [1, null, 2]), [1, null, 2]);
  assert.equal(rows('EXPLODE', null), null);
  assert.deepEqual(table('EXPLODE', arrayType(decimalType(4, 2))).returnType, decimalType(4, 2));
  assert.throws(() => table('EXPLODE', mapType(string, integer)), {
    message:
      /^Function 'explode' does not accept parameters \(MAP<STRING, INTEGER>\)\.\nValid alternatives are:\nexplode\(ARRAY<DECIMAL> input\)\nexplode\(ARRAY<T> list\)/,
  });
});

test('CUBE_EXPLODE gives a row for each combination, and none twice', () => {
  assert.deepEqual(rows('CUBE_EXPLODE', [1, 2]), [
    [null, null],
    [null, 2],
    [1, null],
    [1, 2],
  ]);
  assert.deepEqual(rows('CUBE_EXPLODE', [1, null]), [
    [null, null],
    [1, null],
  ]);
  assert.throws(() => rows('CUBE_EXPLODE', new Array(21).fill(1)), /at most 20/);
});
