import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { createClient, type KafkaClient } from '@headwater/client';
import { freshTopic, ProxyServer } from './proxy-server.ts';

let proxy: ProxyServer;
let client: KafkaClient;
before(async () => {
  proxy = await ProxyServer.start({ brokerConfig: { 'group.initial.rebalance.delay.ms': 0 } });
  client = createClient({
    bootstrap: process.env['HEADWATER_TEST_KAFKA'] ?? proxy.broker!.bootstrap,
    clientId: 'proxy-test',
  });
});
after(async () => {
  await client.close();
  await proxy.close();
});

async function newTopic(partitions = 1, prefix = ''): Promise<string> {
  const name = prefix + freshTopic();
  await client.createTopics([{ name, partitions, replicationFactor: 1 }]);
  return name;
}

const v2Json = 'application/vnd.kafka.v2+json';
const typeOf = (format: string) => `application/vnd.kafka.${format}.v2+json`;

/** A consumer instance, as a client of the proxy has it. */
class Instance {
  readonly uri: string;
  readonly id: string;
  readonly format: string;

  constructor({ instance_id, base_uri }: { instance_id: string; base_uri: string }, format: string) {
    this.id = instance_id;
    this.uri = base_uri;
    this.format = format;
  }

  static async create(group: string, config: { [name: string]: unknown } = {}): Promise<Instance> {
    const made = await proxy.call('POST', `/consumers/${group}`, config, { 'content-type': v2Json });
    assert.equal(made.status, 200, made.text);
    assert.equal(made.type, v2Json);
    return new Instance(made.json, (config['format'] as string) ?? 'binary');
  }

  get path(): string {
    return new URL(this.uri).pathname;
  }

  post(path: string, body?: unknown) {
    return proxy.call('POST', this.path + path, body, { 'content-type': v2Json });
  }

  delete(path = '') {
    return proxy.call('DELETE', this.path + path, undefined, { 'content-type': v2Json });
  }

  read(query = '', accept = typeOf(this.format)) {
    return proxy.get(`${this.path}/records${query}`, { accept });
  }

  /** Reads until so many records are there. */
  async take(count: number): Promise<Consumed[]> {
    const all: Consumed[] = [];
    while (all.length < count) {
      const { status, json, text } = await this.read('?timeout=300');
      assert.equal(status, 200, text);
      all.push(...json);
    }
    return all;
  }

  /** GET with a body, which fetch does not send. */
  committed(partitions: object[]): Promise<{ topic: string; partition: number; offset: number; metadata: string }[]> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const body = JSON.stringify({ partitions });
    const headers = { 'content-type': v2Json, accept: v2Json, 'content-length': body.length };
    const req = request(`${this.uri}/offsets`, { method: 'GET', headers }, (res) => {
      let text = '';
      res.on('data', (chunk) => (text += chunk));
      res.on('end', () => resolve(text));
    });
    req.on('error', reject);
    req.end(body);
    return promise.then((text) => (JSON.parse(text) as { offsets: [] }).offsets);
  }
}

interface Consumed {
  topic: string;
  key: unknown;
  value: unknown;
  partition: number;
  offset: number;
}

let groups = 0;
const freshGroup = () => `proxy-group-${process.pid}-${Date.now().toString(36)}-${groups++}`;
const earliest = { 'auto.offset.reset': 'earliest' };

