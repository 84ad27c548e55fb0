/** Scenarios for kafkajs. Called as: script.ts BOOTSTRAP PREFIX SCENARIO */
import assert from 'node:assert/strict';
import { CompressionTypes, type Consumer, Kafka, logLevel } from 'kafkajs';
import { until } from './until.ts';

const [bootstrap, prefix, scenario] = process.argv.slice(2) as [string, string, string];
const kafka = new Kafka({ clientId: 'kafkajs', brokers: [bootstrap], logLevel: logLevel.NOTHING });

async function create(topic: string, numPartitions = 1): Promise<void> {
  await withAdmin(async (admin) => {
    assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true }), true);
  });
}

async function withAdmin<T>(work: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

interface ProduceOptions {
  first?: number;
  partitions?: number;
  compression?: CompressionTypes;
  idempotent?: boolean;
}

async function produce(topic: string, count: number, options: ProduceOptions = {}): Promise<void> {
  const { first = 0, partitions, compression = CompressionTypes.None, idempotent = false } = options;
  const producer = kafka.producer({ idempotent, ...(idempotent ? { maxInFlightRequests: 1 } : {}) });
  await producer.connect();
  for (let start = first; start < first + count; start += 100) {
    const messages = Array.from({ length: Math.min(100, first + count - start) }, (_, index) => {
      const number = start + index;
      const where = partitions === undefined ? {} : { partition: number % partitions };
      return { key: `k${number}`, value: `v${number}`, headers: { n: String(number) }, ...where };
    });
    await producer.send({ topic, messages, compression, acks: -1 });
  }
  await producer.disconnect();
}

interface Got {
  partition: number;
  offset: number;
  key: string;
  value: string;
  header: string;
}

class Member {
  readonly consumer: Consumer;
  assignment: number[] = [];

  constructor(groupId: string) {
    this.consumer = kafka.consumer({
      groupId,
      sessionTimeout: 10_000,
      heartbeatInterval: 500,
      rebalanceTimeout: 10_000,
    });
    this.consumer.on(this.consumer.events.GROUP_JOIN, ({ payload }) => {
      this.assignment = Object.values(payload.memberAssignment).flat();
    });
  }

  async start(topic: string, got: Got[]): Promise<void> {
    await this.consumer.connect();
    await this.consumer.subscribe({ topic, fromBeginning: true });
    await this.consumer.run({
      eachMessage: async ({ partition, message }) => {
        const { key, value, offset, headers } = message;
        got.push({
          partition,
          offset: Number(offset),
          key: String(key),
          value: String(value),
          header: String(headers?.['n']),
        });
      },
    });
  }
}

const scenarios: Record<string, () => Promise<void>> = {
  async roundtrip() {
    for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
      const topic = `${prefix}-${compression}`;
      await create(topic);
      await produce(topic, 500, { compression });
      const got: Got[] = [];
      const member = new Member(`${topic}-group`);
      await member.start(topic, got);
      await until('all records', () => got.length >= 500);
      assert.deepEqual(
        got.map(({ value }) => value),
        Array.from({ length: 500 }, (_, index) => `v${index}`),
      );
      assert.deepEqual(got[7], { partition: 0, offset: 7, key: 'k7', value: 'v7', header: '7' });
      await member.consumer.disconnect();
      const offsets = await withAdmin((admin) => admin.fetchOffsets({ groupId: `${topic}-group`, topics: [topic] }));
      assert.equal(offsets[0]?.partitions[0]?.offset, '500');
    }
  },

  async group() {
    const topic = `${prefix}-t`;
    await create(topic, 6);
    const got: Got[] = [];
    const members = [1, 2, 3].map(() => new Member(`${prefix}-g`));
    for (const member of members) await member.start(topic, got);
    const isBalanced = () =>
      members.every(({ assignment }) => assignment.length > 0) &&
      members
        .flatMap(({ assignment }) => assignment)
        .sort()
        .join() === '0,1,2,3,4,5';
    const distinct = () => new Set(got.map(({ partition, offset }) => `${partition}:${offset}`)).size;
    await until('balance of three', isBalanced);
    await produce(topic, 60, { partitions: 6 });
    await until('60 records', () => distinct() === 60);
    await members.pop()!.consumer.disconnect();
    await until('balance of two', isBalanced);
    await produce(topic, 60, { first: 60, partitions: 6 });
    await until('120 records', () => distinct() === 120);
    await withAdmin(async (admin) => {
      const { groups } = await admin.listGroups();
      assert.ok(groups.some(({ groupId }) => groupId === `${prefix}-g`));
      const described = await admin.describeGroups([`${prefix}-g`]);
      assert.equal(described.groups[0]?.members.length, 2);
    });
    for (const { consumer } of members) await consumer.disconnect();
  },

  async idempotent() {
    const topic = `${prefix}-t`;
    await create(topic, 3);
    await produce(topic, 1_500, { partitions: 3, idempotent: true });
    const got: Got[] = [];
    const member = new Member(`${prefix}-g`);
    await member.start(topic, got);
    await until('all records', () => got.length >= 1_500);
    await member.consumer.disconnect();
    for (let partition = 0; partition < 3; partition++) {
      const numbers = got.filter((one) => one.partition === partition).map(({ value }) => Number(value.slice(1)));
      assert.deepEqual(
        numbers,
        Array.from({ length: 500 }, (_, index) => partition + index * 3),
      );
    }
  },

  async admin() {
    const topic = `${prefix}-t`;
    await create(topic, 2);
    await withAdmin(async (admin) => {
      assert.equal(await admin.createTopics({ topics: [{ topic }] }), false, 'a topic was made twice');
      assert.ok((await admin.listTopics()).includes(topic));
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      assert.equal(topics[0]?.partitions.length, 2);
      await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
      await produce(topic, 30, { partitions: 3 });
      const offsets = await admin.fetchTopicOffsets(topic);
      assert.equal(
        offsets.reduce((sum, { high }) => sum + Number(high), 0),
        30,
      );
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] });
      const after = await admin.fetchTopicOffsets(topic);
      assert.equal(after.find(({ partition }) => partition === 0)?.low, '4');
      await admin.deleteTopics({ topics: [topic] });
      await until('the topic to go', async () => !(await admin.listTopics()).includes(topic));
    });
  },
};

await scenarios[scenario]!();
