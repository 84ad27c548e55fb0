import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSelfPreservation } from './read-settings.ts';

test('self-preservation as it is configured', () => {
  assert.deepEqual(readSelfPreservation(undefined), {});
  assert.deepEqual(readSelfPreservation('false'), { isEnabled: false });
  assert.deepEqual(
    readSelfPreservation({ threshold: '0.5', windowSeconds: 30, minimumInstances: 3, maximumSeconds: 60 }),
    {
      threshold: 0.5,
      windowMs: 30_000,
      minimumInstances: 3,
      maximumMs: 60_000,
    },
  );
  for (const wrong of [7, { threshold: 2 }, { windowSeconds: 0 }, { minimumInstances: true }, { treshold: 1 }]) {
    assert.throws(() => readSelfPreservation(wrong), /discovery\.selfPreservation.* must be /);
  }
});
