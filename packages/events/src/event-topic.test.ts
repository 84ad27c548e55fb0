import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { EventTopic } from './event-topic.ts';

let broker: Broker;

before(async () => {
  broker = await startBroker({ port: 0 });
});
after(() => broker.close());

async function read(topic: string, count: number): Promise<string[]> {
  await using client = createClient({ bootstrap: broker.bootstrap, clientId: 'reader' });
  const values: string[] = [];
  for await (const batch of client.tail({ topics: [topic], from: 'earliest' })) {
    for (const { key, value, headers } of batch.records())
      values.push([key, value, ...headers.flatMap((header) => [header.key, header.value])].map(String).join(' '));
    if (values.length >= count) return values;
  }
  return values;
}

async function until(isFine: () => boolean): Promise<void> {
  while (!isFine()) await new Promise((resolve) => setImmediate(resolve));
}

test('events are on the topic in their order, which is kept for a week', async () => {
  const topic = new EventTopic({ topic: 'one', bootstrap: broker.bootstrap });
  for (let i = 0; i < 1_200; i++) topic.tell('k', { i });
  topic.tell(null, 'a text', { headers: [{ key: 'h', value: 'v' }], timestampMs: Date.now() });
  await topic.close();
  await topic.close();
  assert.deepEqual([topic.sent, topic.dropped, topic.waiting], [1_201, 0, 0]);
  const values = await read('one', 1_201);
  assert.deepEqual(values.slice(0, 3), ['k {"i":0}', 'k {"i":1}', 'k {"i":2}']);
  assert.equal(values[1_199], 'k {"i":1199}');
  assert.equal(values[1_200], 'null a text h v');
  await using client = createClient({ bootstrap: broker.bootstrap, clientId: 'reader' });
  const [config] = await client.describeConfigs([{ type: 'topic', name: 'one' }], { keys: ['retention.ms'] });
  assert.match(JSON.stringify(config), /604800000/);
});

test('while Kafka is away they wait; what is too much is dropped, counted and told', async () => {
  const told: string[] = [];
  const warn = (_: object, message: string) => void told.push(message);
  const logger = { debug() {}, info() {}, warn, error: warn };
  const own = await startBroker({ port: 0 });
  const topic = new EventTopic({ topic: 'two', bootstrap: own.bootstrap, queueMax: 10, logger: logger as never });
  topic.tell('k', { i: 0 });
  await until(() => topic.sent === 1);
  await own.stop();
  for (let i = 1; i <= 15; i++) topic.tell('k', { i });
  assert.deepEqual([topic.waiting, topic.dropped], [10, 5]);
  await own.restart();
  await until(() => topic.sent === 11);
  assert.ok(
    told.some((message) => /dropped/.test(message)),
    told.join('; '),
  );
  await topic.close();
  topic.tell('k', { i: 99 });
  assert.equal(topic.dropped, 6);
  await own.close();
});

test('a topic is made before there is an event, and a client of somebody else stays open', async () => {
  await using client = createClient({ bootstrap: broker.bootstrap, clientId: 'part' });
  const topic = new EventTopic({ topic: 'three', client });
  topic.prepare();
  for (;;) {
    const { topics } = await client.metadata();
    if (topics.some(({ name }) => name === 'three')) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await topic.close();
  assert.ok((await client.metadata()).topics.length > 0);
});

test('an event that Kafka will never take is dropped, and holds up no other', { timeout: 60_000 }, async () => {
  const told: string[] = [];
  const warn = (_: object, message: string) => void told.push(message);
  const logger = { debug() {}, info() {}, warn, error: warn };
  const topic = new EventTopic({ topic: 'refused', bootstrap: broker.bootstrap, logger: logger as never });
  for (let i = 0; i < 20; i++)
    topic.tell('k', { i }, i === 7 || i === 15 ? { timestampMs: Date.now() + 400 * 24 * 3_600_000 } : {});
  await until(() => topic.waiting === 0 && topic.sent > 0);
  await topic.close();
  assert.deepEqual([topic.sent, topic.dropped], [18, 2]);
  const values = await read('refused', 18);
  assert.deepEqual(
    values,
    Array.from({ length: 20 }, (_, i) => `k {"i":${i}}`).filter((_, i) => i !== 7 && i !== 15),
  );
  assert.equal(told.filter((text) => text.includes('refuses')).length, 2);
});

test('settled waits for what was told to be on the log, and no longer than asked', { timeout: 60_000 }, async () => {
  const topic = new EventTopic({ topic: 'settled', bootstrap: broker.bootstrap });
  assert.equal(await topic.settled(1), true);
  topic.tell('k', { i: 1 });
  topic.tell('k', { i: 2 });
  assert.equal(await topic.settled(30_000), true);
  assert.equal(topic.sent, 2);
  await topic.close();
  const away = new EventTopic({ topic: 'settled', bootstrap: '127.0.0.1:9' });
  away.tell('k', { i: 3 });
  assert.equal(await away.settled(50), false);
  const settled = away.settled(30_000);
  await away.close();
  assert.equal(await settled, true);
  assert.equal(away.dropped, 1);
});
