import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey } from '@headwater/protocol';
import { batch, temporaryDir, testBroker } from './fixtures.ts';
import type { RawClient } from './raw-client.ts';

const topicCount = 20;
const partitionsEach = 150;
const maxOpenFiles = 64;
const config = { 'headwater.max.open.files': maxOpenFiles };
const names = Array.from({ length: topicCount }, (_, index) => `many-${index}`);
const indexes = Array.from({ length: partitionsEach }, (_, index) => index);

async function endOffsets(client: RawClient): Promise<Set<number>> {
  const topics = names.map((name) => ({
    name,
    partitions: indexes.map((partitionIndex) => ({ partitionIndex, timestamp: -1 })),
  }));
  const answer = await client.call(ApiKey.ListOffsets, 7, { replicaId: -1, topics });
  const partitions = answer.topics.flatMap((topic) => topic.partitions);
  assert.equal(partitions.length, topicCount * partitionsEach);
  assert.ok(partitions.every(({ errorCode }) => errorCode === 0));
  return new Set(partitions.map(({ offset }) => offset));
}

async function writeAll(client: RawClient): Promise<void> {
  for (const name of names) {
    const partitionData = indexes.map((index) => ({ index, records: batch(['x']) }));
    const body = { acks: -1, timeoutMs: 30_000, topicData: [{ name, partitionData }] };
    const { responses } = await client.call(ApiKey.Produce, 9, body);
    assert.ok(responses[0]!.partitionResponses.every(({ errorCode }) => errorCode === 0));
  }
}

function openFiles(metrics: string): number {
  return Number(/^headwater_kafka_storage_open_files (\d+)/m.exec(metrics)![1]);
}

test('3,000 partitions are made, written, listed and found again, with few open files', async (t) => {
  const dataDir = await temporaryDir(t);
  const { broker, client } = await testBroker(t, { dataDir, config, adminPort: 0 });
  const raw = await client();
  const topics = names.map((name) => ({
    name,
    numPartitions: partitionsEach,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  }));
  const made = await raw.call(ApiKey.CreateTopics, 7, { topics });
  assert.ok(made.topics.every(({ errorCode }) => errorCode === 0));
  await writeAll(raw);
  await writeAll(raw);
  const metrics = async () => openFiles(await (await fetch(`${broker.adminUrl}/metrics`)).text());
  const few = await metrics();
  assert.ok(few > 0 && few <= maxOpenFiles, `${few} files are open`);
  const all = await raw.call(ApiKey.Metadata, 12, { topics: null });
  assert.equal(
    all.topics.filter(({ name }) => names.includes(name!)).flatMap(({ partitions }) => partitions).length,
    topicCount * partitionsEach,
  );
  const described = await raw.call(ApiKey.DescribeLogDirs, 4, { topics: null });
  assert.equal(
    described.results[0]!.topics.flatMap(({ partitions }) => partitions).length,
    topicCount * partitionsEach,
  );
  await broker.restart();
  assert.deepEqual(await endOffsets(await client()), new Set([2]));
  await writeAll(await client());
  await broker.restart({ crash: true });
  assert.equal(broker.recovery.isClean, false);
  assert.deepEqual(await endOffsets(await client()), new Set([3]));
  assert.ok((await metrics()) <= maxOpenFiles);
});
