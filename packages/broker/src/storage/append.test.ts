import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBatch, setMaxTimestampAndType } from '@headwater/protocol';
import { batchOf, headersOf, listing, readAll } from './testing/records.ts';
import { TestStore } from './testing/test-store.ts';

test('offsets follow one another over batches and appends', async () => {
  const log = (await TestStore.open()).topic();
  assert.deepEqual(log.append(batchOf(['a', 'b'])), {
    baseOffset: 0,
    lastOffset: 1,
    logAppendTime: -1,
    logStartOffset: 0,
    duplicate: false,
    flushed: null,
  });
  const { baseOffset, lastOffset } = log.append(Buffer.concat([batchOf(['c']), batchOf(['d', 'e'])]));
  assert.deepEqual([baseOffset, lastOffset, log.highWatermark, log.logEndOffset], [2, 4, 5, 5]);
  assert.equal(await listing(log), '0:a 1:b 2:c 3:d 4:e');
});

test('a read gives whole batches from the one that holds the offset', async () => {
  const log = (await TestStore.open()).topic();
  for (let n = 0; n < 5; n++) log.append(batchOf([`${n}a`, `${n}b`]));
  const size = headersOf(await log.read(0, 1, true))[0]!.sizeBytes;
  const bases = async (...args: Parameters<typeof log.read>) =>
    headersOf(await log.read(...args)).map((header) => header.baseOffset);
  assert.deepEqual(await bases(3, 10_000, true), [2, 4, 6, 8]);
  assert.deepEqual(await bases(2, size * 2, true), [2, 4]);
  assert.deepEqual(await bases(2, size * 2 - 1, true), [2]);
  assert.deepEqual(await bases(2, size - 1, true), [2]);
  assert.deepEqual(await bases(2, size - 1, false), []);
  assert.deepEqual(await bases(10, size, true), []);
  for (const offset of [-1, 11, Number.NaN])
    assert.throws(() => log.read(offset, 1, true), { kafkaError: 'OFFSET_OUT_OF_RANGE' });
});

test('refuses what Kafka refuses, and keeps nothing of it', async () => {
  const test = await TestStore.open();
  const log = test.topic({ 'max.message.bytes': '1000', 'segment.bytes': '1500' });
  const now = test.clock.now();
  const damaged = batchOf(['a']);
  damaged[damaged.length - 1]! ^= 1;
  const old = batchOf(['a']);
  old[16] = 1;
  const refusals: [Buffer, string][] = [
    [damaged, 'CORRUPT_MESSAGE'],
    [old, 'UNSUPPORTED_FOR_MESSAGE_FORMAT'],
    [batchOf(['a']).subarray(0, 65), 'CORRUPT_MESSAGE'],
    [Buffer.alloc(0), 'INVALID_RECORD'],
    [batchOf(['a'], { isControl: true }), 'INVALID_RECORD'],
    [batchOf(['x'.repeat(1000)]), 'MESSAGE_TOO_LARGE'],
    [Buffer.concat([batchOf(['x'.repeat(800)]), batchOf(['x'.repeat(800)])]), 'RECORD_LIST_TOO_LARGE'],
    [batchOf(['a'], { timestamp: now + 3_600_001 }), 'INVALID_TIMESTAMP'],
  ];
  for (const [records, kafkaError] of refusals) assert.throws(() => log.append(records), { kafkaError });
  assert.equal(log.logEndOffset, 0);
  log.append(batchOf(['a'], { timestamp: now + 3_600_000 }));
  test.store.setTopicConfigs('t', { 'message.timestamp.before.max.ms': '1000' });
  assert.throws(() => log.append(batchOf(['a'], { timestamp: now - 1001 })), { kafkaError: 'INVALID_TIMESTAMP' });
  const records = [now, now - 1001, now].map((timestamp) => ({ value: 'x', timestamp }));
  for (const compression of ['none', 'zstd'] as const) {
    assert.throws(() => log.append(encodeBatch({ records, compression })), { kafkaError: 'INVALID_TIMESTAMP' });
  }
});

test('a compacted topic takes no record without a key', async () => {
  const log = (await TestStore.open()).topic({ 'cleanup.policy': 'compact' });
  log.append(batchOf(['a']));
  for (const compression of ['none', 'gzip'] as const) {
    assert.throws(() => log.append(batchOf(['b'], { key: null, compression })), { kafkaError: 'INVALID_RECORD' });
  }
});

test('compression.type packs batches anew, and only those that come in another', async () => {
  const test = await TestStore.open();
  const values = ['a'.repeat(500), 'b'.repeat(500), null];
  for (const [type, expected] of [
    ['zstd', 'zstd'],
    ['gzip', 'gzip'],
    ['uncompressed', 'none'],
  ] as const) {
    const log = test.topic({ 'compression.type': type }, type);
    const sequence = { producerId: 1, producerEpoch: 0, timestamp: 1_700_000_000_000 };
    for (const [at, compression] of (['none', 'lz4', expected] as const).entries()) {
      log.append(batchOf(values, { ...sequence, baseSequence: at * 3, compression }));
    }
    const [again] = [batchOf(values, { ...sequence, baseSequence: 3, compression: 'lz4' })];
    assert.equal(log.append(again!).duplicate, true);
    const headers = headersOf(await log.read(0, 100_000, true));
    assert.deepEqual(
      headers.map(({ compression, baseOffset, baseSequence }) => [compression, baseOffset, baseSequence]),
      [0, 3, 6].map((offset) => [expected, offset, offset]),
    );
    const records = await readAll(log);
    assert.deepEqual(
      records.map(({ value, timestamp }) => [value, timestamp]),
      [...values, ...values, ...values].map((value) => [value, 1_700_000_000_000]),
    );
  }
});

