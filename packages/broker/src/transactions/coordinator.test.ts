import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '@headwater/protocol';
import { TransactionWorld } from './testing/transaction-world.ts';
import { transactionTopic } from './transaction-log.ts';
import type { TransactionRecord } from './transaction-state.ts';

function stateOf(world: TransactionWorld, id = 'one'): TransactionRecord {
  return world.transactions.find(id)!.record;
}

/** Writes to files below these directories fail. */
function failing(world: TransactionWorld, ...directories: string[]): void {
  world.files.plan = ({ kind, path }) =>
    kind === 'write' && directories.some((directory) => path.includes(`/${directory}`)) ? { code: 'ENOSPC' } : null;
}

test('a marker that cannot be written is tried again, until the partition has it', async () => {
  const world = await TransactionWorld.open();
  const one = world.producer('one');
  await one.init();
  await one.send('orders', 'a');
  await one.send('bills', 'a');
  failing(world, 'bills-0');
  assert.equal(await one.end(true), 0, 'the decision is on record');
  assert.equal(stateOf(world).state, 'PrepareCommit');
  assert.deepEqual([...world.transactions.find('one')!.unmarked.topics()], [['bills', new Set([0])]]);
  assert.deepEqual(await world.committed('orders'), ['a']);
  assert.deepEqual(world.undecided(), ['bills-0']);
  assert.equal(await one.send('orders', 'b'), ErrorCode.CONCURRENT_TRANSACTIONS);
  assert.equal(await one.init(), ErrorCode.CONCURRENT_TRANSACTIONS);
  world.clock.advance(5_000);
  assert.equal(stateOf(world).state, 'PrepareCommit');
  world.files.plan = null;
  world.clock.advance(20_000);
  assert.equal(stateOf(world).state, 'CompleteCommit');
  assert.deepEqual(await world.committed('bills'), ['a']);
  assert.equal(await one.send('orders', 'b'), 0);
});

test('a decision that cannot be written is none: the transaction goes on', async () => {
  const world = await TransactionWorld.open();
  const one = world.producer('one');
  await one.init();
  await one.send('orders', 'a');
  failing(world, transactionTopic);
  assert.equal(await one.end(true), ErrorCode.NOT_COORDINATOR);
  assert.equal(stateOf(world).state, 'Ongoing');
  assert.equal(await one.send('bills', 'a'), ErrorCode.NOT_COORDINATOR);
  assert.equal(await one.init(), ErrorCode.NOT_COORDINATOR);
  world.files.plan = null;
  assert.equal(await one.end(true), ErrorCode.PRODUCER_FENCED, 'the abort of a newer producer was on its way');
  world.clock.advance(120_000);
  assert.equal(stateOf(world).state, 'CompleteAbort');
  assert.equal(stateOf(world).producerEpoch, 1, 'the epoch of the fence serves again');
  assert.deepEqual(await world.committed('orders'), []);
});

test('when only the last record is missing, the end is told and written later', async () => {
  const world = await TransactionWorld.open();
  const one = world.producer('one');
  await one.init();
  await one.send('orders', 'a');
  let writes = 0;
  world.files.plan = ({ kind, path }) =>
    kind === 'write' && path.includes(transactionTopic) && ++writes > 1 ? { code: 'ENOSPC' } : null;
  assert.equal(await one.end(true), 0);
  assert.equal(stateOf(world).state, 'PrepareCommit');
  assert.deepEqual(await world.committed('orders'), ['a']);
  await world.kill();
  assert.equal(stateOf(world).state, 'CompleteCommit');
  assert.deepEqual(world.undecided(), []);
});

test('ids that nobody uses are forgotten, and come back with another producer id', async () => {
  const world = await TransactionWorld.open({ 'transactional.id.expiration.ms': 3_600_000 });
  const [idle, open] = [world.producer('idle'), world.producer('open')];
  await idle.init();
  await open.init(900_000);
  world.clock.advance(3_500_000);
  await open.send('orders', 'a');
  world.clock.advance(200_000);
  assert.equal(world.transactions.find('idle'), undefined);
  assert.equal(stateOf(world, 'open').state, 'Ongoing');
  await world.restart();
  assert.equal(world.transactions.find('idle'), undefined);
  const { producerId } = idle;
  const again = world.producer('idle');
  await again.init();
  assert.notEqual(again.producerId, producerId);
  assert.equal(again.producerEpoch, 0);
});

