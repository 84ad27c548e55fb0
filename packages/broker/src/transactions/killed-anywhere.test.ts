import { test } from 'node:test';
import { dieEverywhere } from './testing/die-everywhere.ts';

test('killed at some write, a transaction is there as a whole or not at all', (t) => dieEverywhere(t, 12, false));

test('with flush.messages=1 the same holds for power cuts', (t) =>
  dieEverywhere(t, 24, true, { 'log.flush.interval.messages': 1 }));
