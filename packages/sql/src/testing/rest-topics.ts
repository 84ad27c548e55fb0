import { type CommittedOffset, type FetchPosition, type KafkaClient, OffsetSpec } from '@headwater/client';
import { murmur2Partition, type RecordView } from '@headwater/protocol';
import type { JsonValue } from '@headwater/serdes';
import type { DataSource } from '../catalog/data-source.ts';
import { queryGroup } from '../engine/query-group.ts';
import { schemaBookOf } from '../formats/registry/schema-book.ts';
import { sourceCodecSpec } from '../plan/physical/source-flow.ts';
import type { SqlServer } from '../server/start-sql.ts';
import { recordDifference } from './compare-record.ts';
import { MemoryTopics } from './memory-cluster.ts';
import { declaredSources, prepareTopics } from './prepare-topics.ts';
import { recordBytesCodec, splitRecordWindow, withRecordWindow } from './record-bytes.ts';
import { registerDeclared, registerSchemas, type TestRegistry } from './register-schemas.ts';
import type { TestCase, TestRecord } from './test-case.ts';

export interface RestCluster {
  readonly client: KafkaClient;
  readonly registry: TestRegistry;
  readonly server: SqlServer;
  /** Aborted when the case takes too long. */
  readonly signal: AbortSignal;
}

type Part = 'key' | 'value';

/** Makes a case's topics and registers its schemas, before the first statement. */
export async function prepareCluster(test: TestCase, { client, registry }: RestCluster): Promise<void> {
  const topics = new MemoryTopics();
  prepareTopics(test, topics);
  const wanted = topics.all.map(({ name, partitions }) => ({ name, partitions, replicationFactor: 1 }));
  for (const { error, name } of wanted.length > 0 ? await client.createTopics(wanted) : []) {
    if (error) throw new Error(`topic ${name}: ${error.message}`);
  }
  await registerDeclared(test, declaredSources(test, new Map()), registry);
  await registerSchemas(test, registry);
}

/**
 * Produces a case's records, each where Java's client would put it, and in their order within a topic. Among topics the earlier time comes
 * first: ksqlDB's queries take their time to start, and find all records there, of which they work on the earliest.
 */
export async function produceInputs({ inputs }: TestCase, { client, registry, server }: RestCluster): Promise<void> {
  const { topics } = await client.metadata(null);
  const encoders = new Map<string, (record: TestRecord) => { key: Buffer | null; value: Buffer | null }>();
  for (const topic of new Set(inputs.map((each) => each.topic))) {
    const source = sourceOfTopic(server, topic);
    const [key, value] = [await writerOf(source, 'key', registry), await writerOf(source, 'value', registry)];
    encoders.set(topic, (record) => {
      const plainKey = key(record.key);
      const keyBytes = record.window === null ? plainKey : withRecordWindow(plainKey, record.window);
      return { key: keyBytes, value: value(record.value) };
    });
  }
  for (const record of earliestFirst([...byTopic(inputs).values()])) {
    const { headers, timestamp, topic } = record;
    const { key, value } = encoders.get(topic)!(record);
    const count = topics.find(({ name }) => name === topic)?.partitions.length ?? 1;
    const partition = key === null ? 0 : murmur2Partition(key, count);
    await client.produce({
      topic,
      partition,
      records: [{ key, value, timestamp: timestamp ?? 0, headers: [...headers] }],
    });
  }
}

/** Takes from the lists the first record that is not later than the first ones of the others. */
function* earliestFirst(lists: TestRecord[][]): Generator<TestRecord> {
  const timeOf = (list: TestRecord[]) => list[0]?.timestamp ?? (list.length === 0 ? Number.POSITIVE_INFINITY : 0);
  for (;;) {
    const next = lists.reduce((one, other) => (timeOf(other) < timeOf(one) ? other : one), []);
    const record = next.shift();
    if (record === undefined) return;
    yield record;
  }
}

function byTopic(records: readonly TestRecord[]): Map<string, TestRecord[]> {
  const topics = new Map<string, TestRecord[]>();
  for (const record of records) topics.set(record.topic, [...(topics.get(record.topic) ?? []), record]);
  return topics;
}

function sourceOfTopic({ engine }: SqlServer, topic: string): DataSource {
  const source = engine.catalog.sources.find((each) => each.topic === topic);
  if (source === undefined) throw new Error(`no stream or table has the topic ${topic}`);
  return source;
}

async function writerOf(
  source: DataSource,
  part: Part,
  { client }: TestRegistry,
): Promise<(json: JsonValue) => Buffer | null> {
  const found = await client.version(`${source.topic}-${part}`, 'latest').catch(() => undefined);
  if (found !== undefined) await schemaBookOf(client).fetch(found.id);
  const codec = recordBytesCodec(sourceCodecSpec(source, part, { registry: client }), found?.id);
  return (json) => codec.encode(json);
}

