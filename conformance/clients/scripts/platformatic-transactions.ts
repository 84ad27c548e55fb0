/** Transactions with @platformatic/kafka. Called as: script.ts BOOTSTRAP PREFIX SCENARIO */
import assert from 'node:assert/strict';
import { Admin, Producer, stringSerializers } from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';
import { until } from './until.ts';

const [bootstrap, prefix, scenario] = process.argv.slice(2) as [string, string, string];
const client = { clientId: 'platformatic', bootstrapBrokers: [bootstrap] };

async function create(topic: string): Promise<void> {
  const admin = new Admin(client);
  await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 });
  await admin.close();
}

const transactional = (name: string) =>
  new Producer({ ...client, serializers: stringSerializers, idempotent: true, transactionalId: `${prefix}-${name}` });

/**
 * Values that a reader of committed records sees until the one that was written last. Read with kafkajs: this client's own consumer
 * leaves out only the last of several transactions that were aborted, with Apache Kafka too.
 */
async function read(topic: string, last: string): Promise<string[]> {
  const consumer = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).consumer({
    groupId: `${topic}-${last}`,
  });
  const got: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void got.push(message.value!.toString()) });
  await until(`${last} in ${topic}`, () => got.includes(last), 90_000);
  await consumer.disconnect();
  return got;
}

const scenarios: Record<string, () => Promise<void>> = {
  async transactions() {
    const topic = `${prefix}-t`;
    await create(topic);
    const producer = transactional('a');
    for (let n = 0; n < 6; n++) {
      const transaction = await producer.beginTransaction();
      for (let i = 0; i < 3; i++)
        await transaction.send({ messages: [{ topic, key: 'k', value: `${n}-${i}`, partition: 0 }], acks: -1 });
      if (n % 2 === 0) await transaction.abort();
      else await transaction.commit();
    }
    const last = await producer.beginTransaction();
    await last.send({ messages: [{ topic, key: 'k', value: 'last', partition: 0 }], acks: -1 });
    await last.commit();
    const want = [1, 3, 5].flatMap((n) => [0, 1, 2].map((i) => `${n}-${i}`));
    assert.deepEqual(await read(topic, 'last'), [...want, 'last']);
    await producer.close();
  },
};

await scenarios[scenario]!();
