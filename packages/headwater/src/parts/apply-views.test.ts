import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chosenViews } from './apply-views.ts';

test('views come with a part or an example, unless a setting names a file or none', () => {
  const files = ['/there/a.sql', '/there/b.sql'];
  assert.deepEqual(chosenViews(files, undefined, '/here'), files);
  assert.deepEqual(chosenViews(files, 'mine.sql', '/here'), ['/here/mine.sql']);
  for (const none of ['none', false]) assert.deepEqual(chosenViews(files, none, '/here'), []);
  assert.deepEqual(chosenViews([], 'mine.sql', '/here'), []);
});
