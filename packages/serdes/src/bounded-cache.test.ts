import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BoundedCache } from './bounded-cache.ts';

test('what was used last stays when the bound is reached', () => {
  const cache = new BoundedCache<string, number>(3);
  for (const [index, key] of ['a', 'b', 'c'].entries()) cache.set(key, index);
  cache.get('a');
  cache.set('d', 3);
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((key) => cache.get(key)),
    [0, undefined, 2, 3],
  );
  assert.equal(cache.size, 3);
});

test('several that ask at once are served by one fetch, and a failure is not kept', async () => {
  const cache = new BoundedCache<string, string>(10);
  let fetches = 0;
  const fetch = async (): Promise<string> => {
    if (++fetches === 1) throw new Error('away');
    return 'here';
  };
  const first = await Promise.allSettled([cache.fetch('k', fetch), cache.fetch('k', fetch)]);
  assert.deepEqual(
    first.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.equal(fetches, 1);
  assert.deepEqual(await Promise.all([cache.fetch('k', fetch), cache.fetch('k', fetch)]), ['here', 'here']);
  assert.equal(await cache.fetch('k', fetch), 'here');
  assert.equal(fetches, 2);
});
