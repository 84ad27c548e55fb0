import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decimal } from '@headwater/serdes';
import { type ComparisonOperator, checkComparison, comparator, equality } from './comparison.ts';
import { arrayType, decimalType, mapType, type SqlType, sqlTypes } from './sql-type.ts';

const { bigint, boolean, bytes, date, double, integer, string, time, timestamp } = sqlTypes;
const order = (left: SqlType, right: SqlType, a: unknown, b: unknown): number =>
  Math.sign(comparator(left, right)!(a as never, b as never));
const same = (left: SqlType, right: SqlType, a: unknown, b: unknown): boolean =>
  equality(left, right)!(a as never, b as never);

test('numbers of all types are compared by value', () => {
  assert.equal(order(integer, bigint, 5, 9007199254740993n), -1);
  assert.equal(order(decimalType(4, 2), double, Decimal.parse('0.10'), 0.1), 0);
  assert.equal(order(double, double, Number.NaN, Number.POSITIVE_INFINITY), 1);
  assert.equal(same(double, double, Number.NaN, Number.NaN), true);
  assert.equal(same(double, double, 0, -0), false);
  assert.equal(same(bigint, bigint, 9007199254740993n, 9007199254740993n), true);
});

test('times are compared with texts, dates with timestamps', () => {
  assert.equal(order(timestamp, string, 10, '1970-01-01T00:00:00.010'), 0);
  assert.equal(order(string, date, '1970-01-11', 10), 0);
  assert.equal(order(date, timestamp, 10, 864_000_001), -1);
  assert.equal(order(time, string, 11, '00:00:00.010'), 1);
  assert.equal(comparator(time, date), null);
});

test('arrays and maps are the same or not', () => {
  assert.equal(same(arrayType(integer), arrayType(integer), [1, null], [1, null]), true);
  assert.equal(
    same(mapType(string, integer), mapType(string, integer), new Map([['a', 1]]), new Map([['b', 1]])),
    false,
  );
  assert.equal(order(bytes, bytes, Buffer.from('a'), Buffer.from('b')), -1);
});

test('other comparisons are refused', () => {
  const refused: [ComparisonOperator, SqlType | null, SqlType | null, RegExp][] = [
    ['<', boolean, boolean, /Cannot compare BOOLEAN to BOOLEAN with LESS_THAN/],
    ['=', integer, string, /Cannot compare INTEGER to STRING with EQUAL/],
    ['>', arrayType(integer), arrayType(integer), /ARRAY<INTEGER>/],
    ['=', null, string, /Use 'IS NULL'/],
  ];
  for (const [operator, left, right, message] of refused) {
    assert.throws(() => checkComparison(operator, left, right), message);
  }
  checkComparison('IS DISTINCT FROM', boolean, boolean);
});
