/** Transactions with kafkajs. Called as: script.ts BOOTSTRAP PREFIX SCENARIO */
import assert from 'node:assert/strict';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { until } from './until.ts';

const [bootstrap, prefix, scenario] = process.argv.slice(2) as [string, string, string];
const kafka = new Kafka({ clientId: 'kafkajs', brokers: [bootstrap], logLevel: logLevel.NOTHING });

async function create(...topics: string[]): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 1 })), waitForLeaders: true });
  await admin.disconnect();
}

async function transactional(name: string): Promise<Producer> {
  const producer = kafka.producer({ transactionalId: `${prefix}-${name}`, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  return producer;
}

const messages = (values: readonly string[]) => values.map((value) => ({ value, partition: 0 }));

/** Values that a reader sees until the one that was written last. kafkajs reads committed records unless told otherwise. */
async function read(topic: string, last: string): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: `${topic}-reader-${last}` });
  const got: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void got.push(message.value!.toString()) });
  await until(`${last} in ${topic}`, () => got.includes(last), 90_000);
  await consumer.disconnect();
  return got;
}

const numbers = (count: number, name: string): string[] =>
  Array.from({ length: count }, (_, index) => `${name}-${index}`);

const scenarios: Record<string, () => Promise<void>> = {
  async transactions() {
    const topic = `${prefix}-t`;
    await create(topic);
    const producer = await transactional('a');
    for (let n = 0; n < 6; n++) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: messages(numbers(10, String(n))) });
      if (n % 2 === 0) await transaction.abort();
      else await transaction.commit();
    }
    const last = await producer.transaction();
    await last.send({ topic, messages: messages(['last']) });
    await last.commit();
    const want = [1, 3, 5].flatMap((n) => numbers(10, String(n)));
    assert.deepEqual(await read(topic, 'last'), [...want, 'last']);
    // A newer producer of the same id ends what the older one began.
    const old = await producer.transaction();
    await old.send({ topic, messages: messages(['fenced']) });
    const newer = await transactional('a');
    const transaction = await newer.transaction();
    await transaction.send({ topic, messages: messages(['newer']) });
    await transaction.commit();
    await assert.rejects(old.commit());
    assert.deepEqual(await read(topic, 'newer'), [...want, 'last', 'newer']);
    await newer.disconnect();
    await producer.disconnect();
  },

  async 'transaction-offsets'() {
    const [source, target, groupId] = [`${prefix}-source`, `${prefix}-target`, `${prefix}-g`];
    await create(source, target);
    const plain = kafka.producer();
    await plain.connect();
    await plain.send({ topic: source, messages: messages(numbers(100, 's')) });
    await plain.disconnect();
    const producer = await transactional('a');
    const admin = kafka.admin();
    await admin.connect();
    for (let first = 0, n = 1; first < 100; n++) {
      const transaction = await producer.transaction();
      await transaction.send({ topic: target, messages: messages([`t${n}`]) });
      const offset = String(first + 20);
      const topics = [{ topic: source, partitions: [{ partition: 0, offset }] }];
      await transaction.sendOffsets({ consumerGroupId: groupId, topics });
      if (n % 3 === 0) await transaction.abort();
      else {
        await transaction.commit();
        first += 20;
      }
      // It does not ask for stable offsets: what was just committed may be there a moment later.
      await until(`offset ${first} committed`, async () => {
        const [committed] = await admin.fetchOffsets({ groupId, topics: [source] });
        return committed!.partitions[0]!.offset === String(first);
      });
    }
    await admin.disconnect();
    await producer.disconnect();
    assert.deepEqual(await read(target, 't7'), ['t1', 't2', 't4', 't5', 't7']);
  },
};

await scenarios[scenario]!();