test('many that time out or expire together are taken a part at a time, and all of them', async () => {
  const world = await TransactionWorld.open({ 'transactional.id.expiration.ms': 3_600_000 });
  for (let n = 0; n < 1_100; n++) {
    const producer = world.producer(`p${n}`);
    await producer.init(30_000);
    if (n < 450) await producer.send('orders', 'a');
  }
  const isOpen = () => [...world.transactions.entries()].filter(({ record }) => record.state === 'Ongoing').length;
  world.clock.advance(40_000);
  assert.equal(isOpen(), 250, 'the first part');
  world.clock.advance(10);
  assert.equal(isOpen(), 0);
  assert.deepEqual(world.undecided(), []);
  world.clock.advance(2 * 3_600_000 + 10);
  assert.equal([...world.transactions.entries()].length, 0);
});

test('there is a bound on ids', async () => {
  const world = await TransactionWorld.open({ 'headwater.max.transactional.ids': 2 });
  assert.equal(await world.producer('one').init(), 0);
  assert.equal(await world.producer('two').init(), 0);
  assert.equal(await world.producer('three').init(), ErrorCode.COORDINATOR_NOT_AVAILABLE);
  assert.equal(await world.producer('two').init(), 0);
});

test('what is written often is written anew, and the same is there after a restart', async () => {
  const world = await TransactionWorld.open();
  const [busy, still] = [world.producer('busy'), world.producer('still')];
  await still.init();
  await still.send('orders', 'open');
  await busy.init();
  // Each abort of nothing writes two records.
  for (let count = 0; count < 1_100; count++) await busy.end(false);
  const log = world.store.partition(transactionTopic, 0)!;
  await log.flush();
  await new Promise(setImmediate);
  assert.ok(log.logStartOffset >= 1_000, `${log.logStartOffset}`);
  const before = [stateOf(world, 'busy'), stateOf(world, 'still')];
  await world.kill();
  const after = [stateOf(world, 'busy'), stateOf(world, 'still')];
  const shown = (records: TransactionRecord[]) =>
    records.map(({ producerEpoch, producerId, state }) => [producerId, producerEpoch, state]);
  assert.deepEqual(shown(after), shown(before));
  world.clock.advance(120_000);
  assert.equal(stateOf(world, 'still').state, 'CompleteAbort');
  assert.deepEqual(world.undecided(), []);
});

test('a topic that is deleted in a transaction does not keep it from ending', async () => {
  const world = await TransactionWorld.open();
  const one = world.producer('one');
  await one.init();
  await one.send('orders', 'a');
  await one.send('bills', 'a');
  await world.store.deleteTopic('bills');
  assert.equal(await one.end(true), 0);
  assert.equal(stateOf(world).state, 'CompleteCommit');
  assert.deepEqual(await world.committed('orders'), ['a']);
});

test('the last epoch of a producer id: the transaction after it has another id', async () => {
  const world = await TransactionWorld.open();
  const one = world.producer('one');
  await one.init();
  const { producerId } = one;
  const entry = world.transactions.find('one')!;
  const atEpoch = (producerEpoch: number): void => {
    entry.record = { ...entry.record, producerEpoch };
    one.producerEpoch = producerEpoch;
  };
  atEpoch(0x7fff - 1);
  assert.equal(await one.send('orders', 'a'), 0);
  assert.equal(await one.end(true), 0);
  assert.notEqual(one.producerId, producerId);
  assert.equal(one.producerEpoch, 0);
  assert.deepEqual(await world.committed('orders'), ['a']);

  const second = one.producerId;
  atEpoch(0x7fff - 1);
  assert.equal(await one.send('orders', 'b'), 0);
  const newer = world.producer('one');
  assert.equal(await newer.init(), ErrorCode.CONCURRENT_TRANSACTIONS);
  assert.equal(await newer.init(), 0);
  assert.notEqual(newer.producerId, second);
  assert.equal(newer.producerEpoch, 1);
  assert.equal(await one.end(true), ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  assert.deepEqual(await world.committed('orders'), ['a']);

  atEpoch(0x7fff - 1);
  assert.equal(await newer.init(), 0);
  assert.equal(newer.producerEpoch, 0, 'without a transaction InitProducerId itself changes the id');
});
