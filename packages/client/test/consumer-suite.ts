/** Consumers and groups, on the embedded broker and on Apache Kafka alike. */
import assert from 'node:assert/strict';
import type { AssignorName, Consumer, ConsumerOptions, FetchedBatch, KafkaClient, TopicPartition } from '../index.ts';
import type { WithClient } from './cluster-suite.ts';

const textsOf = (batches: readonly FetchedBatch[]) =>
  batches.flatMap((batch) => batch.records().map(({ value }) => String(value)));

async function fill(client: KafkaClient, topic: string, partitions: number, each: number): Promise<void> {
  const records = (partition: number) => Array.from({ length: each }, (_, i) => ({ value: `${partition}:${i}` }));
  for (let partition = 0; partition < partitions; partition++) {
    await client.produce({ topic, partition, records: records(partition) });
  }
}

async function readUntil(consumer: Consumer, count: number): Promise<string[]> {
  const values: string[] = [];
  while (values.length < count) values.push(...textsOf(await consumer.poll({ maxWaitMs: 500 })));
  return values;
}

/** Polls all of them, side by side, until `isDone` is true. */
async function pollAll(
  consumers: readonly Consumer[],
  isDone: () => boolean,
  onBatch?: (batch: FetchedBatch, by: number) => void,
) {
  await Promise.all(
    consumers.map(async (consumer, by) => {
      while (!isDone()) for (const batch of await consumer.poll({ maxWaitMs: 50 })) onBatch?.(batch, by);
    }),
  );
}

const numbersOf = (partitions: readonly TopicPartition[]) =>
  partitions.map(({ partition }) => partition).sort((a, b) => a - b);

type Way = { label: string; options: Pick<ConsumerOptions, 'groupProtocol' | 'assignors' | 'serverAssignor'> };
const ways: Way[] = [
  ...(['range', 'roundrobin', 'sticky', 'cooperative-sticky'] as AssignorName[]).map((name) => ({
    label: `classic ${name}`,
    options: { assignors: [name] },
  })),
  { label: 'new protocol', options: { groupProtocol: 'consumer' as const } },
];

