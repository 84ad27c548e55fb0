import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf, listing } from './testing/records.ts';
import { TestStore } from './testing/test-store.ts';

test('topics, their ids, partitions and configurations are there again after a restart and after kill -9', async () => {
  const test = await TestStore.open();
  const { topicId } = test.store.createTopic({
    name: 'orders',
    partitions: 3,
    configs: { 'retention.ms': '1000', 'segment.ms': null },
  });
  assert.match(topicId, /^[\w-]{22}$/);
  test.store.createTopic({ name: 'users', partitions: 1, topicId: 'MkTv2vPkSVKW2QZFvbDZ4Q' });
  test.store.addPartitions('orders', 5);
  test.store.setTopicConfigs('users', { 'cleanup.policy': 'compact' });
  test.store.values.set('cluster-id', 'abc');
  const check = () => {
    const orders = test.store.topic('orders')!;
    assert.deepEqual([orders.topicId, orders.partitions, orders.configs], [topicId, 5, { 'retention.ms': '1000' }]);
    assert.equal(test.store.topicById('MkTv2vPkSVKW2QZFvbDZ4Q')?.config.isCompacted, true);
    assert.equal(test.store.values.get('cluster-id'), 'abc');
    assert.deepEqual(test.store.values.entries('cluster'), [['cluster-id', 'abc']]);
    assert.equal(test.store.topics().length, 2);
  };
  check();
  await test.restart();
  check();
  await test.kill();
  check();
});

test('wrong topics are refused with Kafka’s errors', async () => {
  const { store } = await TestStore.open();
  store.createTopic({ name: 'a', partitions: 2 });
  const refusals: [() => unknown, string][] = [
    [() => store.createTopic({ name: 'a', partitions: 1 }), 'TOPIC_ALREADY_EXISTS'],
    [() => store.createTopic({ name: '', partitions: 1 }), 'INVALID_TOPIC_EXCEPTION'],
    [() => store.createTopic({ name: '..', partitions: 1 }), 'INVALID_TOPIC_EXCEPTION'],
    [() => store.createTopic({ name: 'a/b', partitions: 1 }), 'INVALID_TOPIC_EXCEPTION'],
    [() => store.createTopic({ name: 'x'.repeat(250), partitions: 1 }), 'INVALID_TOPIC_EXCEPTION'],
    [() => store.createTopic({ name: 'b', partitions: 0 }), 'INVALID_PARTITIONS'],
    [() => store.createTopic({ name: 'b', partitions: 1, configs: { 'retention.ms': 'x' } }), 'INVALID_CONFIG'],
    [() => store.addPartitions('a', 2), 'INVALID_PARTITIONS'],
    [() => store.addPartitions('nope', 2), 'UNKNOWN_TOPIC_OR_PARTITION'],
    [() => store.setTopicConfigs('nope', {}), 'UNKNOWN_TOPIC_OR_PARTITION'],
    [() => store.setTopicConfigs('a', { nope: '1' }), 'INVALID_CONFIG'],
  ];
  for (const [call, kafkaError] of refusals) assert.throws(call, { kafkaError });
  await assert.rejects(store.deleteTopic('nope'), { kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' });
  for (const [topic, index] of [
    ['a', 2],
    ['a', -1],
    ['a', 0.5],
    ['b', 0],
  ] as const)
    assert.equal(store.partition(topic, index), undefined);
});

test('a partition costs nothing on disk before its first record', async () => {
  const test = await TestStore.open();
  test.store.createTopic({ name: 'many', partitions: 10_000 });
  for (let index = 0; index < 10_000; index += 1000) assert.equal(test.store.partition('many', index)!.logEndOffset, 0);
  assert.deepEqual(test.names(), ['metadata.journal', 'metadata.journal.reserve']);
  test.store.partition('many', 7)!.append(batchOf(['a']));
  assert.deepEqual(test.names('many-7'), ['00000000000000000000.log', 'partition.metadata']);
});

test('a thousand partitions that are written to need few open files', async () => {
  const test = await TestStore.open({ 'headwater.max.open.files': 20, 'headwater.cache.bytes': 1000 });
  test.store.createTopic({ name: 'many', partitions: 1000 });
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < 1000; index++) test.store.partition('many', index)!.append(batchOf([`${round}`]));
  }
  assert.ok(test.store.stats().openFiles <= 20);
  for (let index = 0; index < 1000; index += 100) assert.equal(await listing(test.log('many', index)), '0:0 1:1');
  await test.kill();
  assert.equal(test.store.recovery.partitionsChecked, 1000);
  assert.equal(await listing(test.log('many', 999)), '0:0 1:1');
});