test('a subscriber reads, commits, and another goes on from there', async () => {
  const topic = await newTopic(2);
  await client.produce({
    topic,
    partition: 0,
    records: [
      { key: 'k', value: 'a' },
      { value: 'b', key: null },
    ],
  });
  const group = freshGroup();
  const one = await Instance.create(group, { name: 'one', ...earliest, 'auto.commit.enable': 'false' });
  assert.deepEqual([one.id, one.uri], ['one', `${proxy.url}/consumers/${group}/instances/one`]);
  assert.equal((await one.post('/subscription', { topics: [topic] })).status, 204);
  assert.deepEqual((await proxy.get(`${one.path}/subscription`)).json, { topics: [topic] });
  const read = await one.take(2);
  assert.deepEqual(read, [
    { topic, key: 'aw==', value: 'YQ==', partition: 0, offset: 0 },
    { topic, key: null, value: 'Yg==', partition: 0, offset: 1 },
  ]);
  assert.deepEqual((await proxy.get(`${one.path}/assignments`)).json.partitions, [
    { topic, partition: 0 },
    { topic, partition: 1 },
  ]);
  const committed = await one.post('/offsets', {
    offsets: [{ topic, partition: 0, offset: 0, metadata: 'mine' }],
  });
  assert.deepEqual([committed.status, committed.json], [200, []]);
  assert.deepEqual(await one.committed([{ topic, partition: 0 }]), [
    { topic, partition: 0, offset: 1, metadata: 'mine' },
  ]);
  assert.equal((await one.delete()).status, 204);
  const two = await Instance.create(group, { ...earliest, 'auto.commit.enable': 'false' });
  assert.match(two.id, /^rest-consumer-/);
  await two.post('/subscription', { topics: [topic] });
  assert.deepEqual(
    (await two.take(1)).map(({ offset }) => offset),
    [1],
  );
  assert.equal((await two.post('/offsets')).status, 200);
  assert.equal((await two.committed([{ topic, partition: 0 }]))[0]!.offset, 2);
  assert.equal((await two.delete('/subscription')).status, 204);
  assert.deepEqual((await proxy.get(`${two.path}/subscription`)).json, { topics: [] });
  await two.delete();
});

test('json keeps digits; a record that is none stays until it is passed by', async () => {
  const topic = await newTopic();
  await client.produce({
    topic,
    records: ['{"id":9007199254740993}', 'not json', '[1]'].map((value) => ({ key: '"k"', value })),
  });
  const instance = await Instance.create(freshGroup(), { format: 'json', ...earliest });
  assert.equal((await instance.post('/assignments', { partitions: [{ topic, partition: 0 }] })).status, 204);
  let text = '[]';
  while (text === '[]') ({ text } = await instance.read('?timeout=200'));
  assert.equal(text, `[{"topic":"${topic}","key":"k","value":{"id":9007199254740993},"partition":0,"offset":0}]`);
  for (let again = 0; again < 2; again++) {
    const broken = await instance.read('?timeout=200');
    assert.deepEqual([broken.status, broken.json.error_code], [408, 40801], broken.text);
    assert.match(broken.json.message, /at offset 1: it is not JSON/);
  }
  const seek = await instance.post('/positions', { offsets: [{ topic, partition: 0, offset: 2 }] });
  assert.equal(seek.status, 204, seek.text);
  assert.deepEqual((await instance.take(1))[0]!.value, [1]);
  assert.equal((await instance.read('', typeOf('binary'))).json.error_code, 40601);
  assert.equal((await instance.read('', '*/*')).json.error_code, 40601);
  assert.equal((await instance.read('', 'text/html')).status, 406);
  await instance.delete();
});

test('positions: the beginning, the end, a time; and what was not assigned', async () => {
  const topic = await newTopic();
  const now = Date.now();
  await client.produce({
    topic,
    records: [0, 1, 2].map((n) => ({ key: null, value: `${n}`, timestamp: now - 60_000 + n * 1_000 })),
  });
  const instance = await Instance.create(freshGroup(), { 'auto.offset.reset': 'earliest', format: 'json' });
  const partitions = [{ topic, partition: 0 }];
  const early = await instance.post('/positions/beginning', { partitions });
  assert.deepEqual([early.status, early.json.error_code], [409, 40903]);
  assert.equal((await instance.read()).json.error_code, 40903);
  await instance.post('/assignments', { partitions });
  assert.equal((await instance.take(3)).length, 3);
  assert.equal((await instance.post('/positions/beginning', { partitions })).status, 204);
  assert.equal((await instance.take(3))[0]!.offset, 0);
  const at = new Date(now - 59_000).toISOString();
  assert.equal(
    (await instance.post('/positions', { timestamps: [{ topic, partition: 0, timestamp: at }] })).status,
    204,
  );
  assert.equal((await instance.take(2))[0]!.offset, 1);
  assert.equal((await instance.post('/positions/end', { partitions })).status, 204);
  assert.deepEqual((await instance.read('?timeout=100')).json, []);
  const mixed = await instance.post('/subscription', { topics: [topic] });
  assert.deepEqual(
    [mixed.status, mixed.json.message],
    [409, 'Illegal state: Subscription to topics, partitions and pattern are mutually exclusive'],
  );
  await instance.delete();
});