export function consumerSuite(withClient: WithClient): void {
  for (const { label, options } of ways) {
    const common = { ...options, heartbeatIntervalMs: 200, autoOffsetReset: 'earliest' as const, maxWaitMs: 50 };

    withClient(`${label}: a group reads everything once, commits, and goes on from there`, async (client, topic) => {
      await client.createTopics([{ name: topic, partitions: 3 }]);
      await fill(client, topic, 3, 20);
      const groupId = `${topic}-group`;
      const first = client.consumer({ ...common, groupId, topics: [topic] });
      const read = await readUntil(first, 60);
      assert.equal(new Set(read).size, 60);
      assert.deepEqual(numbersOf(first.assignment()), [0, 1, 2]);
      assert.deepEqual(first.positions(), { [topic]: { 0: 20, 1: 20, 2: 20 } });
      await first.commit();
      const committed = await first.committed();
      assert.deepEqual(committed.map(({ partition, offset }) => [partition, offset]).sort(), [
        [0, 20],
        [1, 20],
        [2, 20],
      ]);
      await first.commit({ [topic]: { 1: { offset: 7, metadata: 'by hand' } } });
      assert.equal((await first.committed([{ topic, partition: 1 }]))[0]!.metadata, 'by hand');
      await first.commit({ [topic]: { 1: 20 } });
      await first.close();
      await first.close();
      const [described] = await client.describeGroups([groupId]);
      assert.deepEqual(described!.members, []);
      await client.produce({ topic, partition: 1, records: [{ value: 'later' }] });
      const second = client.consumer({ ...common, groupId, topics: [topic] });
      assert.deepEqual(await readUntil(second, 1), ['later']);
      await second.close();
    });

    withClient(`${label}: three members share, one leaves, nothing is lost or read by two`, async (client, topic) => {
      await client.createTopics([{ name: topic, partitions: 6 }]);
      await fill(client, topic, 6, 10);
      const groupId = `${topic}-group`;
      const seen = new Map<string, number>();
      const held = new Map<string, number>();
      const wrong: string[] = [];
      const member = (me: number) =>
        client.consumer({
          ...common,
          groupId,
          topics: [topic],
          onPartitionsAssigned: (partitions) => {
            for (const { partition } of partitions) {
              if (held.has(`${partition}`))
                wrong.push(`${partition} assigned to ${me} while ${held.get(`${partition}`)} has it`);
              held.set(`${partition}`, me);
            }
          },
          onPartitionsRevoked: async (partitions) => {
            // Awaited: nobody else gets them before.
            await new Promise((resolve) => setTimeout(resolve, 20));
            for (const { partition } of partitions) held.delete(`${partition}`);
          },
        });
      const take = (batch: FetchedBatch, by: number) => {
        if (held.get(`${batch.partition}`) !== by)
          wrong.push(`${by} reads ${batch.partition} of ${held.get(`${batch.partition}`)}`);
        for (const { value } of batch.records()) seen.set(String(value), (seen.get(String(value)) ?? 0) + 1);
      };
      const consumers = [member(0)];
      await pollAll(consumers, () => held.size === 6 && seen.size === 60, take);
      consumers.push(member(1), member(2));
      const shares = () => consumers.map((consumer) => consumer.assignment().length);
      await pollAll(consumers, () => shares().every((size) => size === 2) && held.size === 6, take);
      await fill(client, topic, 6, 10);
      let before = 0;
      for (const count of seen.values()) before += count;
      const all = () => [...seen.values()].reduce((sum, count) => sum + count, 0);
      await pollAll(consumers, () => all() >= before + 60, take);
      await consumers.pop()!.close();
      await pollAll(consumers, () => shares().every((size) => size === 3) && held.size === 6, take);
      await Promise.all(consumers.map((consumer) => consumer.close()));
      assert.deepEqual(wrong, []);
      assert.deepEqual(
        [...seen.values()].filter((count) => count !== 2),
        [],
        'each record of both rounds once',
      );
    });
  }

  const alone = { autoOffsetReset: 'earliest' as const, maxWaitMs: 50 };

  withClient(
    'given partitions are read without a group; positions, seek, pause and watermarks',
    async (client, topic) => {
      await client.createTopics([{ name: topic, partitions: 2 }]);
      await fill(client, topic, 2, 10);
      const consumer = client.consumer({ ...alone, partitions: { [topic]: [0, 1] } });
      assert.deepEqual((await readUntil(consumer, 20)).sort(), (await allOf(20)).sort());
      consumer.seek(topic, 0, 8);
      assert.deepEqual(await readUntil(consumer, 2), ['0:8', '0:9']);
      consumer.seek(topic, 1, 'earliest');
      assert.deepEqual((await readUntil(consumer, 10)).at(-1), '1:9');
      consumer.seek(topic, 1, 'latest');
      assert.deepEqual(await consumer.poll({ maxWaitMs: 100 }), []);
      assert.deepEqual(consumer.positions(), { [topic]: { 0: 10, 1: 10 } });
      assert.deepEqual(consumer.watermarks(topic, 0), { low: 0, high: 10 });
      consumer.pause([{ topic, partition: 0 }]);
      await client.produce({ topic, partition: 0, records: [{ value: 'held' }] });
      await client.produce({ topic, partition: 1, records: [{ value: 'free' }] });
      assert.deepEqual(await readUntil(consumer, 1), ['free']);
      assert.deepEqual(await consumer.poll({ maxWaitMs: 150 }), []);
      assert.deepEqual(consumer.paused(), [{ topic, partition: 0 }]);
      consumer.resume([{ topic, partition: 0 }]);
      assert.deepEqual(await readUntil(consumer, 1), ['held']);
      assert.throws(() => consumer.seek(topic, 7, 0), { code: 'HW_CLIENT_BAD_OPTION' });
      await assert.rejects(consumer.commit(), { code: 'HW_CLIENT_BAD_OPTION' });
      await consumer.close();
      assert.equal((await consumer.next()).done, true);

      async function allOf(count: number): Promise<string[]> {
        return Array.from({ length: count }, (_, i) => `${Math.floor(i / 10)}:${i % 10}`);
      }
    },
  );

  withClient('where to start: committed, by time, by age, or not at all', async (client, topic) => {
    await client.createTopics([{ name: topic, partitions: 1 }]);
    const old = Date.now() - 3_600_000;
    for (const [value, timestamp] of [
      ['older', old - 1000],
      ['old', old + 1000],
      ['new', Date.now()],
    ] as const) {
      await client.produce({ topic, records: [{ value, timestamp }] });
    }
    const first = async (options: Partial<ConsumerOptions>) => {
      const consumer = client.consumer({ ...alone, partitions: { [topic]: [0] }, ...options });
      const batch = (await consumer.next()).value as FetchedBatch;
      await consumer.close();
      return String(batch.records()[0]!.value);
    };
    assert.equal(await first({}), 'older');
    assert.equal(await first({ autoOffsetReset: { timestamp: old } }), 'old');
    assert.equal(await first({ autoOffsetReset: { agoMs: 1_800_000 } }), 'new');
    const groupId = `${topic}-group`;
    await assert.rejects(first({ groupId, autoOffsetReset: 'fail' }), { code: 'HW_CLIENT_NO_OFFSET' });
    await client.commitOffsets(groupId, { [topic]: { 0: 1 } });
    assert.equal(await first({ groupId, autoOffsetReset: 'fail', autoCommit: false }), 'old');
    await client.commitOffsets(groupId, { [topic]: { 0: 99 } });
    assert.equal(await first({ groupId, autoCommit: false }), 'older');
    await assert.rejects(first({ groupId, autoOffsetReset: 'fail' }), /does not have offset 99/);
  });

  withClient('an iterator hands out batch by batch, and what is left in hand comes again', async (client, topic) => {
    await client.createTopics([{ name: topic, partitions: 1 }]);
    for (const value of ['a', 'b', 'c']) await client.produce({ topic, records: [{ value }] });
    const groupId = `${topic}-group`;
    const options = { ...alone, groupId, topics: [topic] };
    for await (const batch of client.consumer(options)) if (textsOf([batch])[0] === 'b') break;
    const rest = client.consumer(options);
    assert.deepEqual(await readUntil(rest, 2), ['b', 'c']);
    await rest.close();
    assert.equal((await client.committedOffsets(groupId))[0]!.offset, 3);
    const polling = client.consumer(options);
    const controller = new AbortController();
    const polled = polling.poll({ maxWaitMs: 60_000, signal: controller.signal });
    await assert.rejects(polling.poll(), { code: 'HW_CLIENT_BAD_OPTION' });
    controller.abort(new Error('enough'));
    await assert.rejects(polled, /enough/);
    await client.produce({ topic, records: [{ value: 'd' }] });
    assert.deepEqual(await readUntil(polling, 1), ['d']);
    const last = polling.next();
    await client.close();
    assert.equal((await last).done, true);
  });

  for (const groupProtocol of ['classic', 'consumer'] as const) {
    withClient(`${groupProtocol}: topics by pattern, also those that are made later`, async (client, topic) => {
      const names = [`${topic}-a`, `${topic}-b`];
      await client.createTopics([{ name: names[0]!, partitions: 1 }]);
      const consumer = client.consumer({
        ...alone,
        groupProtocol,
        groupId: `${topic}-group`,
        pattern: new RegExp(`${topic}-.`),
        discoveryIntervalMs: 100,
        heartbeatIntervalMs: 100,
      });
      await client.produce({ topic: names[0]!, records: [{ value: 'a' }] });
      assert.deepEqual(await readUntil(consumer, 1), ['a']);
      await client.createTopics([{ name: names[1]!, partitions: 1 }, { name: `${topic}-longer` }]);
      await client.produce({ topic: names[1]!, records: [{ value: 'b' }] });
      assert.deepEqual(await readUntil(consumer, 1), ['b']);
      assert.deepEqual(
        consumer
          .assignment()
          .map((one) => one.topic)
          .sort(),
        names,
      );
      await consumer.close();
      await client.deleteTopics([...names, `${topic}-longer`]);
    });

    withClient(`${groupProtocol}: a static member comes back to what it had`, async (client, topic) => {
      await client.createTopics([{ name: topic, partitions: 2 }]);
      const groupId = `${topic}-group`;
      const options = { ...alone, groupProtocol, groupId, topics: [topic], heartbeatIntervalMs: 100 };
      const open = (groupInstanceId: string) => client.consumer({ ...options, groupInstanceId });
      const [one, two] = [open('one'), open('two')];
      await pollAll([one, two], () => one.assignment().length === 1 && two.assignment().length === 1);
      const had = two.assignment();
      await two.close();
      const again = open('two');
      await pollAll([one, again], () => again.assignment().length === 1);
      assert.deepEqual(again.assignment(), had);
      assert.equal(one.assignment().length, 1);
      await again.close();
      await one.close();
    });

    withClient(`${groupProtocol}: who polls too seldom leaves, is told, and comes back`, async (client, topic) => {
      await client.createTopics([{ name: topic, partitions: 1 }]);
      await fill(client, topic, 1, 1);
      const lost: number[] = [];
      const consumer = client.consumer({
        ...alone,
        groupProtocol,
        groupId: `${topic}-group`,
        topics: [topic],
        maxPollIntervalMs: 500,
        sessionTimeoutMs: 6000,
        autoCommit: false,
        onPartitionsLost: (partitions) => void lost.push(...numbersOf(partitions)),
      });
      assert.deepEqual(await readUntil(consumer, 1), ['0:0']);
      const left = async () => (await client.describeGroups([`${topic}-group`]))[0]!.members.length === 0;
      while (!(await left())) await new Promise((resolve) => setTimeout(resolve, 50));
      await assert.rejects(consumer.commit(), { code: 'HW_CLIENT_GROUP_FENCED' });
      assert.deepEqual(await readUntil(consumer, 1), ['0:0']);
      assert.equal(lost[0], 0);
      await consumer.close();
    });
  }

  withClient('added partitions are shared out; records commit in the background', async (client, topic) => {
    await client.createTopics([{ name: topic, partitions: 1 }]);
    const groupId = `${topic}-group`;
    const consumer = client.consumer({
      ...alone,
      groupId,
      topics: [topic],
      autoCommitIntervalMs: 50,
      discoveryIntervalMs: 100,
      heartbeatIntervalMs: 100,
    });
    await fill(client, topic, 1, 3);
    await readUntil(consumer, 3);
    while ((await client.committedOffsets(groupId))[0]?.offset !== 3) await consumer.poll({ maxWaitMs: 50 });
    await client.cluster.requestAny(37, {
      topics: [{ name: topic, count: 2, assignments: null }],
      timeoutMs: 5000,
      validateOnly: false,
    });
    await pollAll([consumer], () => consumer.assignment().length === 2);
    await consumer.close();
  });

  withClient('a group of another kind: members with bytes of their own elect and assign', async (client, topic) => {
    const groupId = `${topic}-registry`;
    const got: string[][] = [[], [], []];
    const member = (me: number) =>
      client.groupMember({
        groupId,
        protocolType: 'sr',
        protocols: () => [{ name: 'v0', metadata: Buffer.from(`host-${me}`) }],
        assign: (protocol, members) => {
          assert.equal(protocol, 'v0');
          const leader = members.map(({ metadata }) => String(metadata)).sort()[0]!;
          return new Map(members.map(({ memberId }) => [memberId, Buffer.from(`${leader} of ${members.length}`)]));
        },
        onJoined: ({ assignment }) => void got[me]!.push(String(assignment)),
        heartbeatIntervalMs: 50,
      });
    const members = [0, 1, 2].map(member);
    for (const one of members) one.start();
    const until = async (isDone: () => boolean) => {
      while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    await until(() => got.every((list) => list.at(-1) === 'host-0 of 3'));
    await members[0]!.close();
    await members[0]!.close();
    await until(() => got.slice(1).every((list) => list.at(-1) === 'host-1 of 2'));
    const [described] = await client.describeGroups([groupId]);
    assert.equal(described!.protocolType, 'sr');
    const stranger = client.consumer({ ...alone, groupId, topics: [topic] });
    await assert.rejects(stranger.next(), { kafkaName: 'INCONSISTENT_GROUP_PROTOCOL' });
    await Promise.all(members.map((one) => one.close()));
  });

  for (const groupProtocol of ['classic', 'consumer'] as const) {
    withClient(`${groupProtocol}: a consumer that is aborted leaves its group`, async (client, topic) => {
      await client.createTopics([{ name: topic, partitions: 1 }]);
      await fill(client, topic, 1, 1);
      const controller = new AbortController();
      const groupId = `${topic}-group`;
      const consumer = client.consumer({
        ...alone,
        groupProtocol,
        groupId,
        topics: [topic],
        signal: controller.signal,
      });
      await readUntil(consumer, 1);
      const next = consumer.next();
      controller.abort(new Error('enough'));
      await assert.rejects(next, /enough/);
      while ((await client.describeGroups([groupId]))[0]!.members.length > 0) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await consumer.close();
    });
  }

  withClient('options that make no sense are refused', async (client, topic) => {
    const wrong: ConsumerOptions[] = [
      {},
      { topics: [topic] },
      { groupId: '', topics: [topic] },
      { groupId: 'g', topics: [topic], partitions: {} },
      { groupId: 'g', serverPattern: '.*' },
      { groupId: 'g', topics: [topic], assignors: ['fair' as never] },
    ];
    for (const options of wrong) assert.throws(() => client.consumer(options), { code: 'HW_CLIENT_BAD_OPTION' });
  });
}
