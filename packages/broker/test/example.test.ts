import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { Kafka } from 'kafkajs';

let broker: Broker;
before(async () => {
  broker = await startBroker();
});
after(() => broker.close());

test('an order is announced', async () => {
  const kafka = new Kafka({ brokers: [broker.bootstrap] });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: 'orders', messages: [{ key: 'o-1', value: '{"total":12}' }] });
  await producer.disconnect();

  const consumer = kafka.consumer({ groupId: 'billing' });
  await consumer.connect();
  await consumer.subscribe({ topic: 'orders', fromBeginning: true });
  const value = await new Promise((resolve) => {
    void consumer.run({ eachMessage: async ({ message }) => resolve(String(message.value)) });
  });
  await consumer.disconnect();
  assert.equal(value, '{"total":12}');
});