test('a deleted topic is gone with its bytes, and a new one of its name begins empty', async () => {
  const test = await TestStore.open();
  test.topic().append(batchOf(['old']));
  const { topicId } = test.store.topic('t')!;
  const deleted = test.store.deleteTopic('t');
  assert.equal(test.store.topic('t'), undefined);
  assert.equal(test.store.topicById(topicId), undefined);
  assert.equal(test.store.partition('t', 0), undefined);
  // Before the bytes are gone.
  const log = test.topic();
  assert.equal(log.logEndOffset, 0);
  log.append(batchOf(['new']));
  await deleted;
  assert.deepEqual(test.names('deleted'), []);
  assert.equal(await listing(await test.restart()), '0:new');
  assert.notEqual(test.store.topic('t')!.topicId, topicId);
});

test('a deletion that kill -9 interrupted is finished at the next start', async () => {
  const test = await TestStore.open();
  test.store.createTopic({ name: 't', partitions: 3 });
  for (let index = 0; index < 3; index++) test.log('t', index).append(batchOf(['x']));
  let moves = 0;
  test.files.plan = ({ kind }) => (kind === 'rename' && ++moves === 2 ? { code: 'CRASH' } : null);
  await assert.rejects(test.store.deleteTopic('t'));
  await test.kill();
  assert.deepEqual(test.store.topics(), []);
  assert.ok(!test.names().some((name) => name.startsWith('t-')));
  await test.store.close();
  assert.deepEqual(test.names('deleted'), []);
});

test('directories that nobody owns are reported, left alone, and never become a new topic’s records', async () => {
  const test = await TestStore.open();
  test.topic().append(batchOf(['a']));
  await test.store.close();
  test.disk.rename('/data/t-0', '/data/lost-0');
  await test.restart();
  assert.deepEqual(
    test.store.recovery.findings.map(({ kind, where }) => [kind, where]),
    [['orphan-directory', 'lost-0']],
  );
  assert.equal(test.topic({}, 'lost').logEndOffset, 0);
  assert.deepEqual(test.names('set-aside'), ['lost-0']);
});

test('a directory of another topic of the same name is set aside, with and without its checkpoint', async () => {
  for (const hasCheckpoint of [true, false]) {
    const test = await TestStore.open();
    test.topic().append(batchOf(['a']));
    await test.store.close();
    if (!hasCheckpoint) test.disk.remove('/data/t-0/checkpoint');
    // As if a power cut had taken back that the directory was moved away.
    test.disk.rename('/data/t-0', '/data/elsewhere');
    await test.restart();
    await test.store.deleteTopic('t');
    test.topic();
    await test.store.close();
    test.disk.rename('/data/elsewhere', '/data/t-0');
    assert.equal((await test.restart()).logEndOffset, 0);
    assert.deepEqual(test.names('set-aside'), ['t-0']);
    assert.equal(test.log().append(batchOf(['b'])).baseOffset, 0);
  }
});

