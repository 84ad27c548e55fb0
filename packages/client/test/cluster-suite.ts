/** What this client promises, run on the embedded broker and on Apache Kafka alike. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientError, type ClientOptions, createClient, type KafkaClient, OffsetSpec } from '../index.ts';

import { consumerSuite } from './consumer-suite.ts';
import { transactionSuite } from './transaction-suite.ts';

/** A test with a client and the name of a topic, both gone afterwards. */
export type WithClient = (
  name: string,
  run: (client: KafkaClient, topic: string) => Promise<void>,
  options?: Partial<ClientOptions>,
) => void;

let topicNumber = 0;
/** Other tests may use the same cluster. */
const uniqueTopic = (label: string) => `hw-client-${label}-${process.pid}-${Date.now()}-${topicNumber++}`;

export function clusterSuite(bootstrap: () => string, skip: string | false): void {
  const withClient: WithClient = (name, run, options = {}) => {
    test(name, { skip, timeout: 60_000 }, async () => {
      const client = createClient({ bootstrap: bootstrap(), clientId: 'headwater-client-test', ...options });
      const topic = uniqueTopic('t');
      try {
        await run(client, topic);
      } finally {
        await client.deleteTopics([topic]).catch(() => {});
        await client.close();
      }
    });
  };

  withClient('creates, describes and deletes topics', async (client, topic) => {
    const created = await client.createTopics([{ name: topic, partitions: 3, configs: { 'retention.ms': 123_456 } }]);
    assert.equal(created[0]!.error, null);
    const again = await client.createTopics([{ name: topic }]);
    assert.equal(again[0]!.error!.kafkaName, 'TOPIC_ALREADY_EXISTS');
    const { topics, brokers } = await client.metadata([topic]);
    assert.deepEqual(
      topics[0]!.partitions.map(({ partition }) => partition),
      [0, 1, 2],
    );
    assert.equal(topics[0]!.topicId, created[0]!.topicId);
    assert.ok(brokers.length > 0);
    assert.ok((await client.metadata()).topics.some(({ name }) => name === topic));
    const [described] = await client.describeConfigs([{ type: 'topic', name: topic }], { keys: ['retention.ms'] });
    assert.deepEqual(
      described!.configs.map(({ name, value, isDefault }) => [name, value, isDefault]),
      [['retention.ms', '123456', false]],
    );
    assert.equal((await client.deleteTopics([topic]))[0]!.error, null);
    assert.equal((await client.deleteTopics([topic]))[0]!.error!.kafkaName, 'UNKNOWN_TOPIC_OR_PARTITION');
    const gone = await client.metadata([topic]);
    assert.equal(gone.topics[0]!.errorCode, 3);
  });

  withClient('changes settings, adds partitions, and tells where values come from', async (client, topic) => {
    await client.createTopics([{ name: topic, partitions: 1, configs: { 'retention.ms': '123456' } }]);
    const resource = { type: 'topic', name: topic } as const;
    const alter = async (changes: { name: string; value: string | null }[], validateOnly = false) =>
      (await client.alterConfigs([{ resource, changes }], { validateOnly }))[0]!.error?.kafkaName ?? null;
    assert.equal(await alter([{ name: 'cleanup.policy', value: 'compact' }], true), null);
    assert.equal(
      await alter([
        { name: 'segment.bytes', value: '2000000' },
        { name: 'retention.ms', value: null },
      ]),
      null,
    );
    assert.equal(await alter([{ name: 'segment.bytes', value: 'many' }]), 'INVALID_CONFIG');
    const keys = ['segment.bytes', 'retention.ms', 'cleanup.policy'];
    const [described] = await client.describeConfigs([resource], { keys, includeSynonyms: true });
    const byName = new Map(described!.configs.map((config) => [config.name, config]));
    assert.equal(byName.get('cleanup.policy')!.value, 'delete');
    assert.equal(byName.get('retention.ms')!.isDefault, true);
    assert.deepEqual(byName.get('segment.bytes')!.synonyms[0], {
      name: 'segment.bytes',
      value: '2000000',
      source: 'DYNAMIC_TOPIC_CONFIG',
    });
    assert.equal((await client.createPartitions({ [topic]: 3 }))[0]!.error, null);
    assert.equal((await client.createPartitions({ [topic]: 2 }))[0]!.error!.kafkaName, 'INVALID_PARTITIONS');
    const missing = await client.createPartitions({ [`${topic}-none`]: 2 });
    assert.equal(missing[0]!.error!.kafkaName, 'UNKNOWN_TOPIC_OR_PARTITION');
    assert.deepEqual(await client.listReassignments(), []);
    const any = { resourceType: 'ANY', patternType: 'ANY', operation: 'ANY', permission: 'ANY' } as const;
    const acls = client.describeAcls({ ...any, resourceName: null, principal: null, host: null });
    await acls.catch((error: ClientError) => assert.equal(error.kafkaName, 'SECURITY_DISABLED'));
  });

  withClient('tells the outcome of each record', async (client, topic) => {
    await client.createTopics([{ name: topic, partitions: 2, configs: { 'max.message.bytes': 2_000 } }]);
    const producer = client.producer({ lingerMs: 0 });
    const outcomes = await producer.sendEach({
      topic,
      records: [
        { key: null, value: 'a', partition: 1 },
        { key: null, value: 'nowhere', partition: 7 },
        { key: null, value: 'x'.repeat(5_000), partition: 0 },
        { key: null, value: 'b', partition: 1 },
      ],
    });
    assert.deepEqual(
      outcomes.map((one) => (one instanceof ClientError ? one.kafkaName : one instanceof Error ? one : one.offset)),
      [0, 'UNKNOWN_TOPIC_OR_PARTITION', 'MESSAGE_TOO_LARGE', 1],
    );
    await producer.close();
  });

  withClient('produces to a partition and reads the same bytes back', async (client, topic) => {
    await client.createTopics([{ name: topic, partitions: 2 }]);
    const records = [
      { key: 'k', value: '{"id":9007199254740993}', timestamp: 1_700_000_000_000, headers: [{ key: 'h', value: 'x' }] },
      { key: null, value: Buffer.from([0, 255, 128]), timestamp: 1_700_000_000_001 },
      { key: 'gone', value: null, timestamp: 1_700_000_000_002, headers: [{ key: 'n', value: null }] },
    ];
    const sent = await client.produce({ topic, partition: 1, records });
    assert.equal(sent.partition, 1);
    assert.equal(sent.baseOffset, 0);
    assert.deepEqual(
      sent.records.map(({ offset, timestamp }) => [offset, timestamp]),
      [
        [0, 1_700_000_000_000],
        [1, 1_700_000_000_001],
        [2, 1_700_000_000_002],
      ],
    );
    const [fetched] = await client.fetch([{ topic, partition: 1, offset: 1 }]);
    assert.equal(fetched!.highWatermark, 3);
    const read = fetched!.batches.flatMap((batch) => batch.records());
    assert.deepEqual(read, [
      { offset: 1, timestamp: 1_700_000_000_001, key: null, value: Buffer.from([0, 255, 128]), headers: [] },
      {
        offset: 2,
        timestamp: 1_700_000_000_002,
        key: Buffer.from('gone'),
        value: null,
        headers: [{ key: 'n', value: null }],
      },
    ]);
  });

  withClient('acks 0 and 1 write, too', async (client, topic) => {
    await client.createTopics([{ name: topic, partitions: 1 }]);
    const none = await client.produce({ topic, acks: 0, records: [{ value: 'a' }] });
    assert.equal(none.baseOffset, -1);
    const one = await client.produce({ topic, acks: 1, records: [{ value: 'b' }] });
    assert.ok(one.baseOffset >= 0);
    const tail = client.tail({ topics: [topic], from: 'earliest' });
    const values = new Set<string>();
    for await (const batch of tail) {
      for (const record of batch.records()) values.add(String(record.value));
      if (values.size === 2) break;
    }
    assert.deepEqual([...values].sort(), ['a', 'b']);
  });

  withClient(
    'tails of one client that are left at the same time end, and nothing of them stays',
    async (client, topic) => {
      const counts = [40, 7];
      const topics = counts.map((_, i) => `${topic}-${i}`);
      await client.createTopics(topics.map((name) => ({ name, partitions: 3 })));
      await Promise.all(
        topics.flatMap((name, i) =>
          Array.from({ length: counts[i]! }, () => client.produce({ topic: name, records: [{ value: 'v' }] })),
        ),
      );
      const read = async (name: string, count: number): Promise<number> => {
        let seen = 0;
        for await (const batch of client.tail({ topics: [name], from: 'earliest' })) {
          seen += batch.header.recordsCount;
          if (seen >= count) break;
        }
        return seen;
      };
      for (let round = 0; round < 5; round++) {
        assert.deepEqual(await Promise.all(topics.map((name, i) => read(name, counts[i]!))), counts);
      }
      await client.deleteTopics(topics);
    },
  );

  withClient('finds offsets by time, at both ends, and of the latest timestamp', async (client, topic) => {
    await client.createTopics([{ name: topic, partitions: 2 }]);
    for (const timestamp of [1000, 3000, 2000]) {
      await client.produce({ topic, partition: 0, records: [{ value: 'v', timestamp }] });
    }
    const at = async (spec: number) => (await client.listOffsets(topic, { 0: spec }))[0]!;
    assert.equal((await at(OffsetSpec.earliest)).offset, 0);
    assert.equal((await at(OffsetSpec.latest)).offset, 3);
    assert.equal((await at(1500)).offset, 1);
    assert.equal((await at(4000)).offset, -1);
    assert.deepEqual(
      [(await at(OffsetSpec.maxTimestamp)).offset, (await at(OffsetSpec.maxTimestamp)).timestamp],
      [1, 3000],
    );
    const many = await client.listOffsetsOf({ [topic]: { 0: OffsetSpec.latest, 1: OffsetSpec.latest } });
    assert.deepEqual([many[topic]![0]!.offset, many[topic]![1]!.offset], [3, 0]);
  });

  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    withClient(
      `a producer batches ${compression === 'none' ? 'records' : `${compression} records`}, keys keep their partition`,
      async (client, topic) => {
        await client.createTopics([{ name: topic, partitions: 3 }]);
        const producer = client.producer({ lingerMs: 2, compression, batchBytes: 20_000 });
        const count = 3000;
        const results = await Promise.all(
          Array.from({ length: count }, (_, i) =>
            producer.send({ topic, records: [{ key: `key-${i % 50}`, value: `value-${i}` }] }),
          ),
        );
        await producer.close();
        const places = new Map(results.flat().map(({ partition, offset }, i) => [`${partition}:${offset}`, i]));
        assert.equal(places.size, count, 'every record has a place of its own');
        let seen = 0;
        let batches = 0;
        const lastOfKey = new Map<string, number>();
        for await (const batch of client.tail({ topics: [topic], from: 'earliest' })) {
          batches++;
          assert.equal(batch.header.compression, compression);
          for (const record of batch.records()) {
            const i = places.get(`${batch.partition}:${record.offset}`)!;
            assert.equal(String(record.value), `value-${i}`);
            assert.equal(String(record.key), `key-${i % 50}`);
            assert.ok(
              i > (lastOfKey.get(String(record.key)) ?? -1),
              'records of a key are in the order in which they were sent',
            );
            lastOfKey.set(String(record.key), i);
            seen++;
          }
          if (seen === count) break;
        }
        assert.ok(batches < count / 20, `${batches} batches`);
      },
    );
  }

  withClient('records without a key spread over partitions, batch by batch', async (client, topic) => {
    await client.createTopics([{ name: topic, partitions: 4 }]);
    const producer = client.producer({ lingerMs: 0 });
    const used = new Set<number>();
    for (let i = 0; i < 40; i++) {
      const sent = await producer.send({ topic, records: [{ value: 'a' }, { value: 'b' }] });
      assert.equal(sent[0]!.partition, sent[1]!.partition);
      used.add(sent[0]!.partition);
    }
    assert.ok(used.size > 1);
  });

  withClient('a tail follows what is new, from where it is told', async (client, topic) => {
    await client.createTopics([{ name: topic, partitions: 2 }]);
    await client.produce({ topic, partition: 0, records: [{ value: 'old', timestamp: 1000 }] });
    const tail = client.tail({ topics: [topic], from: 'latest', maxWaitMs: 100 });
    await tail.start();
    await client.produce({ topic, partition: 0, records: [{ value: 'new-0', timestamp: 5000 }] });
    await client.produce({ topic, partition: 1, records: [{ value: 'new-1', timestamp: 5000 }] });
    const values: string[] = [];
    for await (const batch of tail) {
      values.push(...batch.records().map(({ value }) => String(value)));
      if (values.length === 2) {
        assert.deepEqual(tail.offsets(), { [topic]: { 0: 2, 1: 1 } });
        break;
      }
    }
    assert.deepEqual(values.sort(), ['new-0', 'new-1']);

    const first = async (options: Parameters<KafkaClient['tail']>[0]) => {
      for await (const batch of client.tail(options)) return String(batch.records()[0]!.value);
    };
    assert.equal(await first({ topics: [topic], partitions: [0], from: 'earliest' }), 'old');
    assert.equal(await first({ topics: [topic], partitions: [0], from: { timestamp: 2000 } }), 'new-0');
    assert.equal(
      await first({ topics: [topic], partitions: { [topic]: [0] }, from: { offsets: { [topic]: { 0: 1 } } } }),
      'new-0',
    );
    // Past the end: it goes on at the start of the log, or fails when told to.
    assert.equal(await first({ topics: [topic], partitions: [0], from: { offsets: { [topic]: { 0: 99 } } } }), 'old');
    await assert.rejects(
      first({ topics: [topic], partitions: [0], from: { offsets: { [topic]: { 0: 99 } } }, onOutOfRange: 'fail' }),
      { code: 'HW_CLIENT_BROKER_ERROR', kafkaName: 'OFFSET_OUT_OF_RANGE' },
    );
  });

  withClient('a tail ends by abort, by close, and with its client', async (client, topic) => {
    await client.createTopics([{ name: topic, partitions: 1 }]);
    const controller = new AbortController();
    const aborted = client.tail({ topics: [topic], from: 'latest', maxWaitMs: 30_000, signal: controller.signal });
    await aborted.start();
    const waiting = aborted.next();
    controller.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
    const closed = client.tail({ topics: [topic], from: 'latest', maxWaitMs: 30_000 });
    await closed.start();
    const end = closed.next();
    await closed.close();
    await closed.close();
    assert.equal((await end).done, true);
    const left = client.tail({ topics: [topic], from: 'latest', maxWaitMs: 30_000 });
    await left.start();
    const last = left.next();
    await client.close();
    assert.equal((await last).done, true);
    await assert.rejects(client.metadata(), { code: 'HW_CLIENT_CLOSED' });
  });

  withClient('a slow reader holds the fetching up, not the memory', async (client, topic) => {
    await client.createTopics([{ name: topic, partitions: 1 }]);
    const value = Buffer.alloc(50_000, 'x');
    for (let i = 0; i < 40; i++) await client.produce({ topic, records: [{ value }] });
    const tail = client.tail({ topics: [topic], from: 'earliest', maxBytes: 100_000, maxBufferedBytes: 200_000 });
    let taken = 0;
    for await (const batch of tail) {
      taken += batch.records().length;
      // The queue holds what fits, and the one answer that was under way.
      assert.ok(tail.bufferedSizeBytes < 400_000, `${tail.bufferedSizeBytes} bytes`);
      await new Promise((resolve) => setImmediate(resolve));
      if (taken === 40) break;
    }
  });

  withClient('reads, sets and lists the offsets of a group', async (client, topic) => {
    await client.createTopics([{ name: topic, partitions: 2 }]);
    const group = `${topic}-group`;
    await client.commitOffsets(group, { [topic]: { 0: 7, 1: 8 } }, { metadata: 'by hand' });
    const committed = await client.committedOffsets(group);
    assert.deepEqual(committed.map(({ partition, offset, metadata }) => [partition, offset, metadata]).sort(), [
      [0, 7, 'by hand'],
      [1, 8, 'by hand'],
    ]);
    const some = await client.committedOffsets(group, { partitions: { [topic]: [1] } });
    assert.deepEqual(
      some.map(({ partition, offset }) => [partition, offset]),
      [[1, 8]],
    );
    assert.ok((await client.listGroups()).some(({ groupId }) => groupId === group));
    const [described] = await client.describeGroups([group]);
    assert.equal(described!.state, 'Empty');
    assert.deepEqual(await client.deleteGroups([group]), [{ groupId: group, error: null }]);
    assert.deepEqual(await client.committedOffsets(group), []);
  });

  withClient('deletes records before an offset', async (client, topic) => {
    await client.createTopics([{ name: topic, partitions: 1 }]);
    for (let i = 0; i < 5; i++) await client.produce({ topic, records: [{ value: `${i}` }] });
    assert.deepEqual(await client.deleteRecords({ [topic]: { 0: 3 } }), { [topic]: { 0: 3 } });
    assert.equal((await client.listOffsets(topic, { 0: OffsetSpec.earliest }))[0]!.offset, 3);
    await assert.rejects(client.fetch([{ topic, partition: 0, offset: 1 }]), { kafkaName: 'OFFSET_OUT_OF_RANGE' });
  });

  withClient('what does not exist is said at once, by name', async (client, topic) => {
    const startedAtMs = Date.now();
    const unknown = { code: 'HW_CLIENT_BROKER_ERROR', kafkaName: 'UNKNOWN_TOPIC_OR_PARTITION', retriable: false };
    await assert.rejects(client.listOffsets(topic, { 0: -1 }), unknown);
    await assert.rejects(client.fetch([{ topic, partition: 0, offset: 0 }]), unknown);
    await assert.rejects(client.tail({ topics: [topic], from: 'earliest' }).next(), unknown);
    const strict = client.producer({ allowAutoTopicCreation: false });
    await assert.rejects(strict.send({ topic, records: [{ value: 'v' }] }), unknown);
    await client.createTopics([{ name: topic, partitions: 1 }]);
    await assert.rejects(client.produce({ topic, partition: 5, records: [{ value: 'v' }] }), (error) => {
      return error instanceof ClientError && error.message.includes('the topic has 1 partitions');
    });
    await assert.rejects(client.produce({ topic, records: [{ value: 5 as never }] }), { code: 'HW_CLIENT_BAD_OPTION' });
    await assert.rejects(client.produce({ topic, records: [] }), { code: 'HW_CLIENT_BAD_OPTION' });
    assert.ok(Date.now() - startedAtMs < 3000);
  });

  withClient('a record that is too large is refused, and the producer goes on', async (client, topic) => {
    await client.createTopics([{ name: topic, partitions: 1, configs: { 'max.message.bytes': 10_000 } }]);
    const producer = client.producer({ lingerMs: 0 });
    await assert.rejects(producer.send({ topic, records: [{ value: Buffer.alloc(20_000) }] }), {
      kafkaName: 'MESSAGE_TOO_LARGE',
    });
    const [sent] = await producer.send({ topic, records: [{ value: 'small' }] });
    assert.equal(sent!.offset, 0);
  });

  withClient('a topic is created by the first record when the broker allows it', async (client, topic) => {
    const sent = await client.produce({ topic, records: [{ value: 'v' }] });
    assert.equal(sent.baseOffset, 0);
  });

  withClient('tells which APIs the broker has', async (client) => {
    const versions = await client.apiVersions();
    assert.ok(versions.some(({ apiKey, maxVersion }) => apiKey === 3 && maxVersion >= 4));
  });

  consumerSuite(withClient);
  transactionSuite(withClient);
}
