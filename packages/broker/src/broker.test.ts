import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { ApiKey } from '@headwater/protocol';
import { startBroker } from '../index.ts';
import { createTopic, fetchBody, temporaryDir, testBroker } from '../test/fixtures.ts';
import { RawClient } from '../test/raw-client.ts';

test('many brokers in one process, each with its own port and topics', async (t) => {
  const brokers = await Promise.all(Array.from({ length: 5 }, () => testBroker(t)));
  assert.equal(new Set(brokers.map(({ broker }) => broker.port)).size, 5);
  const [first, second] = [await brokers[0]!.client(), await brokers[1]!.client()];
  await createTopic(first, 'orders');
  const { topics } = await second.call(ApiKey.Metadata, 9, { topics: null });
  assert.deepEqual(topics, []);
});

test('a port in use is told in so many words, and nothing stays open', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  t.after(() => other.close());
  const { port } = other.address() as { port: number };
  const dataDir = await temporaryDir(t);
  const message = new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is in use`);
  await assert.rejects(startBroker({ port, dataDir }), { code: 'HW_BROKER_LISTEN', message });
  await assert.rejects(startBroker({ adminPort: port, dataDir }), /EADDRINUSE|in use/);
  const broker = await startBroker({ dataDir });
  await broker.close();
});

test('an open address has to be asked for', async () => {
  await assert.rejects(startBroker({ host: '0.0.0.0' }), { code: 'HW_BROKER_INSECURE_LISTENER' });
  const broker = await startBroker({ host: '0.0.0.0', insecure: true });
  assert.equal(broker.host, '127.0.0.1');
  await broker.close();
});

test('clients are told the address that they dialled, or the one that is configured', async (t) => {
  const dialled = await testBroker(t, { host: '0.0.0.0', insecure: true });
  for (const host of ['127.0.0.1', '127.0.0.2']) {
    const client = await RawClient.connect({ host, port: dialled.broker.port });
    t.after(() => client.close());
    const { brokers } = await client.call(ApiKey.Metadata, 9, { topics: [] });
    assert.deepEqual([brokers[0]?.host, brokers[0]?.port], [host, dialled.broker.port]);
  }
  const config = { 'advertised.listeners': 'PLAINTEXT://kafka.example:19092' };
  const configured = await (await testBroker(t, { config })).client();
  const { brokers } = await configured.call(ApiKey.Metadata, 9, { topics: [] });
  assert.deepEqual([brokers[0]?.host, brokers[0]?.port], ['kafka.example', 19_092]);
});

test('settings that cannot be used are refused, unknown ones are told', async (t) => {
  const wrong: [string, string | number, RegExp][] = [
    ['num.partitions', 'many', /Invalid value many for configuration num\.partitions/],
    ['default.replication.factor', 3, /must be no more than 1/],
    ['advertised.listeners', 'SSL://x:1', /SSL, which is no listener; there are: PLAINTEXT/],
    ['log.segment.bytes', 'big', /log\.segment\.bytes/],
  ];
  for (const [name, value, message] of wrong) {
    await assert.rejects(startBroker({ config: { [name]: value } }), { message });
  }
  const { lines } = await testBroker(t, { config: { 'num.partitons': 3 } });
  assert.deepEqual(
    lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields['name']),
    ['num.partitons'],
  );
});

test('the cluster id stays with the data', async (t) => {
  const dataDir = await temporaryDir(t);
  const first = await startBroker({ dataDir });
  await first.close();
  const second = await startBroker({ dataDir });
  assert.equal(second.clusterId, first.clusterId);
  await second.close();
  await assert.rejects(startBroker({ dataDir, clusterId: 'AAAAAAAAAAAAAAAAAAAAAA' }), { code: 'HW_BROKER_CONFIG' });
});

test('one data directory, one broker', async (t) => {
  const dataDir = await temporaryDir(t);
  const first = await startBroker({ dataDir });
  t.after(() => first.close());
  await assert.rejects(startBroker({ dataDir }), { code: 'HW_BROKER_DATA_DIR_LOCKED' });
});

test('close is quick with clients that wait, and await using works', async () => {
  let port = 0;
  {
    await using broker = await startBroker();
    port = broker.port;
    const client = await RawClient.connect(broker);
    await createTopic(client, 'orders');
    client.send(ApiKey.Fetch, 11, fetchBody('orders', 0, { maxWaitMs: 60_000 }));
    await (await RawClient.connect(broker)).call(ApiKey.ApiVersions, 0, {});
  }
  await assert.rejects(RawClient.connect({ host: '127.0.0.1', port }));
});

test('10,000 partitions are made and listed', async (t) => {
  const client = await (await testBroker(t)).client();
  const topics = Array.from({ length: 100 }, (_, index) => ({
    name: `wide.${index}`,
    numPartitions: 100,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  }));
  const made = await client.call(ApiKey.CreateTopics, 7, { topics });
  assert.ok(made.topics.every(({ errorCode }) => errorCode === 0));
  const { topics: listed } = await client.call(ApiKey.Metadata, 12, { topics: null });
  assert.equal(
    listed.reduce((sum, { partitions }) => sum + partitions.length, 0),
    10_000,
  );
});
