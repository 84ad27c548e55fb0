import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { Decimal, parseJson } from '@headwater/serdes';
import { arrayType, decimalType, mapType, type SqlType, sqlTypes, structType } from '../../types/sql-type.ts';
import { jsonFunction } from './value-json.ts';
import { valueOfResult } from './value-of-json.ts';

const cases: readonly (readonly [SqlType, unknown])[] = [
  [sqlTypes.boolean, false],
  [sqlTypes.integer, -7],
  [sqlTypes.bigint, 9_007_199_254_740_993n],
  [sqlTypes.bigint, 12],
  [sqlTypes.double, 1e22],
  [sqlTypes.double, Number.NaN],
  [sqlTypes.double, Number.NEGATIVE_INFINITY],
  [decimalType(6, 2), Decimal.parse('-12.30')],
  [sqlTypes.string, 'a "b"\n'],
  [sqlTypes.bytes, Buffer.from([0, 255, 7])],
  [sqlTypes.date, 19_000],
  [sqlTypes.time, 3_723_004],
  [sqlTypes.timestamp, 1_700_000_000_123],
  [arrayType(sqlTypes.integer), [1, null, 3]],
  [mapType(sqlTypes.string, sqlTypes.bigint), new Map([['a', 1]])],
  [mapType(sqlTypes.integer, sqlTypes.string), new Map([[5, 'x']])],
  [
    structType([
      { name: 'A b', type: sqlTypes.date },
      { name: 'C', type: sqlTypes.string },
    ]),
    [1, null],
  ],
  [sqlTypes.string, null],
];

test('values come back from results as they went in', () => {
  for (const [type, value] of cases) deepEqual(valueOfResult(type, parseJson(jsonFunction(type)(value))), value);
});