test('a pattern in Java syntax finds topics; one that is none is refused', async () => {
  const prefix = `pattern-${process.pid}-${Date.now().toString(36)}-`;
  const topic = await newTopic(1, prefix);
  await client.produce({ topic, records: [{ key: null, value: '1' }] });
  const instance = await Instance.create(freshGroup(), { format: 'json', ...earliest });
  assert.equal((await instance.post('/subscription', { topic_pattern: '(' })).json.error_code, 42204);
  assert.equal((await instance.post('/subscription', { topic_pattern: `${prefix}.*` })).status, 204);
  assert.equal((await instance.take(1))[0]!.topic, topic);
  assert.deepEqual((await proxy.get(`${instance.path}/subscription`)).json, { topics: [topic] });
  await instance.delete();
});

test('max_bytes cuts an answer, and the rest comes with the next', async () => {
  const topic = await newTopic();
  await client.produce({ topic, records: Array.from({ length: 10 }, () => ({ key: null, value: 'x'.repeat(100) })) });
  const instance = await Instance.create(freshGroup(), { ...earliest, 'fetch.min.bytes': 1 });
  await instance.post('/assignments', { partitions: [{ topic, partition: 0 }] });
  const counts: number[] = [];
  for (let read = 0; read < 10; ) {
    const { json } = await instance.read('?max_bytes=350');
    if (json.length > 0) counts.push(json.length);
    read += json.length;
  }
  assert.deepEqual(counts, [3, 3, 3, 1]);
  await instance.delete();
});

test('a read whose reader goes away loses nothing', async () => {
  const topic = await newTopic();
  await client.produce({ topic, records: [{ key: null, value: '1' }] });
  const instance = await Instance.create(freshGroup(), { ...earliest, 'consumer.request.timeout.ms': 60_000 });
  await instance.post('/assignments', { partitions: [{ topic, partition: 0 }] });
  for (let again = 0; again < 3; again++) {
    const abort = new AbortController();
    // Long enough that the record is fetched; whenever it is cut, the next read has it.
    setTimeout(() => abort.abort(), 100);
    const left = fetch(`${instance.uri}/records`, { headers: { accept: typeOf('binary') }, signal: abort.signal });
    await assert.rejects(left);
  }
  assert.equal((await instance.take(1))[0]!.offset, 0);
  await instance.delete();
});

test('with auto-commit a deleted instance has committed what it handed out, and no more', async () => {
  const topic = await newTopic();
  await client.produce({ topic, records: Array.from({ length: 5 }, () => ({ key: null, value: 'x'.repeat(100) })) });
  const group = freshGroup();
  const instance = await Instance.create(group, { ...earliest, 'fetch.min.bytes': 1 });
  await instance.post('/subscription', { topics: [topic] });
  let read = 0;
  while (read < 2) read += (await instance.read('?max_bytes=250')).json.length;
  await instance.delete();
  const [committed] = await client.committedOffsets(group);
  assert.equal(committed!.offset, read);
});

test('instances are told apart, and their configuration is checked', async () => {
  const group = freshGroup();
  const create = async (config: unknown) => {
    const { status, json } = await proxy.call('POST', `/consumers/${group}`, config, { 'content-type': v2Json });
    return [status, json.error_code];
  };
  const instance = await Instance.create(group, { name: 'x' });
  assert.deepEqual(await create({ name: 'x' }), [409, 40902]);
  assert.deepEqual(await create({ format: 'xml' }), [422, 422]);
  assert.deepEqual(await create({ format: 'avro' }), [422, 42206]);
  assert.deepEqual(await create({ 'auto.offset.reset': 'sometime' }), [422, 42204]);
  assert.deepEqual(await create({ 'auto.commit.enable': 'maybe' }), [422, 42204]);
  assert.deepEqual(await create({ 'fetch.min.bytes': -5 }), [422, 40001]);
  assert.deepEqual(await create({ 'fetch.min.byte': 5 }), [422, 422]);
  assert.deepEqual(await create('oops'), [400, 400]);
  const type = await proxy.call('POST', `/consumers/${group}`, '{}', { 'content-type': 'application/json' });
  assert.equal(type.status, 415);
  assert.equal((await instance.post('/subscription')).json.error_code, 422);
  assert.equal((await instance.post('/subscription', { topics: 1 })).json.error_code, 400);
  const gone = await proxy.get(`/consumers/${group}/instances/never/records`, { accept: typeOf('binary') });
  assert.deepEqual([gone.status, gone.json], [404, { error_code: 40403, message: 'Consumer instance not found.' }]);
  assert.equal((await proxy.call('DELETE', `/consumers/${group}/instances/never`)).json.error_code, 40403);
});

