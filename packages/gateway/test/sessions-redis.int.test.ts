import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@headwater/logger';
import { MemoryStore } from '../src/auth/sessions/memory-store.ts';
import { RedisStore } from '../src/auth/sessions/redis-store.ts';
import type { StateStore } from '../src/auth/sessions/state-store.ts';
import { RedisLink } from '../src/redis/redis-link.ts';
import { RedisServer, redisMissing } from './redis-server.ts';

/** What both stores do alike: `second` is another gateway's view of the same store. */
async function contract(first: StateStore, second: StateStore): Promise<void> {
  const hour = 3_600_000;
  await first.set('session', 'one', { name: 'ada' }, hour);
  assert.deepEqual(await second.get('session', 'one'), { name: 'ada' });
  assert.equal(await second.get('login', 'one'), undefined);
  assert.equal(await second.get('session', 'two'), undefined);
  await second.set('session', 'one', { name: 'grace' }, hour);
  assert.deepEqual(await first.get('session', 'one'), { name: 'grace' });
  await first.set('login', 'once', { state: 'x' }, hour);
  const taken = await Promise.all([first.take('login', 'once'), second.take('login', 'once')]);
  assert.equal(taken.filter((value) => value !== undefined).length, 1);
  await first.set('session', 'two', { name: 'ada' }, hour);
  await first.index('sub:ada', 'two', hour);
  await first.index('sub:ada', 'one', hour);
  await first.index('sid:p', 'two', hour);
  assert.equal(await second.deleteIndexed('sid:p'), 1);
  assert.equal(await first.get('session', 'two'), undefined);
  assert.ok(await first.get('session', 'one'));
  await second.deleteIndexed('sub:ada');
  assert.equal(await first.get('session', 'one'), undefined);
  assert.equal(await first.deleteIndexed('sub:nobody'), 0);

  const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const held = first.exclusive('s', async () => {
    begin();
    await finished;
    return 'done';
  });
  await begun;
  assert.equal(await second.exclusive('s', async () => assert.fail('two at once')), undefined);
  assert.equal(await second.exclusive('other', async () => 'other'), 'other');
  finish();
  assert.equal(await held, 'done');
  await assert.rejects(
    first.exclusive('s', async () => {
      throw new Error('failed');
    }),
    /failed/,
  );
  assert.equal(await second.exclusive('s', async () => 'free again'), 'free again');
}

test('sessions in memory keep the contract', async () => {
  const store = new MemoryStore({ maxSessions: 10, now: Date.now });
  await contract(store, store);
});

test('sessions in Redis keep it over two gateways; what was changed there opens nothing', {
  skip: redisMissing,
}, async (t) => {
  const redis = await RedisServer.start();
  const links = [0, 1].map(() => new RedisLink({ url: redis.url, timeoutMs: 5_000, logger: silentLogger }));
  t.after(async () => {
    for (const link of links) link.close();
    await redis.down();
  });
  for (const link of links) await link.start();
  const [first, second] = links.map((link) => new RedisStore(link)) as [RedisStore, RedisStore];
  await contract(first, second);
  await first.set('session', 'mine', { name: 'ada' }, 60_000);
  const [keys] = [(await links[0]!.send('KEYS', 'headwater:session:*')) as string[]];
  assert.equal(keys.length, 1);
  const sealed = String(await links[0]!.send('GET', keys[0]!));
  await links[0]!.send('SET', keys[0]!, `${sealed.slice(0, -6)}AAAA==`);
  assert.equal(await second.get('session', 'mine'), undefined);
});