test('a compression level takes effect where batches are packed anew', async () => {
  const test = await TestStore.open();
  const words = Array.from({ length: 4_000 }, (_, n) => `word-${(n * 7_919) % 613} ${(n * n) % 1_009}`).join(' ');
  const packedBytes = (configs: Record<string, string>) => {
    const name = Object.values(configs).join('-');
    const log = test.topic(configs, name);
    log.append(batchOf([words]));
    return log.sizeBytes;
  };
  const gzip = (level: string) => packedBytes({ 'compression.type': 'gzip', 'compression.gzip.level': level });
  const zstd = (level: string) => packedBytes({ 'compression.type': 'zstd', 'compression.zstd.level': level });
  assert.ok(gzip('9') < gzip('1'));
  assert.equal(gzip('-1'), gzip('6'));
  assert.ok(zstd('19') < zstd('-7'));
  assert.throws(() => test.topic({ 'compression.gzip.level': '0' }, 'none'), { kafkaError: 'INVALID_CONFIG' });
});

test('a batch that does not unpack is refused where it must be unpacked', async () => {
  const test = await TestStore.open();
  const broken = batchOf(['a'.repeat(100)], { compression: 'zstd' });
  broken.fill(0, 70);
  // With a CRC that fits, as a broken producer would send it.
  setMaxTimestampAndType(broken, 0, 1_700_000_000_000, 'CreateTime');
  for (const [name, value] of [
    ['compression.type', 'gzip'],
    ['cleanup.policy', 'compact'],
  ] as const) {
    const log = test.topic({ [name]: value }, value);
    assert.throws(() => log.append(Buffer.from(broken)), { kafkaError: 'CORRUPT_MESSAGE' });
    assert.equal(log.logEndOffset, 0);
  }
  // Elsewhere it is stored as it came, and a lookup by time goes by the batch.
  const log = test.topic();
  log.append(Buffer.from(broken));
  assert.deepEqual(log.offsetForTimestamp(5), { offset: 0, timestamp: 1_700_000_000_000 });
});

test('LogAppendTime puts the time of the broker into the batch', async () => {
  const test = await TestStore.open();
  const log = test.topic({ 'message.timestamp.type': 'LogAppendTime' });
  const records = batchOf(['a', 'b'], { timestamp: 5, producerId: 1, producerEpoch: 0, baseSequence: 0 });
  const copy = Buffer.from(records);
  const now = test.clock.now();
  assert.equal(log.append(records).logAppendTime, now);
  assert.deepEqual(
    (await readAll(log)).map(({ timestamp }) => timestamp),
    [now, now],
  );
  test.clock.advance(1000);
  assert.deepEqual([log.append(copy).duplicate, log.append(copy).logAppendTime], [true, now]);
  assert.deepEqual(log.offsetForTimestamp(now), { offset: 0, timestamp: now });
});

test('an idempotent batch sent again has its first offsets, also after a restart and after kill -9', async () => {
  const test = await TestStore.open();
  let log = test.topic();
  const send = (sequence: number, epoch = 0) =>
    log.append(batchOf(['x', 'y'], { producerId: 5, producerEpoch: epoch, baseSequence: sequence }));
  send(0);
  log.append(batchOf(['other']));
  send(2);
  const seen = () => [send(0).baseOffset, send(2).baseOffset, send(2).duplicate];
  assert.deepEqual(seen(), [0, 3, true]);
  log = await test.restart();
  assert.deepEqual(seen(), [0, 3, true]);
  send(4);
  log = await test.kill();
  assert.deepEqual([...seen(), send(4).duplicate], [0, 3, true, true]);
  assert.throws(() => send(8), { kafkaError: 'OUT_OF_ORDER_SEQUENCE_NUMBER' });
  send(0, 1);
  assert.throws(() => send(6), { kafkaError: 'INVALID_PRODUCER_EPOCH' });
  assert.deepEqual(log.producers(), [
    {
      producerId: 5,
      producerEpoch: 1,
      lastSequence: 1,
      lastTimestamp: 1_700_000_000_000,
      currentTransactionStartOffset: -1,
      coordinatorEpoch: -1,
    },
  ]);
});

test('listeners hear of appends until they leave, and of the end of the topic', async () => {
  const test = await TestStore.open();
  const log = test.topic();
  let calls = 0;
  const leave = log.onAppend(() => calls++);
  log.append(batchOf(['a']));
  assert.equal(calls, 1);
  await test.store.deleteTopic('t');
  assert.equal(calls, 2);
  assert.throws(() => log.read(0, 1, true), { kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' });
  assert.throws(() => log.append(batchOf(['b'])), { kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' });
  leave();
  leave();
});

test('times lead to the first record at or after them', async () => {
  const test = await TestStore.open();
  const log = test.topic({ 'segment.bytes': '300', 'index.interval.bytes': '0' });
  assert.deepEqual([log.offsetForTimestamp(0), log.maxTimestampOffset()], [null, null]);
  const times = [1000, 3000, 2000, 5000, 4000, 5000, 100];
  for (const [at, timestamp] of times.entries()) log.append(batchOf([`${at}`, `${at}'`], { timestamp }));
  const check = () => {
    for (const asked of [-1, 0, 1000, 1001, 2500, 3001, 4500, 5000, 5001]) {
      const at = times.findIndex((time) => time >= asked);
      assert.deepEqual(
        log.offsetForTimestamp(asked),
        at < 0 ? null : { offset: at * 2, timestamp: times[at] },
        `${asked}`,
      );
    }
    assert.deepEqual(log.maxTimestampOffset(), { offset: 6, timestamp: 5000 });
  };
  check();
  await test.restart();
  check();
});
