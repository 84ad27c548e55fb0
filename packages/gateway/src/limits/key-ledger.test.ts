import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyLedger } from './key-ledger.ts';
import type { Limit } from './limit.ts';

const limit: Limit = {
  id: 'r 1/2/1 user',
  route: 'r',
  resolver: 'user',
  replenishRate: 1,
  burstCapacity: 2,
  requestedTokens: 1,
};

test('keys are bounded: the one seen longest ago goes, and is counted when its bucket was not full again', () => {
  const ledger = new KeyLedger(2);
  const a = ledger.entry(limit, 'a', 0, 1);
  a.last = { isAllowed: true, remaining: 1, retryAfterMs: 0, fullAfterMs: 1_000, source: 'memory' };
  ledger.entry(limit, 'b', 1, 1);
  assert.equal(ledger.entry(limit, 'a', 2, 1), a);
  ledger.entry(limit, 'c', 3, 1);
  assert.deepEqual(
    [...ledger.recent()].map(({ key }) => key),
    ['c', 'a'],
  );
  assert.equal(ledger.forgotten, 0);
  ledger.entry(limit, 'd', 4, 1);
  assert.equal(ledger.forgotten, 1);
  assert.equal(ledger.size, 2);
});

test('removed by route and key', () => {
  const ledger = new KeyLedger(10);
  const other = { ...limit, id: 's', route: 's' };
  for (const key of ['a', 'b']) for (const each of [limit, other]) ledger.entry(each, key, 0, 1);
  assert.equal(ledger.remove('r', 'a').length, 1);
  assert.equal(ledger.remove(undefined, 'b').length, 2);
  assert.equal(ledger.remove(undefined, undefined).length, 1);
});
