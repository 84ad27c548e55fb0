import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { createClient, type KafkaClient, OffsetSpec } from '@headwater/client';
import { startRest } from '../index.ts';
import { freshTopic, ProxyServer } from './proxy-server.ts';

let proxy: ProxyServer;
let client: KafkaClient;
before(async () => {
  proxy = await ProxyServer.start();
  const bootstrap = process.env['HEADWATER_TEST_KAFKA'] ?? proxy.broker!.bootstrap;
  client = createClient({ bootstrap, clientId: 'proxy-test' });
});
after(async () => {
  await client.close();
  await proxy.close();
});

async function newTopic(partitions = 1): Promise<string> {
  const name = freshTopic();
  await client.createTopics([{ name, partitions, replicationFactor: 1 }]);
  return name;
}

/** What a partition holds, as text. */
async function stored(topic: string, partition = 0) {
  const all: { key: string | null; value: string | null; headers: (string | null)[][]; timestamp: number }[] = [];
  const end = (await client.listOffsets(topic, { [partition]: OffsetSpec.latest }))[partition]!.offset;
  for (let offset = 0; offset < end; ) {
    const [fetched] = await client.fetch([{ topic, partition, offset, maxBytes: 8_000_000 }]);
    for (const batch of fetched!.batches) {
      offset = batch.nextOffset;
      for (const { key, value, headers, timestamp } of batch.records())
        all.push({
          key: key?.toString() ?? null,
          value: value?.toString() ?? null,
          headers: headers.map((header) => [header.key, header.value?.toString() ?? null]),
          timestamp,
        });
    }
  }
  return all;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const records = (topic: string) => proxy.v3(`/topics/${topic}/records`);

test('v3: a record in each plain format, with partition, headers and timestamp', async () => {
  const topic = await newTopic(2);
  // Recent: an old one could be deleted by retention before it is read.
  const timestamp = new Date(Date.now() - 60_000).toISOString().replace(/\.\d+Z$/, 'Z');
  const { status, json, type } = await proxy.call('POST', records(topic), {
    partition_id: 1,
    headers: [{ name: 'h', value: base64('x') }, { name: 'none' }],
    key: { type: 'STRING', data: 'k' },
    value: { type: 'JSON', data: { id: 1 } },
    timestamp,
  });
  assert.deepEqual([status, type], [200, 'application/json']);
  assert.deepEqual(json, {
    error_code: 200,
    cluster_id: proxy.clusterId,
    topic_name: topic,
    partition_id: 1,
    offset: 0,
    timestamp,
    key: { type: 'STRING', size: 1 },
    value: { type: 'JSON', size: 8 },
  });
  await proxy.call('POST', records(topic), { partition_id: 1, value: { type: 'BINARY', data: base64('bytes') } });
  await proxy.call(
    'POST',
    records(topic),
    '{"partition_id":1,"value":{"type":"JSON","data":{ "id": 9007199254740993 }}}',
  );
  const nothing = await proxy.call('POST', records(topic), { partition_id: 1, value: { type: 'BINARY', data: null } });
  assert.deepEqual([nothing.json.offset, nothing.json.value], [3, { type: 'BINARY', size: -1 }]);
  assert.equal((await proxy.call('POST', records(topic), '{"partition_id":1}')).json.offset, 4);
  const all = await stored(topic, 1);
  assert.deepEqual(
    all.map(({ key, value }) => [key, value]),
    [
      ['k', '{"id":1}'],
      [null, 'bytes'],
      [null, '{"id":9007199254740993}'],
      [null, null],
      [null, null],
    ],
  );
  assert.deepEqual(all[0]!.headers, [
    ['h', 'x'],
    ['none', null],
  ]);
  assert.equal(all[0]!.timestamp, Date.parse(timestamp));
});

test('v3: one wrong record among many is told in its place, and the others are written', async () => {
  const topic = await newTopic();
  const lines = [
    '{"value":{"type":"STRING","data":"a"}}',
    '{"value":{"type":"BINARY","data":"no base64!"}}',
    '{"partition_id":9,"value":{"type":"STRING","data":"nowhere"}}',
    '{"partition_id":-1}',
    '{"records":{}}',
    '{"value":{"type":"BINARY","subject":"foobar","data":null}}',
    '{"value":{"type":"AVRO","schema_id":1,"data":1}}',
    '{"value":{"data":1}}',
    '{"value":{"type":"NONSENSE","data":1}}',
    '{"value":{"type":"STRING"}}',
    '{"timestamp":"tomorrow"}',
    '{"value":{"type":"STRING","data":"b"}}',
  ];
  const { status, json } = await proxy.call('POST', records(topic), lines.join('  '));
  assert.equal(status, 200);
  assert.deepEqual(
    json.map((one: { error_code: number }) => one.error_code),
    [200, 400, 40401, 40402, 400, 400, 400, 422, 400, 400, 400, 200],
  );
  assert.deepEqual(json[1], {
    error_code: 400,
    message: 'Bad Request: data="no base64!" is not a valid base64 string.',
  });
  assert.deepEqual(json[7], {
    error_code: 422,
    message: 'Error: 42206 : Payload error. Schema Registry must be configured when using schemas.',
  });
  assert.deepEqual(
    (await stored(topic)).map(({ value }) => value),
    ['a', 'b'],
  );
});

test('v3: what is no JSON ends the stream, after the answers before it', async () => {
  const topic = await newTopic();
  for (const [body, codes] of [
    ['foobar', [400]],
    ['{"value":{"type":"STRING","data":"a"}} oops', [200, 400]],
    ['{"value":{"type":"STRING","data":"a"}} {"value":', [200, 400]],
    ['{"value":{"type":"STRING","data":"a"}} {"value"}', [200, 400]],
    ['[1]', [400]],
  ] as const) {
    const { status, text } = await proxy.call('POST', records(topic), body);
    const told = text.split('\r\n').filter((line) => line !== '');
    assert.equal(status, 200);
    assert.deepEqual(
      told.map((line) => (JSON.parse(line) as { error_code: number }).error_code),
      codes,
      body,
    );
  }
  const empty = await proxy.call('POST', records(topic), '');
  assert.deepEqual([empty.status, empty.json.error_code], [422, 42206]);
  const large = await proxy.call(
    'POST',
    records(topic),
    `{"value":{"type":"STRING","data":"${'x'.repeat(11_000_000)}"}}`,
  );
  assert.match(large.text, /"error_code":400,"message":"Bad Request: Error processing message: The size/);
});

test('v3: an endless request is answered while it goes on, byte by byte', async () => {
  const topic = await newTopic();
  const { promise: responded, resolve } = Promise.withResolvers<import('node:http').IncomingMessage>();
  const req = request(`${proxy.url}${records(topic)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
  });
  req.once('response', resolve);
  const text = (n: number) => `{"value":{"type":"STRING","data":"\\"}{${n}"}}`;
  for (const letter of text(0)) req.write(letter);
  const res = await responded;
  const answers = res[Symbol.asyncIterator]();
  let told = '';
  for (let n = 0; n < 5; n++) {
    while (told.split('\r\n').length < n + 2) told += String((await answers.next()).value);
    assert.equal(JSON.parse(told.split('\r\n')[n]!).offset, n);
    if (n < 4) req.write(text(n + 1));
  }
  req.end();
  assert.equal((await answers.next()).done, true);
  assert.equal((await stored(topic))[4]!.value, '"}{4');
});

test('v3: thousands of records in one request, to a reader that takes its time', async () => {
  const topic = await newTopic(3);
  const count = 20_000;
  const body = Array.from({ length: count }, (_, n) => `{"value":{"type":"JSON","data":${n}}}`).join('\n');
  const res = await fetch(`${proxy.url}${records(topic)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of res.body!) {
    text += decoder.decode(chunk, { stream: true });
    await new Promise((resolve) => setImmediate(resolve));
  }
  const answers = text.trimEnd().split('\r\n');
  assert.equal(answers.length, count);
  assert.ok(answers.every((line) => line.startsWith('{"error_code":200')));
});

test('v3: closing the proxy ends open requests, and tells what was written', async () => {
  const own = await startRest({
    kafkaUrl: process.env['HEADWATER_TEST_KAFKA'] ?? proxy.broker!.bootstrap,
    port: 0,
  });
  const topic = await newTopic();
  const req = request(`${own.url}${records(topic)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  req.on('error', () => {});
  const responded = new Promise<import('node:http').IncomingMessage>((resolve) => req.once('response', resolve));
  req.write('{"value":{"type":"STRING","data":"a"}}');
  const res = await responded;
  const first = await new Promise((resolve) => res.once('data', resolve));
  assert.match(String(first), /"error_code":200/);
  await own.close();
  res.on('error', () => {});
  res.resume();
  await new Promise((resolve) => res.once('close', resolve));
});

test('v3: a batch is answered 207, by id', async () => {
  const topic = await newTopic();
  const post = (body: unknown) => proxy.call('POST', `${records(topic)}:batch`, body);
  const { status, json } = await post({
    entries: [
      { id: 'a', value: { type: 'STRING', data: 'x' } },
      { id: 'b', value: { type: 'BINARY', data: '?' } },
      { id: 'c', partition_id: 5 },
    ],
  });
  assert.equal(status, 207);
  assert.deepEqual(Object.keys(json.successes[0]), [
    'id',
    'cluster_id',
    'topic_name',
    'partition_id',
    'offset',
    'timestamp',
    'value',
  ]);
  assert.deepEqual(
    json.failures.map((one: { id: string; error_code: number }) => [one.id, one.error_code]),
    [
      ['b', 400],
      ['c', 40401],
    ],
  );
  const entry = (id: unknown) => ({ id, value: { type: 'STRING', data: 'x' } });
  for (const [body, message] of [
    ['', 'Request body is empty. Data is required.'],
    [{ entries: [] }, 'Empty batch.'],
    [{ entries: [entry('a'), entry('a')] }, 'Batch entry IDs are not distinct.'],
    [{ entries: [entry(1)] }, 'Batch entry identifier is not a valid string.'],
    [{ entries: [entry('x'.repeat(81))] }, 'Batch entry identifier is not a valid string.'],
    [{ entries: Array.from({ length: 11 }, (_, n) => entry(`${n}`)) }, 'Too many entries in batch.'],
  ] as const) {
    const refused = await post(body);
    assert.deepEqual([refused.status, refused.json], [422, { error_code: 42208, message }]);
  }
  assert.deepEqual((await post({ records: {} })).json, { error_code: 422, message: 'Unrecognized field: records' });
});

const v2 = (format: string) => ({ 'content-type': `application/vnd.kafka.${format}.v2+json` });

test('v2: binary and JSON records, with keys and partitions', async () => {
  const topic = await newTopic(2);
  const binary = await proxy.call(
    'POST',
    `/topics/${topic}`,
    {
      records: [
        { key: base64('k'), value: base64('v'), partition: 1 },
        { value: base64('w'), partition: 0 },
        { key: null, value: null, partition: 1 },
      ],
    },
    v2('binary'),
  );
  assert.deepEqual([binary.status, binary.type], [200, 'application/vnd.kafka.v2+json']);
  assert.deepEqual(binary.json, {
    offsets: [
      { partition: 1, offset: 0, error_code: null, error: null },
      { partition: 0, offset: 0, error_code: null, error: null },
      { partition: 1, offset: 1, error_code: null, error: null },
    ],
    key_schema_id: null,
    value_schema_id: null,
  });
  const json = await proxy.call(
    'POST',
    `/topics/${topic}/partitions/0`,
    '{"records":[{"value":{"a" : 9007199254740993.10, "b":[1, null]}},{"key":"k","value":"v"},{"value":null}]}',
    v2('json'),
  );
  assert.equal(json.json.offsets[2].offset, 3);
  assert.deepEqual(
    (await stored(topic)).map(({ key, value }) => [key, value]),
    [
      [null, 'w'],
      [null, '{"a":9007199254740993.10,"b":[1,null]}'],
      ['"k"', '"v"'],
      [null, null],
    ],
  );
  assert.deepEqual((await stored(topic, 1))[0]!.key, 'k');
});

test('v2: what is wrong with a request, and with one of its records', async () => {
  const topic = await newTopic();
  const post = async (body: unknown, headers: Record<string, string> = v2('binary'), path = `/topics/${topic}`) => {
    const { status, json } = await proxy.call('POST', path, body, headers);
    return [status, json.error_code];
  };
  assert.deepEqual(await post(''), [422, 422]);
  assert.deepEqual(await post('{}'), [422, 422]);
  assert.deepEqual(await post('{"records":[]}'), [422, 422]);
  assert.deepEqual(await post('oops'), [400, 400]);
  assert.deepEqual(await post({ records: [{ value: '%%%' }] }), [422, 422]);
  assert.deepEqual(await post({ records: [{ value: 'YQ==', partition: -1 }] }), [422, 422]);
  assert.deepEqual(await post({ records: [{ valeu: 'YQ==' }] }), [422, 422]);
  assert.deepEqual(await post({ records: [{ value: 1 }] }, v2('avro')), [422, 42202]);
  assert.deepEqual(await post({ records: [{ key: 1 }] }, v2('avro')), [422, 42201]);
  assert.deepEqual(await post({ records: [{ value: 1 }], value_schema_id: 1 }, v2('avro')), [422, 42206]);
  assert.deepEqual(await post({ records: [{ value: 1 }] }, { 'content-type': 'application/json' }), [415, 415]);
  assert.deepEqual(await post({ records: [{ value: 'YQ==' }] }, { ...v2('binary'), accept: 'text/html' }), [406, 406]);
  const mixed = await proxy.call(
    'POST',
    `/topics/${topic}`,
    { records: [{ value: 'YQ==' }, { value: 'YQ==', partition: 4 }, { value: 'YQ==' }] },
    v2('binary'),
  );
  assert.equal(mixed.status, 200);
  assert.deepEqual(
    mixed.json.offsets.map((one: { offset: number; error_code: number }) => [one.offset, one.error_code]),
    [
      [0, null],
      [null, 50003],
      [1, null],
    ],
  );
});

test('v2: topics, partitions, offsets and brokers', async () => {
  const topic = await newTopic(2);
  const names = await proxy.get('/topics');
  assert.equal(names.type, 'application/vnd.kafka.v2+json');
  assert.ok(names.json.includes(topic));
  const { json } = await proxy.get(`/topics/${topic}`);
  const broker = json.partitions[0].leader;
  assert.equal(json.name, topic);
  assert.equal(json.configs['cleanup.policy'], 'delete');
  assert.deepEqual(json.partitions[1], {
    partition: 1,
    leader: broker,
    replicas: [{ broker, leader: true, in_sync: true }],
  });
  assert.deepEqual((await proxy.get(`/topics/${topic}/partitions`)).json, json.partitions);
  assert.deepEqual((await proxy.get(`/topics/${topic}/partitions/1`)).json, json.partitions[1]);
  assert.deepEqual((await proxy.get(`/topics/${topic}/partitions/1/offsets`)).json, {
    beginning_offset: 0,
    end_offset: 0,
  });
  assert.deepEqual((await proxy.get(`/topics/${topic}/partitions/9`)).json, {
    error_code: 40402,
    message: 'Partition not found.',
  });
  const missing = await proxy.get(`/topics/${topic}-none`);
  assert.deepEqual([missing.status, missing.json.error_code], [404, 40403]);
  assert.ok((await proxy.get('/brokers')).json.brokers.includes(broker));
  assert.deepEqual((await proxy.get('/')).json, {});
  assert.equal((await proxy.get('/topics', { accept: 'application/json' })).status, 406);
});

test('a cluster that is away is told by each record, in time', async () => {
  const lonely = await startRest({ kafkaUrl: '127.0.0.1:1', port: 0, kafkaTimeoutMs: 300 });
  const post = async (path: string, body: string, headers: Record<string, string>) =>
    (await (await fetch(lonely.url + path, { method: 'POST', body, headers })).json()) as {
      error_code?: number;
      offsets?: { error_code: number }[];
    };
  const json = { 'content-type': 'application/json' };
  const streamed = await post('/v3/clusters/x/topics/t/records', '{"value":{"type":"STRING","data":"a"}}', json);
  assert.equal(streamed.error_code, 50003);
  const v2Answer = await post('/topics/t', '{"records":[{"value":"YQ=="}]}', v2('binary'));
  assert.equal(v2Answer.offsets![0]!.error_code, 50003);
  const listed = await fetch(`${lonely.url}/v3/clusters`);
  assert.equal(listed.status, 500);
  assert.equal(((await listed.json()) as { error_code: number }).error_code, 50003);
  await lonely.close();
});
