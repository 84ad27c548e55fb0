import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ApiKey } from '@headwater/protocol';
import { type Broker, startBroker } from '../../index.ts';
import { batch, createTopic, fetchBody, produce, temporaryDir, testBroker } from '../../test/fixtures.ts';
import { RawClient } from '../../test/raw-client.ts';
import { memoryFiles, openLogStore } from '../storage/index.ts';
import { restoreSnapshot } from './read-snapshot.ts';
import { snapshotChunks } from './write-snapshot.ts';

async function fill(client: RawClient): Promise<void> {
  await createTopic(client, 'orders', 2);
  await createTopic(client, 'empty');
  await produce(client, 'orders', batch(['a', 'b', 'c']));
  await produce(client, 'orders', batch(['d'], { producerId: 7, producerEpoch: 0, baseSequence: 0 }), { partition: 1 });
  const partitions = [{ partitionIndex: 0, committedOffset: 2, committedMetadata: 'two' }];
  const topics = [{ name: 'orders', partitions }];
  await client.call(ApiKey.OffsetCommit, 2, { groupId: 'billing', memberId: '', topics });
  const deleted = [{ name: 'orders', partitions: [{ partitionIndex: 0, offset: 1 }] }];
  await client.call(ApiKey.DeleteRecords, 2, { topics: deleted, timeoutMs: 1_000 });
  const configs = [{ name: 'retention.ms', configOperation: 0, value: '123456' }];
  await client.call(ApiKey.IncrementalAlterConfigs, 1, {
    resources: [{ resourceType: 2, resourceName: 'orders', configs }],
    validateOnly: false,
  });
}

/** All that a client can see of what `fill` did. */
async function seen(broker: Broker): Promise<unknown> {
  const client = await RawClient.connect(broker);
  try {
    const described = await client.call(ApiKey.Metadata, 12, { topics: null });
    const parts = [];
    for (const [partition, offset] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const answer = await client.call(ApiKey.Fetch, 11, fetchBody('orders', offset, { partitions: [partition] }));
      const { highWatermark, logStartOffset, records } = answer.responses[0]!.partitions[0]!;
      parts.push([highWatermark, logStartOffset, records?.toString('hex')]);
    }
    const wanted = { groupId: 'billing', topics: [{ name: 'orders', partitionIndexes: [0] }] };
    const offsets = await client.call(ApiKey.OffsetFetch, 5, wanted);
    const keys = [{ resourceType: 2, resourceName: 'orders', configurationKeys: ['retention.ms'] }];
    const configs = await client.call(ApiKey.DescribeConfigs, 4, { resources: keys });
    const topics = described.topics.map(({ name, partitions, topicId }) => [name, topicId, partitions.length]);
    return {
      clusterId: described.clusterId,
      topics: topics.sort(),
      parts,
      offsets: offsets.topics,
      configs: configs.results,
    };
  } finally {
    client.close();
  }
}

test('a snapshot of a broker in memory makes another like it, in memory and on disk, and back', async (t) => {
  const { broker, client } = await testBroker(t);
  await fill(await client());
  const bytes = await broker.snapshot();
  const expected = await seen(broker);
  await using copy = await startBroker({ snapshot: bytes });
  assert.deepEqual(await seen(copy), expected);
  const dir = await temporaryDir(t);
  await using onDisk = await startBroker({ dataDir: join(dir, 'data'), snapshot: bytes });
  assert.deepEqual(await seen(onDisk), expected);
  assert.deepEqual([onDisk.recovery.isClean, onDisk.recovery.findings], [true, []]);
  await onDisk.restart();
  assert.deepEqual(await seen(onDisk), expected);
  const file = join(dir, 'state.tar.gz');
  await onDisk.snapshot(file);
  assert.deepEqual((await readdir(dir)).sort(), ['data', 'state.tar.gz']);
  await using back = await startBroker({ snapshot: file });
  assert.deepEqual(await seen(back), expected);
  await using streamed = await startBroker({ snapshot: back.snapshotStream() });
  assert.deepEqual(await seen(streamed), expected);
});

test('the copy goes on by itself: offsets, sequences and producer ids continue', async (t) => {
  const { broker, client } = await testBroker(t);
  await fill(await client());
  const before = await (await client()).call(ApiKey.InitProducerId, 4, {
    transactionalId: null,
    transactionTimeoutMs: 0,
  });
  await using copy = await startBroker({ snapshot: await broker.snapshot() });
  const raw = await RawClient.connect(copy);
  t.after(() => raw.close());
  assert.equal((await produce(raw, 'orders', batch(['e']))).baseOffset, 3);
  const again = batch(['d'], { producerId: 7, producerEpoch: 0, baseSequence: 0 });
  assert.equal((await produce(raw, 'orders', again, { partition: 1 })).baseOffset, 0, 'sent twice, there once');
  const after = await raw.call(ApiKey.InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 });
  assert.ok(after.producerId > before.producerId);
  assert.equal(
    (await produce(await client(), 'orders', batch(['other']))).baseOffset,
    3,
    'the first one did not notice',
  );
});

