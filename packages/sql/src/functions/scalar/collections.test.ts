import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decimal } from '@headwater/serdes';
import { arrayType, decimalType, sqlTypes } from '../../types/sql-type.ts';
import { call, type Given, lambda, of } from '../testing/call-function.ts';

const { int, big, text, boolean } = of;
const { integer, string, double, bytes, boolean: flag } = sqlTypes;
const ints = (...values: (number | null)[]) => of.array(integer, values);
const noInts = of.array(integer, null);
const texts = (...values: (string | null)[]) => of.array(string, values);
const two = decimalType(4, 2);

const cases: [name: string, given: Given[], expected: unknown][] = [
  ['ARRAY_CONCAT', [ints(1, 2), ints(2)], [1, 2, 2]],
  ['ARRAY_CONCAT', [noInts, ints(2)], [2]],
  ['ARRAY_CONTAINS', [texts('a', null), text('a')], true],
  ['ARRAY_CONTAINS', [texts('a', null), text(null)], true],
  ['ARRAY_CONTAINS', [noInts, int(1)], false],
  ['ARRAY_CONTAINS', [of.array(two, [Decimal.parse('1.50')]), { type: two, value: Decimal.parse('1.50') }], true],
  ['ARRAY_DISTINCT', [ints(1, null, 1, null, 2)], [1, null, 2]],
  ['ARRAY_DISTINCT', [of.array(arrayType(integer), [[1], [1, 2], [1]])], [[1], [1, 2]]],
  ['ARRAY_EXCEPT', [ints(1, 2, 2, null), ints(1, null)], [2]],
  ['ARRAY_INTERSECT', [ints(1, 2, 2, null), ints(2, null)], [2, null]],
  ['ARRAY_UNION', [ints(1, 2, 1), ints(3, 2)], [1, 2, 3]],
  ['ARRAY_REMOVE', [ints(1, null, 1), int(1)], [null]],
  ['ARRAY_REMOVE', [ints(1, null, 1), int(null)], [1, 1]],
  ['ARRAY_LENGTH', [ints(1, null)], 2],
  ['ARRAY_MAX', [of.array(string, ['b', 'a', null])], 'b'],
  ['ARRAY_MIN', [of.array(flag, [true, false])], false],
  ['ARRAY_MAX', [of.array(two, [Decimal.parse('9.50'), Decimal.parse('10.00')])], Decimal.parse('10.00')],
  ['ARRAY_MIN', [ints()], null],
  ['ARRAY_SORT', [ints(3, null, 1), text('desc')], [3, 1, null]],
  ['ARRAY_SORT', [of.array(bytes, [Buffer.from('b'), Buffer.from('a')])], [Buffer.from('a'), Buffer.from('b')]],
  ['ARRAY_SORT', [ints(1), text('up')], null],
  ['ARRAY_JOIN', [of.array(double, [1, null, 2.5])], '1.0,null,2.5'],
  ['ARRAY_JOIN', [texts('a', 'b'), text(null)], 'ab'],
  ['ARRAY_JOIN', [of.array(arrayType(integer), [[1]]), text('')], null],
  ['ARRAY_JOIN', [of.array(arrayType(integer), [null])], 'null'],
  ['ARRAY_MAX', [of.array(arrayType(integer), [[1], [2]])], null],
  ['ARRAY_MAX', [of.array(arrayType(integer), [[1], null])], [1]],
  ['GENERATE_SERIES', [int(3), int(1)], [3, 2, 1]],
  ['GENERATE_SERIES', [big(9007199254740991), big(9007199254740992n)], [9007199254740991, 9007199254740992n]],
  ['GENERATE_SERIES', [int(1), int(8), int(3)], [1, 4, 7]],
  ['GENERATE_SERIES', [int(1), int(8), int(-3)], null],
  ['GENERATE_SERIES', [int(1), int(8), int(0)], null],
  ['GENERATE_SERIES', [int(-2147483648), int(2147483647)], null],
  ['SLICE', [texts('a', 'b', 'c'), int(2), int(3)], ['b', 'c']],
  ['SLICE', [texts('a', 'b', 'c'), int(null), int(2)], ['a', 'b']],
  ['SLICE', [texts('a', 'b', 'c'), int(2), int(4)], null],
  [
    'AS_MAP',
    [texts('a', 'b'), ints(1)],
    new Map<string, unknown>([
      ['a', 1],
      ['b', null],
    ]),
  ],
  [
    'ENTRIES',
    [of.map(integer, { b: 1, a: 2 }), boolean(true)],
    [
      ['a', 2],
      ['b', 1],
    ],
  ],
  ['MAP_KEYS', [of.map(integer, { b: 1, a: 2 })], ['a', 'b']],
  ['MAP_VALUES', [of.map(integer, { b: 1, a: null })], [null, 1]],
  [
    'MAP_UNION',
    [of.map(integer, { a: 1 }), of.map(integer, { a: 2, b: 3 })],
    new Map([
      ['a', 2],
      ['b', 3],
    ]),
  ],
  ['MAP_UNION', [of.map(integer, null), of.map(integer, { b: 3 })], new Map([['b', 3]])],
  ['TRANSFORM', [ints(1, 2), lambda(integer, (x: number) => x * 10)], [10, 20]],
  ['FILTER', [ints(1, 5, 9), lambda(flag, (x: number) => x > 4)], [5, 9]],
  ['FILTER', [ints(1, null), lambda(flag, (x: number | null) => (x === null ? null : x > 0))], null],
  [
    'FILTER',
    [of.map(integer, { a: 1, b: null }), lambda(flag, (k: string, _v: number) => k === 'a')],
    new Map([['a', 1]]),
  ],
  ['FILTER', [of.map(integer, { a: 1, b: null }), lambda(flag, (_k: string, _v: number) => true)], null],
  [
    'TRANSFORM',
    [
      of.map(integer, { a: null }),
      lambda(string, (k: string, _v: number) => k),
      lambda(integer, (_k: string, v: number) => v),
    ],
    null,
  ],
  ['REDUCE', [ints(1, 2, 3), int(10), lambda(integer, (s: number, x: number) => s + x)], 16],
  ['REDUCE', [noInts, int(10), lambda(integer, (s: number, x: number) => s + x)], 10],
  ['REDUCE', [ints(1), int(null), lambda(integer, (s: number, x: number) => s + x)], null],
  [
    'TRANSFORM',
    [
      of.map(integer, { a: 1 }),
      lambda(string, (k: string, _v: number) => `${k}!`),
      lambda(integer, (_k: string, v: number) => v + 1),
    ],
    new Map([['a!', 2]]),
  ],
  [
    'TRANSFORM',
    [
      of.map(integer, { a: 1, b: 2 }),
      lambda(string, (_k: string, _v: number) => 'same'),
      lambda(integer, (_k: string, v: number) => v),
    ],
    null,
  ],
  ['COALESCE', [text(null), text('x')], 'x'],
  ['IFNULL', [int(null), int(0)], 0],
  ['NULLIF', [ints(1, 2), ints(1, 2)], null],
  ['NULLIF', [int(1), int(null)], 1],
];

for (const [name, given, expected] of cases) {
  test(`${name}(${given.map((each) => ('value' in each ? String(each.value) : 'lambda')).join(' ; ')})`, () => {
    assert.deepEqual(call(name, ...given), expected);
  });
}
