import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowIdOf } from './row-id.ts';

test('the id of a row is a UUID of version 5, the same for the same record only', () => {
  const id = rowIdOf('twitter-analytics-topic', 0, 17);
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(rowIdOf('twitter-analytics-topic', 0, 17), id);
  assert.notEqual(rowIdOf('twitter-analytics-topic', 1, 17), id);
});
