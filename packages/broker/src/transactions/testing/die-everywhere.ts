import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { ErrorCode } from '@headwater/protocol';
import type { FaultFiles } from '../../storage/index.ts';
import { SeededRandom } from '../../storage/testing/seeded-random.ts';
import { TransactionWorld } from './transaction-world.ts';

type Plan = NonNullable<FaultFiles['plan']>;

/** What the clients know when the broker dies. */
interface Known {
  /** Ends that were asked for, in order, and whether the answer came. */
  ends: { name: string; isCommit: boolean; isAnswered: boolean }[];
  producerIds: Set<number>;
}

/** As clients do: while the transaction before is being ended, which with fsyncs takes a turn longer, they ask again. */
async function accepted(step: () => Promise<number>, where = ''): Promise<void> {
  let errorCode = await step();
  for (let turns = 0; errorCode === ErrorCode.CONCURRENT_TRANSACTIONS && turns < 10_000; turns++) {
    await new Promise(setImmediate);
    errorCode = await step();
  }
  assert.equal(errorCode, 0, where);
}

/** Two producers, each with transactions over two topics and a group's offsets; the last one stays open. */
async function run(world: TransactionWorld, known: Known): Promise<void> {
  const producers = [world.producer('one'), world.producer('two')];
  for (const producer of producers) {
    await accepted(() => producer.init());
    known.producerIds.add(producer.producerId);
  }
  for (let round = 1; round <= 4; round++) {
    for (const [index, producer] of producers.entries()) {
      const name = `${producer.transactionalId}-${round}`;
      for (const topic of ['orders', 'bills']) await accepted(() => producer.send(topic, name));
      await accepted(() => producer.commitOffset(producer.transactionalId, 'input', round));
      if (round === 4) continue;
      const end = { name, isCommit: (round + index) % 2 === 0, isAnswered: false };
      known.ends.push(end);
      await accepted(() => producer.end(end.isCommit));
      end.isAnswered = true;
    }
  }
}

async function check(world: TransactionWorld, known: Known, where: string): Promise<void> {
  const [orders, bills] = [await world.committed('orders'), await world.committed('bills')];
  assert.deepEqual(bills, orders, `${where}: both topics have the same transactions`);
  for (const { name, isCommit, isAnswered } of known.ends) {
    if (!isCommit) assert.ok(!orders.includes(name), `${where}: ${name} was aborted`);
    else if (isAnswered) assert.ok(orders.includes(name), `${where}: ${name} was committed`);
  }
  for (const id of ['one', 'two']) {
    const last =
      orders
        .filter((name) => name.startsWith(id))
        .at(-1)
        ?.slice(-1) ?? '-1';
    assert.equal(world.offsetOf(id, 'input'), Number(last), `${where}: offsets of ${id} go with its records`);
  }
}

async function afterwards(world: TransactionWorld, known: Known, where: string): Promise<void> {
  world.topic('orders');
  world.topic('bills');
  await check(world, known, where);
  world.clock.advance(120_000);
  // With flush.messages the aborts wait for the disk.
  for (let turns = 0; world.undecided().length > 0 && turns < 10_000; turns++) await new Promise(setImmediate);
  assert.deepEqual(world.undecided(), [], `${where}: what was open has timed out`);
  assert.equal(world.groups.pendingOffsets.count, 0, where);
  await check(world, known, where);
  const next = world.producer('three');
  await accepted(() => next.init(), where);
  assert.ok(!known.producerIds.has(next.producerId), `${where}: a producer id came twice`);
  const one = world.producer('one');
  await accepted(() => one.init(), where);
  await accepted(() => one.send('orders', 'one-9'), where);
  await accepted(() => one.end(true), where);
  assert.equal((await world.committed('orders')).at(-1), 'one-9', where);
}

/** Dies at its `dieAt`th operation on the disk, unless it comes to its end before. */
async function dying(config: Record<string, string | number>, dieAt: number, afterBytes: number) {
  let operations = 0;
  let isRunning = false;
  const plan: Plan = ({ kind }) => {
    if (!isRunning || kind === 'read' || kind === 'open') return null;
    return ++operations === dieAt ? { code: 'CRASH', afterBytes } : null;
  };
  const world = await TransactionWorld.open(config, plan);
  const known: Known = { ends: [], producerIds: new Set() };
  world.topic('orders');
  world.topic('bills');
  isRunning = true;
  await run(world, known).catch((error: unknown) => {
    if (!world.files.hasCrashed) throw error;
  });
  return { world, known, isDead: world.files.hasCrashed };
}

/**
 * Dies at each `stride`th operation on the disk, in turn, and looks at what the next start makes of it. `isPowerCut` also takes away
 * writes that were not synced.
 */
export async function dieEverywhere(
  t: TestContext,
  stride: number,
  isPowerCut: boolean,
  config: Record<string, string | number> = {},
): Promise<void> {
  const random = SeededRandom.fresh();
  t.diagnostic(`SEED=${random.seed}`);
  let deaths = 0;
  for (let dieAt = 1 + random.below(stride); ; dieAt += stride) {
    const { world, known, isDead } = await dying(config, dieAt, random.pick([0, 0, 10, 100]));
    if (!isDead) break;
    deaths++;
    if (isPowerCut) await world.cutPower(() => random.next());
    else await world.kill();
    await afterwards(world, known, `death ${dieAt}`);
  }
  assert.ok(deaths > 50 / stride, `${deaths} deaths`);
}
