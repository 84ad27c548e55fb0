import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decimal } from '@headwater/serdes';
import { coerceLiteral, commonType, type ListItem, typeOfDecimal } from './common-type.ts';
import { arrayType, decimalType, type SqlType, sqlTypes, structType } from './sql-type.ts';

const { bigint, boolean, double, integer, string, timestamp } = sqlTypes;
const column = (type: SqlType | null): ListItem => ({ type, text: 'C' });
const literal = (type: SqlType, value: unknown): ListItem => ({ type, text: String(value), literal: value });

test('numbers widen to one that holds all', () => {
  assert.equal(commonType([column(integer), column(null), column(bigint)]), bigint);
  assert.deepEqual(commonType([column(bigint), column(decimalType(4, 3))]), decimalType(22, 3));
  assert.equal(commonType([column(decimalType(4, 3)), column(double), column(integer)]), double);
  assert.equal(commonType([column(null)]), null);
});

test('literals that are texts become what the others are', () => {
  assert.deepEqual(commonType([column(integer), literal(string, '1.50')]), decimalType(12, 2));
  assert.equal(commonType([column(integer), literal(string, '3000000000')]), bigint);
  assert.equal(commonType([column(boolean), literal(string, 'ye')]), boolean);
  assert.equal(commonType([column(string), literal(integer, 5)]), string);
  assert.equal(commonType([column(timestamp), literal(string, '2020')]), timestamp);
  const inner: ListItem = { ...column(arrayType(string)), elements: [literal(string, '7')] };
  assert.deepEqual(commonType([column(arrayType(integer)), inner]), arrayType(integer));
});

test('structs are joined field by field', () => {
  const one = structType([{ name: 'A', type: integer }]);
  const other = structType([
    { name: 'B', type: string },
    { name: 'A', type: bigint },
  ]);
  assert.deepEqual(
    commonType([column(one), column(other)]),
    structType([
      { name: 'A', type: bigint },
      { name: 'B', type: string },
    ]),
  );
});

test('what has no type in common is refused', () => {
  assert.throws(
    () => commonType([column(integer), literal(string, 'ten')]),
    /invalid input syntax for type INTEGER: "ten"/,
  );
  assert.throws(() => commonType([column(boolean), column(string)]), /operator does not exist: BOOLEAN = STRING \(C\)/);
});

test('literals are converted exactly', () => {
  assert.deepEqual(coerceLiteral('1.5', string, decimalType(4, 2)), Decimal.parse('1.50'));
  assert.equal(coerceLiteral(5, integer, string), '5');
  assert.throws(() => coerceLiteral('1.555', string, decimalType(4, 2)), { code: 'HW_SQL_STATEMENT' });
  assert.throws(() => coerceLiteral('maybe', string, boolean), /BOOLEAN/);
  assert.deepEqual(typeOfDecimal(Decimal.parse('0.00')), decimalType(3, 2));
});