/** Waits until each query has committed all records of its topics; results of one are what the next one reads. */
export async function untilCaughtUp(cluster: RestCluster): Promise<void> {
  let before = '';
  for (;;) {
    cluster.signal.throwIfAborted();
    const { tasks } = cluster.server.streams.metrics;
    const ends = await endsOf(
      cluster,
      tasks.flatMap(({ inputs }) => inputs),
    );
    const committed = await committedOffsets(cluster, new Set(tasks.map(({ topology }) => topology)));
    let isDone = true;
    for (const { inputs, topology } of tasks) {
      for (const { partition, topic } of inputs) {
        const end = ends[topic]?.[partition]?.offset ?? 0;
        const offset = committed.get(`${topology}/${topic}/${partition}`) ?? 0;
        if (isDone && offset < end) isDone = !(await hasRecords(cluster, { topic, partition, offset }, end));
      }
    }
    // What was produced meanwhile would show as other ends.
    const seen = JSON.stringify(ends);
    if (isDone && seen === before) return;
    before = isDone ? seen : '';
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Whether there is more than the ends of transactions, which nobody commits an offset behind. */
async function hasRecords({ client, signal }: RestCluster, position: FetchPosition, end: number): Promise<boolean> {
  while (position.offset < end) {
    const [fetched] = await client.fetch([position], { isolation: 'read_uncommitted', signal });
    if (fetched === undefined || fetched.errorCode !== 0 || fetched.nextOffset <= position.offset) return true;
    for (const batch of fetched.batches) {
      for (const { offset } of batch.records()) if (offset >= position.offset) return true;
    }
    position.offset = fetched.nextOffset;
  }
  return false;
}

async function endsOf({ client }: RestCluster, inputs: readonly { topic: string; partition: number }[]) {
  const wanted: Record<string, Record<number, number>> = {};
  for (const { partition, topic } of inputs) (wanted[topic] ??= {})[partition] = OffsetSpec.latest;
  return client.listOffsetsOf(wanted);
}

async function committedOffsets(
  { client, server: { engine } }: RestCluster,
  runs: ReadonlySet<string>,
): Promise<Map<string, number>> {
  const all = new Map<string, number>();
  for (const query of engine.queries.values()) {
    if (!runs.has(query.runId)) continue;
    const offsets = await client.committedOffsets(queryGroup(engine, query)).catch((): CommittedOffset[] => []);
    for (const { offset, partition, topic } of offsets) all.set(`${query.runId}/${topic}/${partition}`, offset);
  }
  return all;
}

/** What is wrong with the first records of the topics that a case expects some of. */
export async function outputDifferences({ outputs }: TestCase, cluster: RestCluster): Promise<string[]> {
  const differences: string[] = [];
  for (const [topic, records] of byTopic(outputs)) {
    const difference = await topicDifference(topic, records, cluster);
    if (difference !== undefined) differences.push(`${topic}: ${difference}`);
  }
  return differences;
}

/** Records have their order within a partition only: each expected one is the next of one of them. */
async function topicDifference(
  topic: string,
  expected: readonly TestRecord[],
  cluster: RestCluster,
): Promise<string | undefined> {
  const source = sourceOfTopic(cluster.server, topic);
  const partitions = await readTopic(topic, cluster);
  const total = partitions.reduce((sum, records) => sum + records.length, 0);
  if (total < expected.length) return `${total} records instead of ${expected.length}`;
  const codec = (part: Part) => recordBytesCodec(sourceCodecSpec(source, part, { registry: cluster.registry.client }));
  const [key, value] = [codec('key'), codec('value')];
  const { window } = source.keyFormat;
  const difference = (wanted: TestRecord, record: RecordView) => {
    const split = window === null || record.key === null ? null : splitRecordWindow(record.key, window.sizeMs);
    const isWindow =
      wanted.window === null ||
      (split !== null && wanted.window.startMs === split.window.startMs && wanted.window.endMs === split.window.endMs);
    return (
      recordDifference(wanted.key, key.decode(split?.key ?? record.key)) ??
      recordDifference(wanted.value, value.decode(record.value)) ??
      (isWindow ? undefined : `window ${split?.window.startMs} to ${split?.window.endMs}`) ??
      (wanted.timestamp === null || wanted.timestamp === record.timestamp
        ? undefined
        : `timestamp ${record.timestamp} instead of ${wanted.timestamp}`)
    );
  };
  for (const [at, wanted] of expected.entries()) {
    const differences: string[] = [];
    const next = partitions.find((records) => {
      const different = records.length === 0 ? 'no more records' : difference(wanted, records[0]!);
      if (different !== undefined) differences.push(different);
      return different === undefined;
    });
    if (next === undefined) return `record ${at}: ${[...new Set(differences)].join('; ')}`;
    next.shift();
  }
  return undefined;
}

/** What was committed to a topic until now, partition by partition, with the schemas that it was written with. */
async function readTopic(topic: string, { client, registry, signal }: RestCluster): Promise<RecordView[][]> {
  const { topics } = await client.metadata([topic], { signal });
  const count = topics[0]?.partitions.length ?? 0;
  const wanted = Object.fromEntries(Array.from({ length: count }, (_, at) => [at, OffsetSpec.latest]));
  const isolation = 'read_committed';
  const ends = await client.listOffsets(topic, wanted, { isolation, signal });
  const partitions: RecordView[][] = [];
  for (let partition = 0; partition < count; partition++) {
    const records: RecordView[] = [];
    const position: FetchPosition = { topic, partition, offset: 0 };
    while (position.offset < ends[partition]!.offset) {
      const [fetched] = await client.fetch([position], { isolation, maxWaitMs: 100, signal });
      if (fetched === undefined || fetched.errorCode !== 0) throw new Error(`${topic} cannot be read`);
      for (const batch of fetched.batches) records.push(...batch.records());
      position.offset = fetched.nextOffset;
    }
    partitions.push(records);
  }
  for (const { key, value } of partitions.flat()) {
    for (const data of [key, value]) {
      if (data !== null && data.length > 5 && data[0] === 0) {
        await schemaBookOf(registry.client)
          .fetch(data.readUInt32BE(1))
          .catch(() => {});
      }
    }
  }
  return partitions;
}