test('topics are adopted from their directories when the metadata is gone', async () => {
  for (const damage of ['removed', 'garbage']) {
    const test = await TestStore.open();
    test.store.createTopic({ name: 't', partitions: 3, configs: { 'retention.ms': '5' } });
    test.log('t', 0).append(batchOf(['a']));
    test.log('t', 2).append(batchOf(['b']));
    const { topicId } = test.store.topic('t')!;
    await test.store.close();
    if (damage === 'removed') test.disk.remove('/data/metadata.journal');
    else test.disk.replaceFile('/data/metadata.journal', Buffer.alloc(500, 'garbage\n'), true);
    for (const foreign of ['some photos-2024', 'backup-1']) test.disk.makeDirectory(`/data/${foreign}`);
    assert.equal(await listing(await test.restart()), '0:a');
    assert.equal(await listing(test.log('t', 2)), '0:b');
    assert.equal(test.store.topics().length, 1);
    assert.deepEqual([test.store.topic('t')!.topicId, test.store.topic('t')!.partitions], [topicId, 3]);
    assert.ok(test.store.recovery.findings.some(({ kind }) => kind === 'topic-adopted'));
  }
});

test('a torn end of the metadata is cut, whole changes stay', async () => {
  const test = await TestStore.open();
  test.topic();
  const whole = test.disk.sizeBytes('/data/metadata.journal');
  test.topic({}, 'u');
  test.disk.open('/data/metadata.journal', 'write').truncate(whole + 20);
  await test.kill();
  assert.deepEqual(
    test.store.topics().map(({ name }) => name),
    ['t'],
  );
  assert.equal(test.store.recovery.findings[0]!.kind, 'metadata-tail-cut');
  test.topic({}, 'u');
  await test.restart();
  assert.equal(test.store.topics().length, 2);
});

test('metadata of a later version is refused, not overwritten', async () => {
  const test = await TestStore.open();
  await test.store.close();
  const { encodeLine } = await import('./checked-lines.ts');
  const later = Buffer.from(encodeLine(['headwater-metadata', 2]));
  test.disk.replaceFile('/data/metadata.journal', later, true);
  await assert.rejects(test.restart(), { code: 'HW_BROKER_DATA_DIR_UNREADABLE' });
  assert.ok(test.disk.readFile('/data/metadata.journal').equals(later));
});

test('the journal is rewritten when it is mostly history', async () => {
  const test = await TestStore.open();
  test.topic();
  for (let n = 0; n < 5000; n++) test.store.values.set('counter', String(n));
  const log = test.log();
  log.append(batchOf(['a']));
  log.deleteRecords(1);
  assert.ok(test.disk.sizeBytes('/data/metadata.journal') < 100_000);
  await test.kill();
  assert.deepEqual([test.store.values.get('counter'), test.log().logStartOffset], ['4999', 1]);
});

test('producer ids never come twice, not even after kill -9', async () => {
  const test = await TestStore.open();
  const seen = new Set<number>();
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 1500; n++) seen.add(test.store.nextProducerId());
    await (round === 0 ? test.restart() : test.kill()).catch(() => {});
  }
  assert.equal(seen.size, 4500);
});

test('the data directory belongs to one store at a time, and a closed store says so', async () => {
  const test = await TestStore.open();
  await assert.rejects(TestStore.open({}, test.disk), { code: 'HW_BROKER_DATA_DIR_LOCKED' });
  const log = test.topic();
  await test.store.close();
  assert.throws(() => log.append(batchOf(['a'])), { code: 'HW_BROKER_STORAGE_CLOSED' });
  assert.throws(() => test.topic({}, 'u'), { code: 'HW_BROKER_STORAGE_CLOSED' });
  await TestStore.open({}, test.disk);
});

test('a wrong setting of the store is refused at the start', async () => {
  await assert.rejects(TestStore.open({ 'headwater.cache.bytes': 'lots' }), { kafkaError: 'INVALID_CONFIG' });
  await assert.rejects(
    TestStore.open({ 'log.segment.bytes': 'lots' }).then((test) => test.topic()),
    { kafkaError: 'INVALID_CONFIG' },
  );
});
