import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { batchOf, listing } from './testing/records.ts';
import { TestStore } from './testing/test-store.ts';

const hour = 3_600_000;

/** Two batches a segment. */
const small = { 'segment.bytes': '150' };

function segments(test: TestStore): string[] {
  return test
    .names('t-0')
    .filter((name) => name.endsWith('.log'))
    .map((name) => String(Number(name.slice(0, 20))));
}

async function fill(test: TestStore, count: number, stepMs = 0): Promise<void> {
  for (let n = 0; n < count; n++) {
    test.log().append(batchOf([`${n}`], { timestamp: test.clock.now() }));
    test.clock.advance(stepMs);
  }
}

test('retention.ms deletes segments whose newest record is older, the active one too, and keeps the end of the log', async () => {
  const test = await TestStore.open();
  const log = test.topic({ ...small, 'retention.ms': String(10 * hour) });
  await fill(test, 6, hour);
  assert.deepEqual(segments(test), ['0', '2', '4']);
  test.clock.advance(6.5 * hour);
  await test.store.maintain();
  assert.deepEqual([log.logStartOffset, segments(test)], [2, ['2', '4']]);
  assert.throws(() => log.read(1, 100, true), { kafkaError: 'OFFSET_OUT_OF_RANGE' });
  assert.equal(await listing(log), '2:2 3:3 4:4 5:5');
  test.clock.advance(100 * hour);
  await test.store.maintain();
  assert.deepEqual([log.logStartOffset, log.logEndOffset, segments(test)], [6, 6, ['6']]);
  await test.restart();
  assert.deepEqual([test.log().logStartOffset, test.log().logEndOffset], [6, 6]);
  assert.equal(test.log().append(batchOf(['next'])).baseOffset, 6);
});

test('a clock that jumps forward and back again has retention delete nothing; one that stays there counts after a while', async () => {
  const test = await TestStore.open();
  const log = test.topic({ ...small, 'retention.ms': String(10 * hour) });
  await fill(test, 6, 60_000);
  await test.store.maintain();
  for (const jumpMs of [1_000 * hour, -2_000 * hour]) {
    test.clock.jump(jumpMs);
    await test.store.maintain();
    test.clock.advance(hour / 2);
    await test.store.maintain();
    assert.equal(log.logStartOffset, 0);
    test.clock.jump(-jumpMs);
    await test.store.maintain();
    assert.equal(log.logStartOffset, 0);
  }
  test.clock.jump(1_000 * hour);
  await test.store.maintain();
  test.clock.advance(hour - 1);
  await test.store.maintain();
  assert.equal(log.logStartOffset, 0);
  test.clock.advance(1);
  await test.store.maintain();
  assert.equal(log.logStartOffset, 6);
});

test('retention runs soon after the start and then in its interval; a change of configuration counts at the next round', async () => {
  const test = await TestStore.open();
  test.topic({ ...small, 'retention.ms': '-1' });
  await fill(test, 4);
  const settled = async () => {
    for (let turn = 0; turn < 20; turn++) await nextTurn();
  };
  test.clock.advance(1000 * hour);
  await settled();
  assert.deepEqual(segments(test), ['0', '2']);
  test.store.setTopicConfigs('t', { ...small, 'retention.ms': String(hour) });
  test.clock.advance(299_999);
  await settled();
  assert.deepEqual(segments(test), ['0', '2']);
  test.clock.advance(1);
  await settled();
  assert.deepEqual(segments(test), ['4']);
  await fill(test, 2);
  test.clock.advance(2 * hour);
  await test.restart();
  test.clock.advance(30_000);
  await settled();
  assert.deepEqual(segments(test), ['6']);
});

test('retention.bytes deletes the oldest segments beyond the size', async () => {
  const test = await TestStore.open();
  const log = test.topic({ ...small, 'retention.bytes': '290' });
  await fill(test, 7);
  const before = log.sizeBytes;
  await test.store.maintain();
  assert.deepEqual(segments(test), ['2', '4', '6']);
  assert.ok(log.sizeBytes >= 290 && log.sizeBytes < before);
});

test('cleanup.policy=compact alone deletes nothing by time or size', async () => {
  const test = await TestStore.open();
  test.topic({
    ...small,
    'cleanup.policy': 'compact',
    'retention.ms': '1',
    'retention.bytes': '1',
    'min.cleanable.dirty.ratio': '1',
  });
  await fill(test, 5, hour);
  await test.store.maintain();
  assert.equal(test.log().logStartOffset, 0);
});

test('segment.ms begins a new segment, and a clock that jumps back does not', async () => {
  const test = await TestStore.open();
  test.topic({ 'segment.ms': String(hour) });
  await fill(test, 3, hour / 2);
  test.clock.advance(1);
  await fill(test, 1);
  assert.deepEqual(segments(test), ['0', '3']);
  test.clock.advance(-50 * hour);
  await fill(test, 2);
  assert.deepEqual(segments(test), ['0', '3']);
});

test('deleteRecords hides records at once, survives a kill, and retention frees whole segments', async () => {
  const test = await TestStore.open();
  let log = test.topic(small);
  await fill(test, 6);
  assert.equal(log.deleteRecords(3), 3);
  assert.equal(log.deleteRecords(1), 3);
  for (const offset of [7, -2]) assert.throws(() => log.deleteRecords(offset), { kafkaError: 'OFFSET_OUT_OF_RANGE' });
  assert.throws(() => log.read(2, 100, true), { kafkaError: 'OFFSET_OUT_OF_RANGE' });
  assert.equal(await listing(log), '3:3 4:4 5:5');
  log = await test.kill();
  assert.deepEqual([log.logStartOffset, segments(test)], [3, ['0', '2', '4']]);
  await test.store.maintain();
  assert.deepEqual([log.logStartOffset, segments(test)], [3, ['2', '4']]);
  assert.equal(log.deleteRecords(-1), 6);
  assert.deepEqual(log.read(6, 100, true), []);
  assert.equal(log.offsetForTimestamp(0), null);
});

test('a reader of a file that retention deletes ends its read or is told the offset is gone', async () => {
  const test = await TestStore.open({ 'headwater.cache.bytes': 0 });
  const log = test.topic({ ...small, 'retention.ms': '1' });
  await fill(test, 6);
  const reading = log.read(0, 1000, true);
  test.clock.advance(hour);
  await test.store.maintain();
  const buffers = await Promise.resolve(reading).catch((error) => error.kafkaError);
  assert.ok(buffers === 'OFFSET_OUT_OF_RANGE' || buffers.length > 0);
});
