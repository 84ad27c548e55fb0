import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decimal } from '@headwater/serdes';
import { arrayType, decimalType, isSameType, mapType, sqlTypes } from '../../types/sql-type.ts';
import { aggregated, aggregatorOf, of } from '../testing/call-function.ts';

const { integer, bigint, double, string } = sqlTypes;
const undo = (...values: unknown[]): { undo: unknown[] } => ({ undo: values });

test('COUNT counts rows, or values that are not null', () => {
  assert.deepEqual(aggregated(aggregatorOf('COUNT', []), [[], [], undo()]), [1, 2, 1]);
  assert.deepEqual(aggregated(aggregatorOf('COUNT', [string]), [['a'], [null], ['b'], undo('a')]), [1, 1, 2, 1]);
});

test('SUM adds, leaves nulls out, and overflows as Java does', () => {
  assert.deepEqual(
    aggregated(aggregatorOf('SUM', [integer]), [[null], [2147483647], [1], undo(1)]),
    [0, 2147483647, -2147483648, 2147483647],
  );
  assert.deepEqual(aggregated(aggregatorOf('SUM', [bigint]), [[9007199254740991], [2]]), [
    9007199254740991,
    9007199254740993n,
  ]);
  const sum = aggregatorOf('SUM', [decimalType(3, 1)]);
  assert.equal(String(aggregated(sum, [[Decimal.parse('99.9')]])[0]), '99.9');
  assert.throws(() => aggregated(sum, [[Decimal.parse('99.9')], [Decimal.parse('0.1')]]), /overflow/);
  assert.deepEqual(
    aggregated(aggregatorOf('SUM_LIST', [arrayType(integer)]), [[[1, null, 2]], [null], undo([1])]),
    [3, 3, 2],
  );
});

test('AVG and deviations can be undone and merged', () => {
  assert.deepEqual(aggregated(aggregatorOf('AVG', [integer]), [[1], [4], [null], undo(1)]), [1, 2.5, 2.5, 4]);
  const deviation = aggregatorOf('STDDEV_SAMPLE', [double]);
  const rows = [2, 4, 4, 4, 5, 5, 7, 9].map((value) => [value]);
  const expected = Math.sqrt(32 / 7);
  assert.ok(Math.abs((aggregated(deviation, rows).at(-1) as number) - expected) < 1e-12);
  assert.ok(Math.abs((aggregated(deviation, [...rows, [100], undo(100)]).at(-1) as number) - expected) < 1e-9);
  const half = (from: number): unknown =>
    rows.slice(from, from + 4).reduce((state: unknown, row) => deviation.add(state, ...row), deviation.initial());
  assert.ok(Math.abs((deviation.result(deviation.merge(half(0), half(4))) as number) - expected) < 1e-12);
  assert.ok(Math.abs((aggregated(aggregatorOf('STDDEV_SAMP', [integer]), rows).at(-1) as number) - 32 / 7) < 1e-12);
});

test('CORRELATION is 1 for points on a line, and leaves rows with nulls out', () => {
  const correlation = aggregatorOf('CORRELATION', [integer, bigint]);
  assert.deepEqual(aggregated(correlation, [[1, 2], [2, 4], [null, 5], [3, 7], undo(3, 7)]).slice(1, 3), [1, 1]);
});

test('MAX and MIN order all types', () => {
  assert.deepEqual(aggregated(aggregatorOf('MAX', [string]), [[null], ['b'], ['a'], ['c']]), [null, 'b', 'b', 'c']);
  assert.deepEqual(aggregated(aggregatorOf('MIN', [bigint]), [[9007199254740993n], [null], [3]]), [
    9007199254740993n,
    9007199254740993n,
    3,
  ]);
  assert.equal(aggregatorOf('MAX', [integer]).undo, null);
});

test('lists and sets keep their order and their limit', () => {
  const list = aggregatorOf('COLLECT_LIST', [integer], [], { 'ksql.functions.collect_list.limit': '3' });
  assert.deepEqual(aggregated(list, [[1], [null], [1], [2]]).at(-1), [1, null, 1]);
  assert.deepEqual(aggregated(list, [[1], [2], [1], undo(1)]).at(-1), [1, 2]);
  assert.deepEqual(list.result(list.merge([1, 2], [3, 4])), [1, 2, 3]);
  const set = aggregatorOf('COLLECT_SET', [arrayType(integer)]);
  assert.deepEqual(aggregated(set, [[[1]], [[2]], [[1]], [null], [null]]).at(-1), [[1], [2], null]);
});

