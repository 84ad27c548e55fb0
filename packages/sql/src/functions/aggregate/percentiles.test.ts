import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sqlTypes } from '../../types/sql-type.ts';
import { aggregated, aggregatorOf, of } from '../testing/call-function.ts';

const { double } = sqlTypes;

/** The value of the nearest rank. */
function exact(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
}

function isNear(found: unknown, wanted: number): boolean {
  return Math.abs((found as number) - wanted) <= Math.abs(wanted) * 0.010_001;
}

test('PERCENTILES are within one percent of a value that is there, whatever the values are', () => {
  const seed = 20_261_122;
  let state = seed;
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const shares = [0, 0.5, 0.95, 0.99, 1];
  for (const draw of [
    () => random() * 100,
    () => 10 ** (random() * 12 - 4),
    () => -Math.log(1 - random()) * 30 - 20,
    () => Math.floor(random() * 3),
  ]) {
    const values = Array.from({ length: 500 }, draw);
    const aggregator = aggregatorOf(
      'PERCENTILES',
      [double],
      shares.map((share) => of.double(share)),
    );
    const found = aggregated(
      aggregator,
      values.map((value) => [value]),
    ).at(-1) as number[];
    for (const [at, share] of shares.entries())
      assert.ok(
        isNear(found[at], exact(values, share)),
        `seed ${seed}, ${share}: ${found[at]}, ${exact(values, share)}`,
      );
  }
});

test('PERCENTILES can be undone and merged; of nothing there are none', () => {
  const aggregator = aggregatorOf('PERCENTILES', [double], [of.double(0.5)]);
  assert.deepEqual(aggregated(aggregator, [[null]]), [[null]]);
  const results = aggregated(aggregator, [
    [10],
    [1_000],
    [1_000],
    { undo: [1_000] },
    { undo: [1_000] },
    { undo: [10] },
  ]);
  for (const [at, wanted] of [10, 10, 1_000, 10, 10].entries())
    assert.ok(isNear((results[at] as number[])[0], wanted), `${at}: ${results[at]}`);
  assert.deepEqual(results.at(-1), [null]);
  const stateOf = (...values: number[]) =>
    values.reduce((state: unknown, value) => aggregator.add(state, value), aggregator.initial());
  assert.deepEqual(aggregator.merge(stateOf(5, 1, 7), stateOf(1, 9)), stateOf(1, 1, 5, 7, 9));
});

test('a share that is none is refused', () => {
  assert.throws(() => aggregatorOf('PERCENTILES', [double], [of.double(95)]), /write 0.95 for the 95th percentile/);
});
