import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { silentLogger } from '@headwater/logger';
import { ManualClock } from '../testing/manual-clock.ts';
import { Outbox, type Parcel } from './outbox.ts';

function world(options: { fails?: (parcel: Parcel) => boolean; isKept?: boolean } = {}) {
  const clock = new ManualClock();
  const kept = new Map<string, Parcel>();
  const attempts: string[] = [];
  const dropped: string[] = [];
  const outbox = new Outbox({
    clock,
    logger: silentLogger,
    send: async (parcel) => {
      const { name } = parcel.body as { name: string };
      attempts.push(`${name} ${parcel.id === ids.get(name) ? 'same' : 'new'}`);
      ids.set(name, parcel.id);
      if (options.fails?.(parcel)) throw new Error('refused');
    },
    keep: (id, parcel) => void (parcel === null ? kept.delete(id) : kept.set(id, parcel)),
    kept: () => (options.isKept === false ? new Promise(() => {}) : Promise.resolve()),
    onDropped: (_parcel, why) => dropped.push(why),
    random: () => 1,
  });
  const ids = new Map<string, string>();
  const settle = async (): Promise<void> => {
    for (let count = 0; count < 20; count++) await turn();
  };
  return {
    clock,
    kept,
    attempts,
    dropped,
    outbox,
    settle,
    put: (lane: string, order: string, name: string) => outbox.put(lane, order, { name }),
    pass: async (ms: number) => {
      clock.advance(ms);
      await settle();
    },
  };
}

test('what is refused is tried again under its id, with a longer and longer back-off, and forgotten when it is taken', async () => {
  let isRefused = true;
  const { attempts, kept, outbox, pass, put, settle } = world({ fails: () => isRefused });
  put('a', 'g', 'one');
  await settle();
  assert.deepEqual(attempts, ['one new']);
  await pass(499);
  assert.equal(attempts.length, 1);
  await pass(1);
  assert.deepEqual(attempts, ['one new', 'one same']);
  await pass(999);
  assert.equal(attempts.length, 2);
  isRefused = false;
  await pass(1);
  assert.equal(attempts.length, 3);
  assert.equal(kept.size, 0);
  assert.equal(outbox.lanes()[0]!.waiting, 0);
});

test('a receiver that fails holds up neither others nor, of its own, other groups', async () => {
  const { attempts, pass, put, settle } = world({ fails: ({ body }) => (body as { name: string }).name === 'bad' });
  put('a', 'g1', 'bad');
  put('a', 'g1', 'after bad');
  put('a', 'g2', 'good');
  put('b', 'g1', 'elsewhere');
  await settle();
  await pass(5_000);
  assert.ok(attempts.includes('elsewhere new'));
  assert.ok(attempts.includes('good new'));
  assert.ok(!attempts.includes('after bad new'), 'one after the other within a group');
});

test('when it cannot be kept it is sent all the same, a second later', async () => {
  const { attempts, pass, put, settle } = world({ isKept: false });
  put('a', 'g', 'one');
  await settle();
  assert.equal(attempts.length, 0);
  await pass(1_000);
  assert.equal(attempts.length, 1);
});

test('one too many and what is a day old are given up, and told', async () => {
  const { clock, dropped, kept, outbox, pass, put, settle } = world({ fails: () => true });
  for (let index = 0; index < 10_001; index++) put('a', `g${index}`, 'x');
  await settle();
  assert.equal(dropped.length, 1);
  assert.equal(kept.size, 10_000);
  assert.equal(outbox.lanes()[0]!.dropped, 1);
  clock.advance(25 * 3_600_000);
  await settle();
  await pass(60_000);
  assert.equal(kept.size, 0);
});

test('what was kept before a restart is sent in its order', async () => {
  const { attempts, clock, outbox, settle } = world();
  const parcel = (name: string, createdMs: number): Parcel => ({
    id: name,
    lane: 'a',
    order: 'g',
    body: { name },
    createdMs,
  });
  outbox.restore([parcel('second', clock.nowMs() - 1), parcel('first', clock.nowMs() - 2)]);
  await settle();
  assert.deepEqual(attempts, ['first new', 'second new']);
  await outbox.close();
  await outbox.close();
});
