import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatChartValue, unitOf } from '../../format/chart-value.ts';
import { lastOf, runsOf, valueAt, valueMarks } from '../../format/line-points.ts';
import { chartLines, stepOf } from './chart-lines.ts';
import { completions, nameBefore } from './complete.ts';

const line = { name: 'a', tone: 1, atMs: [0, 10, 20, 50, 60], values: [1, 2, Number.NaN, 4, 5] };

test('a line is broken where a step is missing and where there is no number', () => {
  assert.deepEqual(runsOf(line, 10), [
    [0, 2],
    [3, 5],
  ]);
  assert.deepEqual(runsOf({ ...line, atMs: [], values: [] }, 10), []);
});

test('a value is told where a point is near, and not in a gap', () => {
  assert.equal(valueAt(line, 11, 10), 2);
  assert.equal(valueAt(line, 35, 10), undefined);
  assert.equal(valueAt({ ...line, atMs: [], values: [] }, 35, 10), undefined);
  assert.deepEqual(lastOf({ ...line, values: [1, 2, 3, Number.NaN, Number.NaN] }), { value: 3, atMs: 20 });
});

test('marks of values are round and hold all of them', () => {
  for (const values of [
    [0, 97],
    [950, 1000],
    [-5, 5],
    [3, 3],
    [0, 0],
    [0.00012, 0.0009],
    [-3, -3],
  ]) {
    const marks = valueMarks([{ ...line, values }]);
    assert.ok(marks.length >= 2 && marks.length <= 8, `${values}: ${marks}`);
    assert.ok(marks[0]! <= Math.min(...values) && marks.at(-1)! >= Math.max(...values), `${values}: ${marks}`);
  }
  assert.deepEqual(valueMarks([]), [0, 1]);
});

test('lines are named by the labels that tell them apart', () => {
  const named = (...metrics: Record<string, string>[]): string[] =>
    chartLines(metrics.map((metric) => ({ metric, values: [[1, '1']] }))).map(({ name }) => name);
  assert.deepEqual(named({ __name__: 'up', job: 'x', part: 'sql' }, { __name__: 'up', job: 'x', part: 'rest' }), [
    'sql',
    'rest',
  ]);
  assert.deepEqual(named({}), ['value']);
  assert.deepEqual(named({ a: '1', b: '2' }, { a: '2' }), ['a=1 b=2', '2']);
  assert.equal(new Set(named({ a: '1' }, { b: '1' })).size, 2);
});

test('steps leave no more points than there is room for', () => {
  assert.equal(stepOf(3_600_000), 15_000);
  for (const days of [1, 7, 400]) assert.ok((days * 86_400_000) / stepOf(days * 86_400_000) <= 240);
});

test('names are completed outside of braces and quotes', () => {
  assert.deepEqual(nameBefore('rate(http_ser', 13), { from: 5, name: 'http_ser' });
  assert.equal(nameBefore('up{jo', 5), null);
  assert.equal(nameBefore('up{job="a"} + ', 14), null);
  assert.deepEqual(completions(['a_up', 'up', 'upper'], 'up', 9), ['upper', 'a_up']);
});

test('values have the unit of what is asked', () => {
  assert.equal(formatChartValue(0.0123, 'seconds'), '12.3 ms');
  assert.equal(formatChartValue(0.062, 'ratio'), '6.2 %');
  assert.equal(formatChartValue(64_000_000, 'bytes'), '64.0 MB');
  assert.equal(unitOf('histogram_quantile(0.95, sum by (le) (rate(x_seconds_bucket[1m])))'), 'seconds');
  assert.equal(unitOf('sum(rate(x_total[1m])) / sum(rate(y_total[1m]))'), 'ratio');
  assert.equal(unitOf('sum(rate(x_total[1m]))'), 'per second');
  assert.equal(unitOf('process_resident_memory_bytes'), 'bytes');
  assert.equal(unitOf('up'), 'none');
});
