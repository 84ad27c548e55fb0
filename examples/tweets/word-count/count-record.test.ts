import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countedHeader, countIn } from './count-record.ts';

test('a count is read, what is none is not', () => {
  assert.equal(countIn(Buffer.from('{"word":"größe","wordCount":12,"createdAt":1800000000000}')), 12);
  for (const value of ['', 'null', '7', '{"wordCount":-1}', '{"wordCount":"7"}', '{"wordCount":1.5}']) {
    assert.equal(countIn(Buffer.from(value)), undefined, value);
  }
});

test('a header says which tweet a count was made by', () => {
  const { key, value } = countedHeader('topic-1', '2:4000000000');
  assert.deepEqual([key, String(value)], ['counted', 'topic-1/2:4000000000']);
});
