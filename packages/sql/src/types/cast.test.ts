import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decimal } from '@headwater/serdes';
import { castFunction, castType } from './cast.ts';
import { arrayType, decimalType, mapType, type SqlType, sqlTypes, structType } from './sql-type.ts';

const { bigint, boolean, bytes, date, double, integer, string, time, timestamp } = sqlTypes;

const cases: [SqlType, SqlType, unknown, unknown][] = [
  [string, integer, ' 12 ', 12],
  [string, integer, '+7', 7],
  [string, bigint, '9007199254740993', 9007199254740993n],
  [string, double, '1e3', 1000],
  [string, decimalType(4, 2), '1.005', Decimal.parse('1.01')],
  [string, boolean, 'YE', true],
  [string, boolean, 'other', false],
  [string, bytes, 'IQ==', Buffer.from('!')],
  [string, date, '1970-02', 31],
  [double, integer, -3.9, -3],
  [double, integer, 1e20, 2147483647],
  [double, bigint, 2 ** 60, 1152921504606846976n],
  [double, bigint, Number.NaN, 0],
  [double, decimalType(2, 1), 0.99, Decimal.parse('1.0')],
  [bigint, integer, 4294967297, 1],
  [bigint, double, 9007199254740993n, 9007199254740992],
  [decimalType(4, 2), integer, Decimal.parse('-3.99'), -3],
  [decimalType(4, 2), string, Decimal.parse('0.50'), '0.50'],
  [integer, decimalType(2, 1), 9, Decimal.parse('9.0')],
  [double, string, 1e10, '1.0E10'],
  [boolean, string, true, 'true'],
  [bytes, string, Buffer.from('abc'), 'YWJj'],
  [timestamp, date, -1, -1],
  [timestamp, time, -1, 86_399_999],
  [timestamp, string, 10, '1970-01-01T00:00:00.010'],
  [date, timestamp, 2, 172_800_000],
  [arrayType(integer), string, [1, null, 3], '[1, null, 3]'],
  [mapType(string, double), string, new Map([['a', 1]]), '{a=1.0}'],
  [
    structType([
      { name: 'A', type: integer },
      { name: 'b', type: string },
    ]),
    string,
    [1, 'x'],
    'Struct{A=1,b=x}',
  ],
  [arrayType(bigint), arrayType(string), [1, null], ['1', null]],
  [mapType(string, string), mapType(string, integer), new Map([['a', '5']]), new Map([['a', 5]])],
  [
    structType([{ name: 'A', type: integer }]),
    structType([
      { name: 'B', type: string },
      { name: 'A', type: string },
    ]),
    [1],
    [null, '1'],
  ],
];

test('values become those of the other type', () => {
  for (const [from, to, value, expected] of cases) {
    assert.deepEqual(castFunction(from, to)(value), expected, `${from.kind} to ${to.kind}`);
  }
});

test('what does not fit or is no text of the type throws', () => {
  for (const [from, to, value] of [
    [string, integer, '1.5'],
    [string, integer, '2147483648'],
    [string, decimalType(4, 2), '1e99999'],
    [string, bigint, '9223372036854775808'],
    [string, bytes, '!'],
    [integer, decimalType(2, 1), 10],
    [double, decimalType(2, 1), 9.99],
  ] as const) {
    assert.throws(() => castFunction(from, to)(value));
  }
});

test('a CAST that there is none of is refused where it is typed', () => {
  assert.throws(() => castType(string, mapType(string, integer)), {
    code: 'HW_SQL_STATEMENT',
    message: 'Cast of STRING to MAP<STRING, INTEGER> is not supported',
  });
  assert.throws(() => castType(boolean, integer), /not supported/);
  assert.equal(castType(null, date), date);
});
