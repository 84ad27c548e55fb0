import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { batchOf } from './testing/records.ts';
import { TestStore } from './testing/test-store.ts';

function countSyncs(store: TestStore): () => number {
  let syncs = 0;
  store.files.plan = ({ kind, path }) => {
    if (kind === 'sync' && path.endsWith('.log')) syncs++;
    return null;
  };
  return () => syncs;
}

test('flush.messages=1: acknowledged and visible after the fsync, which concurrent appends share', async () => {
  const test = await TestStore.open();
  const log = test.topic({ 'flush.messages': '1' });
  const syncs = countSyncs(test);
  let heard = 0;
  log.onAppend(() => heard++);
  const results = Array.from({ length: 10 }, (_, n) => log.append(batchOf([`${n}`])));
  assert.ok(results.every(({ flushed }) => flushed !== null));
  assert.deepEqual([log.logEndOffset, log.highWatermark, heard], [10, 0, 0]);
  assert.deepEqual(log.read(0, 1000, true), []);
  await Promise.all(results.map(({ flushed }) => flushed));
  assert.deepEqual([log.highWatermark, syncs()], [10, 2]);
  assert.ok(heard > 0);
});

test('flush.messages=3 waits at every third record', async () => {
  const test = await TestStore.open();
  const log = test.topic({ 'flush.messages': '3' });
  const waits: boolean[] = [];
  for (let n = 0; n < 6; n++) {
    const { flushed } = log.append(batchOf([`${n}`]));
    waits.push(flushed !== null);
    await flushed;
  }
  assert.deepEqual(waits, [false, false, true, false, false, true]);
});

test('flush.ms syncs a while after the append', async () => {
  const test = await TestStore.open();
  const log = test.topic({ 'flush.ms': '1000' });
  const syncs = countSyncs(test);
  log.append(batchOf(['a']));
  log.append(batchOf(['b']));
  test.clock.advance(999);
  assert.equal(syncs(), 0);
  test.clock.advance(1);
  await nextTurn();
  assert.equal(syncs(), 1);
});

test('after a failed fsync the partition takes nothing more until a restart has read what is there', async () => {
  const test = await TestStore.open();
  const log = test.topic({ 'flush.messages': '1' });
  await log.append(batchOf(['a'])).flushed;
  test.files.plan = ({ kind }) => (kind === 'sync' ? { code: 'EIO' } : null);
  await assert.rejects(log.append(batchOf(['b'])).flushed!, {
    kafkaError: 'KAFKA_STORAGE_ERROR',
    code: 'HW_BROKER_STORAGE_IO',
  });
  test.files.plan = () => null;
  assert.throws(() => log.append(batchOf(['c'])), { kafkaError: 'KAFKA_STORAGE_ERROR' });
  assert.equal(log.highWatermark, 1);
  assert.equal((await log.read(0, 1000, true)).length, 1);
  const again = await test.restart();
  assert.equal(test.store.recovery.isClean, false);
  assert.equal(again.logEndOffset, 2);
  await again.append(batchOf(['c'])).flushed;
});
