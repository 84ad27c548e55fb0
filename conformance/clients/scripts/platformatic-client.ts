/** Scenarios for @platformatic/kafka. Called as: script.ts BOOTSTRAP PREFIX SCENARIO */
import assert from 'node:assert/strict';
import {
  Admin,
  Consumer,
  type MessagesStream,
  MessagesStreamModes,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka';
import { until } from './until.ts';

const [bootstrap, prefix, scenario] = process.argv.slice(2) as [string, string, string];
const client = { clientId: 'platformatic', bootstrapBrokers: [bootstrap] };

async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin(client);
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

async function create(topic: string, partitions = 1): Promise<void> {
  await withAdmin((admin) => admin.createTopics({ topics: [topic], partitions, replicas: 1 }));
}

interface ProduceOptions {
  first?: number;
  partitions?: number;
  compression?: 'none' | 'gzip' | 'zstd';
  idempotent?: boolean;
}

async function produce(topic: string, count: number, options: ProduceOptions = {}): Promise<void> {
  const { first = 0, partitions, compression = 'none', idempotent = false } = options;
  const producer = new Producer({ ...client, serializers: stringSerializers, idempotent, compression });
  for (let start = first; start < first + count; start += 100) {
    const messages = Array.from({ length: Math.min(100, first + count - start) }, (_, index) => {
      const number = start + index;
      const where = partitions === undefined ? {} : { partition: number % partitions };
      return { topic, key: `k${number}`, value: `v${number}`, headers: { n: String(number) }, ...where };
    });
    await producer.send({ messages, acks: -1 });
  }
  await producer.close();
}

interface Got {
  partition: number;
  offset: number;
  key: string;
  value: string;
  header: string;
}

class Member {
  readonly consumer: Consumer<string, string, string, string>;
  #stream: MessagesStream<string, string, string, string> | null = null;

  constructor(groupId: string) {
    this.consumer = new Consumer({
      ...client,
      groupId,
      deserializers: stringDeserializers,
      sessionTimeout: 10_000,
      heartbeatInterval: 500,
      rebalanceTimeout: 10_000,
    });
  }

  get assignment(): number[] {
    return this.consumer.assignments?.flatMap(({ partitions }) => partitions) ?? [];
  }

  async start(topic: string, got: Got[]): Promise<void> {
    this.#stream = await this.consumer.consume({
      topics: [topic],
      mode: MessagesStreamModes.EARLIEST,
      autocommit: 200,
      maxWaitTime: 200,
    });
    this.#stream.on('data', ({ key, value, partition, offset, headers }) => {
      got.push({ partition, offset: Number(offset), key, value, header: headers.get('n') ?? '' });
    });
  }

  async close(): Promise<void> {
    await this.#stream?.close();
    await this.consumer.close(true);
  }
}

const scenarios: Record<string, () => Promise<void>> = {
  async roundtrip() {
    for (const compression of ['none', 'gzip', 'zstd'] as const) {
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
      await member.close();
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
    await members.pop()!.close();
    await until('balance of two', isBalanced);
    await produce(topic, 60, { first: 60, partitions: 6 });
    await until('120 records', () => distinct() === 120);
    await withAdmin(async (admin) => {
      assert.ok((await admin.listGroups()).has(`${prefix}-g`));
      const described = await admin.describeGroups({ groups: [`${prefix}-g`] });
      assert.equal(described.get(`${prefix}-g`)?.members.size, 2);
    });
    for (const member of members) await member.close();
  },

  async idempotent() {
    const topic = `${prefix}-t`;
    await create(topic, 3);
    await produce(topic, 1_500, { partitions: 3, idempotent: true });
    const got: Got[] = [];
    const member = new Member(`${prefix}-g`);
    await member.start(topic, got);
    await until('all records', () => got.length >= 1_500);
    await member.close();
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
    await assert.rejects(create(topic), 'a topic was made twice');
    await withAdmin(async (admin) => {
      assert.ok((await admin.listTopics()).includes(topic));
      const { topics } = await admin.metadata({ topics: [topic] });
      assert.equal(topics.get(topic)?.partitionsCount, 2);
      await admin.deleteTopics({ topics: [topic] });
      await until('the topic to go', async () => !(await admin.listTopics()).includes(topic));
    });
  },
};

await scenarios[scenario]!();
process.exit(0);
