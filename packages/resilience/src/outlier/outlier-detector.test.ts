import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../clock.ts';
import type { OutlierConfig } from './outlier-config.ts';
import { type OutlierChange, OutlierDetector } from './outlier-detector.ts';

function detector(ids: readonly string[], config: Partial<OutlierConfig> = {}) {
  const clock = new ManualClock(5_000);
  const changes: OutlierChange[] = [];
  const outliers = new OutlierDetector(config, {
    clock,
    random: () => 0.5,
    onChange: (change) => changes.push(change),
  });
  outliers.update(ids);
  const answer = (id: string, status: number, count: number): void => {
    for (let i = 0; i < count; i++) outliers.record(id, status);
  };
  return { outliers, clock, changes, answer };
}

test('five answers of 5xx in a row eject, a good one between starts anew', () => {
  const { outliers, answer, changes } = detector(['a', 'b']);
  answer('a', 500, 4);
  answer('a', 404, 1);
  answer('a', 503, 4);
  assert.ok(!outliers.isEjected('a'));
  answer('a', 500, 1);
  assert.ok(outliers.isEjected('a') && outliers.hasEjected);
  assert.deepEqual(changes[0], {
    id: 'a',
    change: 'ejected',
    cause: 'consecutive5xx',
    atMs: 5_000,
    reason: '5 answers of 5xx in a row',
  });
});

test('it returns with the first look after its time, and each ejection is longer, up to the bound', () => {
  const { outliers, clock, answer } = detector(['a'], { maxEjectionTimeMs: 70_000 });
  const looks: number[] = [];
  for (let ejection = 0; ejection < 4; ejection++) {
    answer('a', 500, 5);
    let count = 0;
    while (outliers.isEjected('a')) {
      clock.advance(10_000);
      count++;
    }
    looks.push(count);
  }
  assert.deepEqual(looks, [3, 6, 7, 7], '30, 60, 70, 70 seconds');
});

test('good intervals shorten the next ejection', () => {
  const { outliers, clock, answer } = detector(['a']);
  answer('a', 500, 5);
  clock.advance(30_000);
  answer('a', 500, 5);
  clock.advance(60_000);
  assert.ok(!outliers.isEjected('a'));
  clock.advance(20_000);
  answer('a', 500, 5);
  const [state] = outliers.states();
  assert.equal(state!.ejectedUntilMs! - state!.ejectedAtMs!, 30_000);
  assert.equal(state!.ejections, 3);
});

test('no more than the share is ejected, but one always may be', () => {
  const { outliers, answer } = detector(['a', 'b', 'c', 'd'], { maxEjectionPercent: 50 });
  for (const id of ['a', 'b', 'c']) answer(id, 500, 5);
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((id) => outliers.isEjected(id)),
    [true, true, false, false],
  );
  const { outliers: small, answer: answerSmall } = detector(['a', 'b']);
  for (const id of ['a', 'b']) answerSmall(id, 500, 5);
  assert.deepEqual(
    ['a', 'b'].map((id) => small.isEjected(id)),
    [true, false],
  );
  const { outliers: none, answer: answerNone } = detector(['a', 'b'], { alwaysEjectOneHost: false });
  answerNone('a', 500, 50);
  assert.ok(!none.hasEjected);
});

test("success rates: Envoy's own example, 50 among four of 100, has its bound at 52", () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const { outliers, clock, answer, changes } = detector(ids, { maxEjectionPercent: 50 });
  const interval = (failuresOfHundred: Record<string, number>): void => {
    for (const id of ids)
      for (let i = 0; i < 200; i++)
        outliers.record(id, i % 2 === 1 && i < 2 * (failuresOfHundred[id] ?? 0) ? 500 : 200);
    clock.advance(10_000);
    outliers.tick();
  };
  interval({ a: 100, b: 80 });
  assert.ok(!outliers.hasEjected, '50 and 60: the bound is at 39.7');
  interval({ a: 100 });
  assert.ok(outliers.isEjected('a'));
  assert.equal(changes[0]?.reason, '50 % of its answers were good, the mean is 90 %, the bound 52 %');
  answer('b', 200, 99);
  clock.advance(10_000);
  assert.equal(outliers.states()[1]!.successRate, 100);
});

test('failures in percent and gateway failures eject only when enforced', () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  for (const [enforced, expected] of [
    [0, false],
    [100, true],
  ] as const) {
    const { outliers, clock } = detector(ids, {
      consecutive5xx: 1_000,
      enforcingSuccessRate: 0,
      enforcingFailurePercentage: enforced,
    });
    for (const id of ids) for (let i = 0; i < 50; i++) outliers.record(id, id === 'a' && i >= 7 ? 500 : 200);
    clock.advance(10_000);
    assert.equal(outliers.isEjected('a'), expected);
    const gateway = detector(ids, { consecutive5xx: 1_000, enforcingConsecutiveGatewayFailure: enforced });
    gateway.answer('a', 502, 4);
    gateway.answer('a', 500, 1);
    gateway.answer('a', 504, 4);
    assert.ok(!gateway.outliers.isEjected('a'));
    gateway.answer('a', 503, 1);
    assert.equal(gateway.outliers.isEjected('a'), expected);
  }
});

test('by hand, gone and come back, unknown', () => {
  const { outliers, changes, answer } = detector(['a', 'b']);
  assert.ok(outliers.setEjected('a', true));
  assert.ok(!outliers.setEjected('x', true));
  answer('x', 500, 50);
  outliers.update(['b']);
  assert.ok(!outliers.hasEjected);
  outliers.update(['a', 'b']);
  assert.ok(!outliers.isEjected('a'), 'an endpoint that was gone is a new one');
  outliers.setEjected('b', true, 'an operator');
  outliers.setEjected('b', false, 'an operator');
  assert.deepEqual(
    changes.map(({ id, change }) => `${id} ${change}`),
    ['a ejected', 'b ejected', 'b returned'],
  );
  assert.throws(() => new OutlierDetector({ maxEjectionPercent: 101 }), { code: 'HW_RESILIENCE_CONFIG' });
  assert.throws(() => new OutlierDetector({ maxEjectionTimeMs: 1 }), /must not be below/);
});

test('looks that nobody waited for happen when they were due', () => {
  const { outliers, clock, changes, answer } = detector(['a']);
  answer('a', 500, 5);
  clock.advance(1_000_000_000);
  assert.ok(!outliers.isEjected('a'));
  assert.equal(changes[1]?.change, 'returned');
});
