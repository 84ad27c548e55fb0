import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Snowflake } from './snowflake.ts';

test('an id holds its time, its worker and a sequence, as the canonical ones do', () => {
  const ids = new Snowflake({ worker: 7, nowMs: () => 1_430_000_000_641 });
  const first = BigInt(ids.next());
  assert.equal(Number(first >> 22n) + 1_288_834_974_657, 1_430_000_000_641);
  assert.equal((first >> 12n) & 0x3ffn, 7n);
  assert.equal(BigInt(ids.next()), first + 1n);
});

test('ids grow and never repeat: many in a millisecond, and with a clock that steps back', () => {
  let nowMs = 1_800_000_000_000;
  const ids = new Snowflake({ nowMs: () => nowMs });
  let last = 0n;
  for (let i = 0; i < 30_000; i++) {
    if (i === 10_000) nowMs -= 60_000;
    if (i === 20_000) nowMs += 120_000;
    const id = BigInt(ids.next());
    assert.ok(id > last);
    last = id;
  }
  assert.ok(last < 2n ** 63n);
});

test('two lives of a process that start in the same millisecond are kept apart by their worker', () => {
  const nowMs = () => 1_800_000_000_000;
  assert.notEqual(new Snowflake({ worker: 1, nowMs }).next(), new Snowflake({ worker: 2, nowMs }).next());
});
