import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { Decimal, parseJson } from '@headwater/serdes';
import { parseType } from '../syntax/parse.ts';
import { readValue } from './read-value.ts';

const read = (type: string, json: string) => readValue(parseType(type))(parseJson(json));

test('values of results by their types', () => {
  equal(read('BIGINT', '9007199254740993'), 9007199254740993n);
  equal(read('BIGINT', '5'), 5);
  deepEqual(read('DECIMAL(30, 2)', '12345678901234567890.5'), Decimal.parse('12345678901234567890.50'));
  equal(read('DOUBLE', '1.0E10'), 1e10);
  equal(Number.isNaN(read('DOUBLE', '"NaN"')), true);
  deepEqual(read('BYTES', '"aGk="'), Buffer.from('hi'));
  equal(read('TIMESTAMP', '"2024-01-01T00:00:00.000"'), '2024-01-01T00:00:00.000');
  deepEqual(read('ARRAY<BIGINT>', '[1,null,9007199254740993]'), [1, null, 9007199254740993n]);
  deepEqual(read('MAP<STRING, DECIMAL(3, 1)>', '{"a":1.5}'), { a: Decimal.parse('1.5') });
  deepEqual(read('STRUCT<a BIGINT, b ARRAY<STRUCT<c BYTES>>>', '{"A":1,"B":[{"C":"aGk="}]}'), {
    A: 1,
    B: [{ C: Buffer.from('hi') }],
  });
});