test('an instance that nobody uses expires, and its name is free again', async () => {
  const own = await ProxyServer.start({ consumerIdleMs: 200 });
  const create = () => own.call('POST', '/consumers/g', { name: 'x' }, { 'content-type': v2Json });
  assert.equal((await create()).status, 200);
  for (;;) {
    const again = await create();
    if (again.status === 200) break;
    assert.equal(again.json.error_code, 40902);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await own.close();
});

test('two instances of a group share its partitions, and v3 tells of them and of their lag', async () => {
  const topic = await newTopic(2);
  const group = freshGroup();
  const both = [
    await Instance.create(group, { name: 'a', ...earliest }),
    await Instance.create(group, { name: 'b', ...earliest }),
  ];
  for (const instance of both) await instance.post('/subscription', { topics: [topic] });
  for (;;) {
    await Promise.all(both.map((instance) => instance.read('?timeout=100')));
    const held = await Promise.all(
      both.map(async ({ path }) => (await proxy.get(`${path}/assignments`)).json.partitions),
    );
    if (held.every((partitions) => partitions.length === 1)) break;
  }
  await client.produce({
    topic,
    partition: 0,
    records: [
      { key: null, value: 'a' },
      { key: null, value: 'b' },
    ],
  });
  await client.produce({ topic, partition: 1, records: [{ key: null, value: 'c' }] });
  const read: string[] = [];
  while (read.length < 3) {
    const answers = await Promise.all(both.map((instance) => instance.read('?timeout=100')));
    for (const { json } of answers) read.push(...json.map(({ value }: Consumed) => value));
  }
  assert.deepEqual(read.sort(), ['YQ==', 'Yg==', 'Yw==']);
  for (const instance of both) assert.equal((await instance.post('/offsets')).status, 200);
  await client.produce({ topic, partition: 0, records: [{ key: null, value: 'd' }] });

  const path = proxy.v3(`/consumer-groups/${group}`);
  const told = (await proxy.get(path)).json;
  assert.deepEqual(
    [told.kind, told.consumer_group_id, told.is_simple, told.state, told.type, told.is_mixed_consumer_group],
    ['KafkaConsumerGroup', group, false, 'STABLE', 'CLASSIC', false],
  );
  const listed = (await proxy.get(proxy.v3('/consumer-groups'))).json.data;
  assert.ok(listed.some((one: { consumer_group_id: string }) => one.consumer_group_id === group));
  const consumers = (await proxy.get(`${path}/consumers`)).json.data;
  assert.equal(consumers.length, 2);
  const [first] = consumers;
  assert.deepEqual((await proxy.get(`${path}/consumers/${first.consumer_id}`)).json, first);
  const assigned = (await proxy.get(`${path}/consumers/${first.consumer_id}/assignments`)).json.data;
  assert.deepEqual([assigned[0].kind, assigned[0].topic_name], ['KafkaConsumerAssignment', topic]);
  const lags = (await proxy.get(`${path}/lags`)).json.data;
  assert.deepEqual(
    lags.map((lag: { partition_id: number; current_offset: number; log_end_offset: number; lag: number }) => [
      lag.partition_id,
      lag.current_offset,
      lag.log_end_offset,
      lag.lag,
    ]),
    [
      [0, 2, 3, 1],
      [1, 1, 1, 0],
    ],
  );
  assert.deepEqual((await proxy.get(`${path}/lags/${topic}/partitions/0`)).json, lags[0]);
  const summary = (await proxy.get(`${path}/lag-summary`)).json;
  assert.deepEqual(
    [summary.kind, summary.max_lag, summary.total_lag, summary.max_lag_topic_name, summary.max_lag_partition_id],
    ['KafkaConsumerGroupLagSummary', 1, 1, topic, 0],
  );
  assert.equal((await proxy.get(proxy.v3('/consumer-groups/never'))).status, 404);
  assert.equal((await proxy.get(proxy.v3('/consumer-groups/never/lags'))).status, 404);
  for (const instance of both) await instance.delete();
});
