import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommitPace } from './commit-pace.ts';

test('commits come as often as asked, less often while they take long, and never less than the bound', () => {
  const pace = new CommitPace(100, 1_000);
  for (let i = 0; i < 20; i += 1) pace.committed(5);
  assert.equal(pace.intervalMs, 100);
  for (let i = 0; i < 40; i += 1) pace.committed(40);
  assert.equal(Math.round(pace.intervalMs), 400);
  for (let i = 0; i < 40; i += 1) pace.committed(3_000);
  assert.equal(pace.intervalMs, 1_000);
  for (let i = 0; i < 40; i += 1) pace.committed(5);
  assert.equal(pace.intervalMs, 100);
});

test('one long commit does not make the others wait long', () => {
  const pace = new CommitPace(100, 1_000);
  pace.committed(100);
  assert.equal(pace.intervalMs, 250);
});

test('an interval that was given stays', () => {
  const pace = new CommitPace(300, 300);
  pace.committed(3_000);
  assert.equal(pace.intervalMs, 300);
});
