import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countedHeader } from './count-record.ts';

test('a header says which tweet a count was made by', () => {
  const { key, value } = countedHeader('topic-1', '2:4000000000');
  assert.deepEqual([key, String(value)], ['counted', 'topic-1/2:4000000000']);
});
