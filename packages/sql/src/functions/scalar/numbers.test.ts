import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimalType, sqlTypes } from '../../types/sql-type.ts';
import { call, callOrThrow, type Given, of, typeOfCall } from '../testing/call-function.ts';

const { int, big, double, decimal, text } = of;
const cases: [name: string, given: Given[], expected: unknown][] = [
  ['ABS', [int(-2147483648)], -2147483648],
  ['ABS', [big(-9223372036854775807n)], 9223372036854775807n],
  ['ABS', [decimal('-1.50')], '1.50'],
  ['CEIL', [double(-1.2)], -1],
  ['CEIL', [decimal('1.20')], '2.00'],
  ['FLOOR', [decimal('-1.20')], '-2.00'],
  ['ROUND', [double(-1.5)], -1],
  ['ROUND', [double(2.5)], 3],
  ['ROUND', [double(2.345), int(2)], 2.35],
  ['ROUND', [double(-2.345), int(2)], -2.34],
  ['ROUND', [double(1234.5), int(-2)], 1200],
  ['ROUND', [double(1e300), int(2)], 1e300],
  ['ROUND', [double(1.5), int(2_000_000_000)], 1.5],
  ['ROUND', [double(Number.NaN), int(1)], null],
  ['ROUND', [double(1e19)], 9223372036854775807n],
  ['ROUND', [decimal('-2.50')], '-2'],
  ['ROUND', [decimal('-2.51')], '-3'],
  ['ROUND', [decimal('2.345'), int(2)], '2.350'],
  ['ROUND', [decimal('1250.00'), int(-2)], '1300.00'],
  ['TRUNC', [double(-1.79), int(1)], -1.7],
  ['TRUNC', [double(-1.79)], -1],
  ['TRUNC', [decimal('-1.79'), int(1)], '-1.70'],
  ['SIGN', [double(-0.1)], -1],
  ['SIGN', [big(9223372036854775807n)], 1],
  ['LOG', [int(2), int(8)], 3],
  ['LOG', [int(1), int(8)], Number.NaN],
  ['POWER', [int(2), int(10)], 1024],
  ['POWER', [big(2), big(62)], 2 ** 62],
  ['COT', [int(0)], Number.POSITIVE_INFINITY],
  ['DEGREES', [double(Math.PI)], 180],
  ['SQRT', [int(-1)], Number.NaN],
  ['SQRT', [decimal('6.25')], 2.5],
  ['PI', [], Math.PI],
  ['GREATEST', [int(3), of.nothing, int(7)], 7],
  ['GREATEST', [decimal('1.5'), decimal('1.25')], '1.50'],
  ['GREATEST', [of.date(10), text('1970-01-31')], 30],
  ['LEAST', [text('b'), text('B')], 'B'],
  ['LEAST', [int(null), int(null)], null],
  ['GEO_DISTANCE', [double(0), double(0), double(0), double(180)], Math.PI * 6371],
  ['GEO_DISTANCE', [double(0), double(0), double(0), double(180), text(null)], Math.PI * 6371],
  ['GEO_DISTANCE', [double(0), double(0), double(0), double(180), text('furlongs')], null],
  ['GEO_DISTANCE', [double(91), double(0), double(0), double(0)], null],
];

for (const [name, given, expected] of cases) {
  test(`${name}(${given.map((each) => ('value' in each ? String(each.value) : '')).join(', ')})`, () => {
    const value = call(name, ...given);
    assert.deepEqual(typeof expected === 'string' ? String(value) : value, expected);
  });
}

test('types of results follow from those of arguments', () => {
  assert.deepEqual(typeOfCall('ROUND', decimal('2.345', 6)), decimalType(3, 0));
  assert.deepEqual(typeOfCall('ROUND', decimal('2.345', 6), int(1)), decimalType(6, 3));
  assert.equal(typeOfCall('ROUND', int(1)), sqlTypes.bigint);
  assert.deepEqual(typeOfCall('GREATEST', decimal('1.5', 4), decimal('1.255', 5)), decimalType(6, 3));
});

test('numbers of two types that widen to more than one are ambiguous', () => {
  assert.throws(() => callOrThrow('GREATEST', int(1), big(2)), /'greatest' cannot be resolved due to ambiguous/);
  assert.throws(
    () => callOrThrow('LEAST', text('a'), int(2)),
    /'least' does not accept parameters \(STRING, INTEGER\)/,
  );
});