test('while clients write: a prefix of every partition, and offsets committed below its end', async (t) => {
  const { broker, client } = await testBroker(t, { config: { 'log.segment.bytes': 16_384 } });
  const raw = await client();
  await createTopic(raw, 'orders', 2);
  let isOver = false;
  const value = 'x'.repeat(200);
  const writing = (async () => {
    while (!isOver) {
      const { baseOffset } = await produce(raw, 'orders', batch([value, value]));
      const partitions = [{ partitionIndex: 0, committedOffset: baseOffset + 2, committedMetadata: null }];
      await raw.call(ApiKey.OffsetCommit, 2, {
        groupId: 'billing',
        memberId: '',
        topics: [{ name: 'orders', partitions }],
      });
    }
  })();
  const end = async (of: Broker) => {
    const reader = await RawClient.connect(of);
    const wanted = { groupId: 'billing', topics: [{ name: 'orders', partitionIndexes: [0] }] };
    const committed = (await reader.call(ApiKey.OffsetFetch, 5, wanted)).topics[0]!.partitions[0]!.committedOffset;
    const answer = await reader.call(ApiKey.Fetch, 11, fetchBody('orders', 0));
    reader.close();
    return { committed, end: answer.responses[0]!.partitions[0]!.highWatermark };
  };
  while ((await end(broker)).end < 300) await new Promise((resolve) => setImmediate(resolve));
  for (let round = 0; round < 3; round++) {
    const before = await end(broker);
    const bytes = await broker.snapshot();
    await using copy = await startBroker({ snapshot: bytes });
    const found = await end(copy);
    assert.ok(
      found.end >= before.end && found.committed >= before.committed,
      'nothing acknowledged before it is missing',
    );
    assert.ok(found.committed <= found.end, `committed ${found.committed}, end ${found.end}`);
  }
  isOver = true;
  await writing;
});

test('a topic that is deleted while it is read is not in the snapshot, and the rest is', async () => {
  const store = await openLogStore({ files: memoryFiles(), dir: '/data' });
  for (const name of ['first', 'second']) {
    store.createTopic({ name, partitions: 1 });
    store.partition(name, 0)!.append(batch([name]));
  }
  const chunks = snapshotChunks(store, 'cluster', 0);
  const parts = [(await chunks.next()).value as Buffer];
  await store.deleteTopic('second');
  store.createTopic({ name: 'second', partitions: 3 });
  store.partition('second', 0)!.append(batch(['another']));
  for await (const part of chunks) parts.push(part);
  await store.close();
  const files = memoryFiles();
  await restoreSnapshot(files, '/copy', Buffer.concat(parts));
  const copy = await openLogStore({ files, dir: '/copy' });
  assert.deepEqual(
    copy.topics().map(({ name }) => name),
    ['first'],
  );
  assert.deepEqual(copy.recovery.findings, []);
  assert.equal(copy.partition('first', 0)!.highWatermark, 1);
  await copy.close();
});

test('restore in place: same address, the state of the snapshot; a bad one changes nothing', async (t) => {
  for (const dataDir of [undefined, join(await temporaryDir(t), 'data')]) {
    const { broker, client } = await testBroker(t, dataDir === undefined ? {} : { dataDir });
    await fill(await client());
    const fixture = await broker.snapshot();
    const expected = await seen(broker);
    const { bootstrap } = broker;
    const raw = await client();
    await raw.call(ApiKey.DeleteTopics, 4, { topicNames: ['orders'], timeoutMs: 1_000 });
    const damagedOne = Buffer.from(fixture);
    const at = damagedOne.indexOf('headwater-metadata');
    damagedOne[at] = damagedOne[at]! ^ 1;
    await assert.rejects(broker.restore(damagedOne), { code: 'HW_BROKER_SNAPSHOT' });
    await raw.call(ApiKey.ApiVersions, 0, {});
    await broker.restore(fixture);
    assert.equal(broker.bootstrap, bootstrap);
    assert.deepEqual(await seen(broker), expected);
    if (dataDir !== undefined) assert.deepEqual(await readdir(join(dataDir, '..')), ['data']);
  }
});

test('what cannot be restored says why, and leaves nothing behind', async (t) => {
  const { broker, client } = await testBroker(t);
  await fill(await client());
  const bytes = await broker.snapshot();
  const dir = await temporaryDir(t);
  const refused = async (snapshot: Buffer | string, message: RegExp) => {
    await assert.rejects(startBroker({ dataDir: dir, snapshot }), { code: 'HW_BROKER_SNAPSHOT', message });
    assert.deepEqual(await readdir(dir), []);
  };
  await refused(Buffer.alloc(0), /it ends in the middle/);
  await refused(join(dir, 'absent.tar'), /ENOENT/);
  await refused(Buffer.from('no tar file at all'), /ends in the middle/);
  // After the checksums there is nothing that counts.
  for (let cut = 600; cut < bytes.indexOf('["end",'); cut += 511)
    await refused(bytes.subarray(0, cut), /cannot be read/);
  const later = Buffer.from(bytes);
  later.write('["headwater-snapshot",9', later.indexOf('["headwater-snapshot"'));
  await refused(later, /its first line makes no sense/);
  await using other = await startBroker({ dataDir: dir });
  void other;
  await assert.rejects(startBroker({ dataDir: dir, snapshot: bytes }), {
    code: 'HW_BROKER_SNAPSHOT',
    message: /holds a broker already/,
  });
});

test('it is a tar file, with long names too', async (t) => {
  const { broker, client } = await testBroker(t);
  const raw = await client();
  const name = 'long-'.repeat(40);
  await createTopic(raw, name);
  await produce(raw, name, batch(['a']));
  const file = join(await temporaryDir(t), 'state.tar');
  await broker.snapshot(file);
  const listed = execFileSync('tar', ['tf', file], { encoding: 'utf8' }).split('\n');
  assert.ok(listed.includes(`${name}-0/00000000000000000000.log`));
  await using copy = await startBroker({ snapshot: file });
  const reader = await RawClient.connect(copy);
  t.after(() => reader.close());
  assert.equal((await reader.call(ApiKey.Fetch, 11, fetchBody(name, 0))).responses[0]!.partitions[0]!.highWatermark, 1);
});
