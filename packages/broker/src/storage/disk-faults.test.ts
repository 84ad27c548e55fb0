import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf, listing } from './testing/records.ts';
import { TestStore } from './testing/test-store.ts';

for (const afterBytes of [0, 1, 61, 70]) {
  test(`a full disk refuses an append, keeps no byte of it, and takes the next one (${afterBytes} bytes got through)`, async () => {
    const test = await TestStore.open({ 'headwater.cache.bytes': 0 });
    const log = test.topic();
    log.append(batchOf(['a']));
    const before = test.disk.sizeBytes('/data/t-0/00000000000000000000.log');
    test.files.plan = ({ kind, path }) =>
      kind === 'write' && path.includes('t-0') ? { code: 'ENOSPC', afterBytes } : null;
    for (let n = 0; n < 3; n++) {
      assert.throws(() => log.append(batchOf(['lost'])), {
        kafkaError: 'KAFKA_STORAGE_ERROR',
        message: /Appending to t-0 failed.*The disk is full/,
      });
    }
    assert.equal(test.disk.sizeBytes('/data/t-0/00000000000000000000.log'), before);
    // Other partitions go on.
    assert.equal(test.topic({}, 'other').append(batchOf(['x'])).baseOffset, 0);
    assert.equal(await listing(log), '0:a');
    test.files.plan = () => null;
    assert.equal(log.append(batchOf(['b'])).baseOffset, 1);
    assert.equal(await listing(log), '0:a 1:b');
    assert.equal(await listing(await test.kill()), '0:a 1:b');
    assert.equal(test.store.stats().failedAppends, 0);
  });
}

test('what a failed write left behind is cut off before the next one, also when it cannot be at once', async () => {
  const test = await TestStore.open();
  const log = test.topic();
  log.append(batchOf(['a']));
  test.files.plan = ({ kind }) =>
    kind === 'write' ? { code: 'EIO', afterBytes: 500 } : kind === 'truncate' ? { code: 'EIO' } : null;
  const torn = () => log.append(Buffer.concat([batchOf(['torn 1']), batchOf(['torn 2'])]));
  assert.throws(torn, { kafkaError: 'KAFKA_STORAGE_ERROR' });
  assert.throws(torn, { kafkaError: 'KAFKA_STORAGE_ERROR' });
  test.files.plan = () => null;
  log.append(batchOf(['b']));
  assert.equal(await listing(await test.kill()), '0:a 1:b');
  assert.deepEqual(test.store.recovery.findings, []);
});

test('a disk that is full at the first append of a partition, or at a roll, is a storage error', async () => {
  const test = await TestStore.open();
  const log = test.topic({ 'segment.bytes': '100' });
  const full = () => {
    test.files.plan = ({ kind }) => (['open', 'truncate', 'replace'].includes(kind) ? { code: 'ENOSPC' } : null);
    assert.throws(() => log.append(batchOf(['x'])), { kafkaError: 'KAFKA_STORAGE_ERROR' });
    test.files.plan = () => null;
  };
  full();
  log.append(batchOf(['a']));
  full();
  log.append(batchOf(['b']));
  assert.equal(await listing(await test.restart()), '0:a 1:b');
});

test('too many open files is said in words', async () => {
  const test = await TestStore.open();
  const log = test.topic();
  test.files.plan = ({ kind }) => (kind === 'open' ? { code: 'EMFILE' } : null);
  assert.throws(() => log.append(batchOf(['x'])), { message: /ulimit -n/ });
});

test('metadata that cannot be written changes nothing', async () => {
  const test = await TestStore.open();
  test.topic();
  test.files.plan = ({ kind }) => (kind === 'write' ? { code: 'ENOSPC', afterBytes: 20 } : null);
  assert.throws(() => test.topic({}, 'u'), { kafkaError: 'KAFKA_STORAGE_ERROR' });
  assert.throws(() => test.store.setTopicConfigs('t', { 'retention.ms': '5' }), { kafkaError: 'KAFKA_STORAGE_ERROR' });
  assert.throws(() => test.store.nextProducerId(), { kafkaError: 'KAFKA_STORAGE_ERROR' });
  await assert.rejects(test.store.deleteTopic('t'), { kafkaError: 'KAFKA_STORAGE_ERROR' });
  test.files.plan = () => null;
  assert.deepEqual(
    test.store.topics().map(({ name, config }) => [name, config.retentionMs]),
    [['t', 604_800_000]],
  );
  test.topic({}, 'u');
  await test.kill();
  assert.deepEqual(
    test.store.topics().map(({ name }) => name),
    ['t', 'u'],
  );
  assert.deepEqual(test.store.recovery.findings, []);
});

test('a read error is the reader’s alone', async () => {
  const test = await TestStore.open({ 'headwater.cache.bytes': 0 });
  const log = test.topic();
  log.append(batchOf(['a']));
  test.files.plan = ({ kind }) => (kind === 'read' ? { code: 'EIO' } : null);
  await assert.rejects(async () => log.read(0, 100, true), { kafkaError: 'KAFKA_STORAGE_ERROR' });
  log.append(batchOf(['b']));
  test.files.plan = () => null;
  assert.equal(await listing(log), '0:a 1:b');
});
