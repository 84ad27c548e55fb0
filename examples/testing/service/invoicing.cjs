'use strict';
const { Kafka, logLevel } = require('kafkajs');

/**
 * The service under test: reads orders, writes invoices. It knows an address and nothing else, so it runs on the broker of a test as on
 * Apache Kafka. See invoicing.d.cts for its types.
 */
exports.startInvoicing = async function startInvoicing({ bootstrap, name = 'invoicing-1' }) {
  const kafka = new Kafka({
    clientId: name,
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 20, retries: 8 },
  });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  const consumer = kafka.consumer({
    groupId: 'invoicing',
    sessionTimeout: 10_000,
    heartbeatInterval: 100,
    maxWaitTimeInMs: 100,
  });
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topic: 'orders', fromBeginning: true });
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  let joins = 0;
  consumer.on(consumer.events.GROUP_JOIN, () => joins++);
  await consumer.run({
    eachMessage: async ({ message }) => {
      const { id, total } = JSON.parse(message.value.toString());
      const value = JSON.stringify({ id, total, tax: total * 0.2, by: name });
      await producer.send({ topic: 'invoices', messages: [{ key: message.key, value }] });
    },
  });
  await joined;
  return {
    joins: () => joins,
    async stop() {
      await consumer.disconnect();
      await producer.disconnect();
    },
  };
};

/** What a test does with Kafka itself: writes orders, and reads invoices until there are as many as it waits for. */
exports.shop = async function shop(bootstrap) {
  const kafka = new Kafka({
    clientId: 'shop',
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 20 },
  });
  const admin = kafka.admin();
  const producer = kafka.producer();
  await Promise.all([admin.connect(), producer.connect()]);
  const disconnects = [() => admin.disconnect(), () => producer.disconnect()];
  return {
    async open() {
      const topics = ['orders', 'invoices'].map((topic) => ({ topic, numPartitions: 2 }));
      await admin.createTopics({ topics, waitForLeaders: true });
    },
    async order(...ids) {
      const messages = ids.map((id) => ({ key: id, value: JSON.stringify({ id, total: 10 }) }));
      await producer.send({ topic: 'orders', messages });
    },
    /** Ids of the first invoices, sorted; reading is by no group of the service. */
    async invoices(count) {
      const consumer = kafka.consumer({ groupId: `reader-${Math.random()}`, maxWaitTimeInMs: 100, minBytes: 1 });
      await consumer.connect();
      await consumer.subscribe({ topic: 'invoices', fromBeginning: true });
      const found = [];
      await new Promise((resolve) => {
        void consumer.run({
          eachMessage: async ({ message }) => {
            found.push(JSON.parse(message.value.toString()));
            if (found.length === count) resolve();
          },
        });
      });
      await consumer.disconnect();
      return found.sort((a, b) => a.id.localeCompare(b.id));
    },
    async close() {
      await Promise.all(disconnects.map((disconnect) => disconnect()));
    },
  };
};
