import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { type Broker, startBroker } from '../../index.ts';
import { testBroker } from '../../test/fixtures.ts';

const client = ({ bootstrap }: Broker) =>
  new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 20 } });

async function end(broker: Broker): Promise<void> {
  const producer = client(broker).producer();
  await producer.connect();
  await producer.send({ topic: 'orders', messages: [{ value: 'end' }] });
  await producer.disconnect();
}

/** What a read_committed consumer sees up to `end`. */
async function committed(broker: Broker): Promise<string[]> {
  const consumer = client(broker).consumer({ groupId: 'reader', maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topic: 'orders', fromBeginning: true });
  const found: string[] = [];
  await new Promise<void>((resolve) => {
    const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
      found.push(String(message.value));
      if (found.at(-1) === 'end') resolve();
    };
    void consumer.run({ eachMessage });
  });
  await consumer.disconnect();
  return found;
}

test('a transaction that is open stays open in the copy, and times out there', async (t) => {
  const { broker } = await testBroker(t);
  const admin = client(broker).admin();
  const producer = client(broker).producer({ transactionalId: 'tx', idempotent: true, maxInFlightRequests: 1 });
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.createTopics({ topics: [{ topic: 'orders' }] });
  const transaction = await producer.transaction();
  await transaction.send({ topic: 'orders', messages: [{ value: 'in the transaction' }] });
  const snapshot = await broker.snapshot();
  await transaction.commit();
  await Promise.all([admin.disconnect(), producer.disconnect()]);
  await end(broker);
  assert.deepEqual(await committed(broker), ['in the transaction', 'end']);
  await using copy = await startBroker({ snapshot });
  // kafkajs asks for 60 s.
  await copy.clock.advance(90_000);
  await end(copy);
  assert.deepEqual(await committed(copy), ['end']);
});