test('results do not change when more rows come', () => {
  const list = aggregatorOf('COLLECT_LIST', [integer]);
  const [first] = aggregated(list, [[1], [2]]);
  assert.deepEqual(first, [1]);
});

test('HISTOGRAM counts texts', () => {
  const rows = [['a'], ['b'], ['a'], undo('b')];
  assert.deepEqual(aggregated(aggregatorOf('HISTOGRAM', [string]), rows).at(-1), new Map([['a', 2]]));
});

test('ATTR is null while there are several values', () => {
  assert.deepEqual(aggregated(aggregatorOf('ATTR', [string]), [['a'], ['a'], ['b'], undo('b'), [null]]), [
    'a',
    'a',
    null,
    'a',
    null,
  ]);
});

test('COUNT_DISTINCT is exact for few, near for many, and merges', () => {
  const distinct = aggregatorOf('COUNT_DISTINCT', [integer]);
  const state = (from: number, to: number): unknown => {
    let next = distinct.initial();
    for (let value = from; value < to; value++) next = distinct.add(next, value);
    return next;
  };
  let few = state(0, 1000);
  for (let value = 500; value < 1000; value++) few = distinct.add(few, value);
  assert.equal(distinct.result(few), 1000);
  assert.equal(distinct.result(distinct.merge(state(0, 300), state(200, 500))), 500);
  for (const many of [
    state(0, 60_000),
    distinct.merge(state(0, 40_000), state(20_000, 60_000)),
    distinct.merge(state(0, 900), state(0, 60_000)),
  ]) {
    assert.ok(Math.abs((distinct.result(many) as number) - 60_000) < 1800, String(distinct.result(many)));
  }
});

test('TOPK keeps the greatest, TOPKDISTINCT each once', () => {
  const values = [[3], [null], [1], [3], [5], [2]];
  assert.deepEqual(aggregated(aggregatorOf('TOPK', [integer], [of.int(3)]), values).at(-1), [5, 3, 3]);
  const distinct = aggregatorOf('TOPKDISTINCT', [integer], [of.int(3)]);
  assert.deepEqual(aggregated(distinct, values).at(-1), [5, 3, 2]);
  assert.deepEqual(distinct.result(distinct.merge([5, 3], [5, 4, 1])), [5, 4, 3]);
  const rows = aggregatorOf('TOPK', [integer, string], [of.int(2)]);
  assert.deepEqual(
    aggregated(rows, [
      [1, 'a'],
      [7, null],
      [7, 'c'],
      [null, 'd'],
    ]).at(-1),
    [
      [7, null],
      [7, 'c'],
    ],
  );
  assert.throws(() => aggregatorOf('TOPK', [integer], [of.int(0)]), /from 1 to/);
  assert.throws(() => aggregatorOf('TOPK', [integer, integer]), /must be a literal constant/);
});

test('EARLIEST_BY_OFFSET and LATEST_BY_OFFSET leave nulls out unless they are told not to', () => {
  const rows = [[null], [1], [null], [2]];
  assert.deepEqual(aggregated(aggregatorOf('EARLIEST_BY_OFFSET', [integer]), rows), [null, 1, 1, 1]);
  assert.deepEqual(aggregated(aggregatorOf('EARLIEST_BY_OFFSET', [integer], [of.boolean(false)]), rows), [
    null,
    null,
    null,
    null,
  ]);
  assert.deepEqual(aggregated(aggregatorOf('LATEST_BY_OFFSET', [integer]), rows), [null, 1, 1, 2]);
  assert.deepEqual(
    aggregated(aggregatorOf('LATEST_BY_OFFSET', [integer], [of.int(2), of.boolean(false)]), rows).at(-1),
    [null, 2],
  );
  assert.deepEqual(aggregated(aggregatorOf('EARLIEST_BY_OFFSET', [integer], [of.int(2)]), rows).at(-1), [1, 2]);
  const latest = aggregatorOf('LATEST_BY_OFFSET', [integer]);
  const [one, other] = [latest.add(latest.initial(), 1), latest.add(latest.initial(), 2)];
  assert.equal(latest.result(latest.merge(other, one)), 2);
  assert.equal(latest.result(latest.merge(one, latest.initial())), 1);
});

test('states have the types that changelogs need', () => {
  assert.ok(isSameType(aggregatorOf('HISTOGRAM', [string]).stateType, mapType(string, bigint)));
  assert.equal(aggregatorOf('AVG', [integer]).stateType.kind, 'STRUCT');
});
