import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import { type Registry, startRegistry } from '@headwater/registry';
import { freshTopic, ProxyServer } from './proxy-server.ts';

let broker: Broker | null;
let registry: Registry;
let proxy: ProxyServer;
let client: KafkaClient;
before(async () => {
  const real = process.env['HEADWATER_TEST_KAFKA'];
  broker = real === undefined ? await startBroker() : null;
  const kafkaUrl = real ?? broker!.bootstrap;
  registry = await startRegistry({ kafkaUrl, port: 0, topic: `_schemas-${Date.now().toString(36)}` });
  proxy = await ProxyServer.start({ kafkaUrl, registryUrl: registry.url });
  client = createClient({ bootstrap: kafkaUrl, clientId: 'schemas-test' });
});
after(async () => {
  await client.close();
  await proxy.close();
  await registry.close();
  await broker?.close();
});

const order = {
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'note', type: ['null', 'string'], default: null },
    {
      name: 'lines',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Line',
          fields: [
            { name: 'sku', type: 'string' },
            { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
          ],
        },
      },
    },
    { name: 'tag', type: 'bytes' },
  ],
};

async function register(subject: string, schema: unknown, schemaType = 'AVRO'): Promise<number> {
  const res = await fetch(`${registry.url}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: typeof schema === 'string' ? schema : JSON.stringify(schema), schemaType }),
  });
  const answer = (await res.json()) as { id: number };
  assert.equal(res.status, 200, JSON.stringify(answer));
  return answer.id;
}

async function newTopic(): Promise<string> {
  const name = freshTopic();
  await client.createTopics([{ name, partitions: 1, replicationFactor: 1 }]);
  return name;
}

async function firstBytes(topic: string, offset = 0): Promise<Buffer> {
  const [fetched] = await client.fetch([{ topic, partition: 0, offset, maxBytes: 1_000_000 }]);
  return fetched!.batches[0]!.records()[0]!.value!;
}

const good = '{"id":9007199254740993,"note":"x","lines":[{"sku":"a","price":"12.50"}],"tag":{"base64":"AAE="}}';

test('/api/produce checks by the subject of the topic, and says where a value does not fit', async () => {
  const topic = await newTopic();
  const id = await register(`${topic}-value`, order);
  const post = (body: string, query = '', headers = {}) =>
    proxy.call('POST', `/api/produce/${topic}${query}`, body, headers);
  const placed = await post(good);
  assert.deepEqual([placed.status, placed.json.offset, placed.json.valueSchemaId], [200, 0, id], placed.text);
  const bytes = await firstBytes(topic);
  assert.deepEqual([bytes[0], bytes.readInt32BE(1)], [0, id]);
  const wrong = await post(
    '{"id":1,"note":null,"lines":[{"sku":"a","price":"1.00"},{"sku":7,"price":"1.00"}],"tag":{"base64":""}}',
  );
  assert.equal(wrong.status, 422);
  const { code, path, subject, version, part } = wrong.json.error;
  assert.deepEqual(
    [code, path, subject, version, part],
    ['HW_REST_SCHEMA_MISMATCH', '/lines/1/sku', `${topic}-value`, 1, 'value'],
  );
  assert.match(wrong.json.error.message, /does not fit the schema of/);
  assert.equal((await post('{"id":1}')).status, 422);
  assert.equal((await post('{"id":')).json.error.code, 'HW_REST_INVALID_JSON');
  const lines = await post(`${good}\n\n${good}\n{"id":"x"}\n`, '', { 'content-type': 'application/x-ndjson' });
  assert.deepEqual([lines.status, lines.json.error.record, lines.json.error.path], [422, 2, '/id']);
  const many = await post(`${good}\n${good}`, '', { 'content-type': 'application/x-ndjson' });
  assert.deepEqual(
    many.json.records.map((one: { offset: number }) => one.offset),
    [1, 2],
  );
  // Avro's own way to write JSON is understood as well.
  const strict = '{"id":1,"note":{"string":"x"},"lines":[],"tag":"\\u00ff"}';
  assert.equal((await post(strict)).status, 200);
});

test('a newer version of the subject is what counts soon', { timeout: 30_000 }, async () => {
  const topic = await newTopic();
  const { fields } = order;
  const first = await register(`${topic}-value`, order);
  const post = async () => (await proxy.call('POST', `/api/produce/${topic}`, good)).json.valueSchemaId as number;
  assert.equal(await post(), first);
  const added = { name: 'extra', type: 'int', default: 7 };
  const second = await register(`${topic}-value`, { ...order, fields: [...fields, added] });
  while ((await post()) !== second) await new Promise((resolve) => setImmediate(resolve));
});

test('keys are checked too, and a topic without a subject takes any JSON', async () => {
  const topic = await newTopic();
  await register(`${topic}-key`, '"long"');
  const placed = await proxy.call('POST', `/api/produce/${topic}?key=42`, '{"free":1}');
  assert.equal(placed.status, 200, placed.text);
  assert.equal((await firstBytes(topic)).toString(), '{"free":1}');
  const wrong = await proxy.call('POST', `/api/produce/${topic}?key=abc`, '1');
  assert.deepEqual([wrong.status, wrong.json.error.part], [422, 'key']);
  const page = await proxy.get(`/api/consume/${topic}?from=earliest`);
  assert.equal(page.json.records[0].key, 42);
  assert.equal(page.json.records[0].keySchema.subject, `${topic}-key`);
});

test('/api/consume shows records as JSON with every digit, their schema, and why bytes cannot be read', async () => {
  const topic = await newTopic();
  const id = await register(`${topic}-value`, order);
  await proxy.call('POST', `/api/produce/${topic}`, good);
  await client.produce({
    topic,
    records: [
      { key: null, value: Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1]) },
      { key: null, value: Buffer.from([0, 0, 0, id >> 8, id & 255, 0xff]) },
      { key: null, value: '{"plain":true}' },
    ],
  });
  const { text, json } = await proxy.get(`/api/consume/${topic}?from=earliest`);
  assert.ok(text.includes(`"value":${good}`), text);
  const [first, unknown, broken, plain] = json.records;
  assert.deepEqual(first.valueSchema, { id, type: 'AVRO', subject: `${topic}-value`, version: 1 });
  assert.deepEqual(unknown.value, { base64: 'AH////8B' });
  assert.match(unknown.valueError, /does not know schema 2147483647/);
  assert.equal(typeof broken.value.base64, 'string');
  assert.equal(broken.valueSchema.id, id);
  assert.ok(broken.valueError.length > 0);
  assert.deepEqual([plain.value, plain.valueSchema], [{ plain: true }, undefined]);
  const shown = (await proxy.get(`/api/consume/${topic}?from=earliest&format=text`)).json.records;
  assert.equal(shown[0].value.text, good);
  assert.equal(shown[0].value.schema.version, 1);
  assert.match(shown[1].value.error, /does not know/);
  const live = await fetch(`${proxy.url}/api/consume/${topic}?from=earliest&live=true`);
  const reader = live.body!.pipeThrough(new TextDecoderStream()).getReader();
  let events = '';
  while (!events.includes('event: record')) events += (await reader.read()).value;
  while (!events.includes('"plain":true')) events += (await reader.read()).value;
  assert.ok(events.includes(`"value":${good}`));
  await reader.cancel();
});

test('v3: by schema id, version, latest and text', async () => {
  const topic = await newTopic();
  const id = await register(`${topic}-value`, '"string"');
  const url = proxy.v3(`/topics/${topic}/records`);
  const post = async (value: object) => (await proxy.call('POST', url, { value })).json;
  const told = { type: 'AVRO', subject: `${topic}-value`, schema_id: id, schema_version: 1, size: 8 };
  assert.deepEqual((await post({ schema_id: id, data: 'ab' })).value, told);
  assert.deepEqual((await post({ schema_version: 1, data: 'ab' })).value, told);
  assert.deepEqual((await post({ data: 'ab' })).value, told);
  assert.deepEqual((await post({ type: 'AVRO', schema: '"string"', data: 'ab' })).value, told);
  assert.deepEqual((await post({ subject: `${topic}-value`, data: 'ab' })).value, told);
  const record = { type: 'record', name: 'R', namespace: 'n', fields: [{ name: 'u', type: ['null', 'string'] }] };
  const named = await post({
    type: 'AVRO',
    schema: JSON.stringify(record),
    subject_name_strategy: 'TOPIC_RECORD_NAME',
    data: { u: { string: 'x' } },
  });
  assert.equal(named.value.subject, `${topic}-n.R`);
  const codes = [
    [{ schema_id: id, data: 1 }, 400],
    [{ schema_id: 999_999, data: 'x' }, 422],
    [{ schema_version: 9, data: 'x' }, 400],
    [{ subject: 'no-such-subject', data: 'x' }, 422],
    [{ type: 'AVRO', schema: '"strong"', data: 'x' }, 422],
    [{ subject_name_strategy: 'RECORD_NAME', data: 'x' }, 400],
  ] as const;
  for (const [value, code] of codes) {
    const answer = await post(value);
    assert.equal(answer.error_code, code, JSON.stringify(answer));
  }
  const batch = await proxy.call('POST', `${url}:batch`, { entries: [{ id: '1', value: { data: 'ab' } }] });
  assert.deepEqual(batch.json.successes[0].value, told);
});

test('v2: Avro records go in and out in the encoding of Avro', async () => {
  const topic = await newTopic();
  const avro = { 'content-type': 'application/vnd.kafka.avro.v2+json' };
  const schema = {
    type: 'record',
    name: 'U',
    fields: [
      { name: 'u', type: ['null', 'string'] },
      { name: 'n', type: 'long' },
    ],
  };
  const body = (records: string) => `{"value_schema":${JSON.stringify(JSON.stringify(schema))},"records":${records}}`;
  const sent = await proxy.call(
    'POST',
    `/topics/${topic}`,
    body('[{"value":{"u":{"string":"x"},"n":9007199254740993}},{"value":{"u":null,"n":1}}]'),
    avro,
  );
  assert.equal(sent.status, 200, sent.text);
  const id = sent.json.value_schema_id;
  assert.equal(sent.json.key_schema_id, null);
  const byId = await proxy.call(
    'POST',
    `/topics/${topic}`,
    { value_schema_id: id, records: [{ value: { u: null, n: 2 } }] },
    avro,
  );
  assert.equal(byId.json.offsets[0].offset, 2);
  const bad = await proxy.call(
    'POST',
    `/topics/${topic}`,
    { value_schema_id: id, records: [{ value: { u: 'x', n: 2 } }] },
    avro,
  );
  assert.deepEqual([bad.status, bad.json.error_code], [400, 400]);
  const unknown = await proxy.call(
    'POST',
    `/topics/${topic}`,
    { value_schema_id: 99_999, records: [{ value: 1 }] },
    avro,
  );
  assert.deepEqual([unknown.status, unknown.json.error_code], [422, 42207]);
  const v2 = { 'content-type': 'application/vnd.kafka.v2+json' };
  const made = await proxy.call(
    'POST',
    '/consumers/avro-group',
    { format: 'avro', 'auto.offset.reset': 'earliest' },
    v2,
  );
  const { pathname } = new URL(made.json.base_uri);
  await proxy.call('POST', `${pathname}/assignments`, { partitions: [{ topic, partition: 0 }] }, v2);
  await client.produce({ topic, partition: 0, records: [{ key: null, value: 'no schema' }] });
  let text = '[]';
  while (text === '[]') {
    ({ text } = await proxy.get(`${pathname}/records?timeout=300`, { accept: 'application/vnd.kafka.avro.v2+json' }));
  }
  assert.ok(
    text.startsWith(
      `[{"topic":"${topic}","key":null,"value":{"u":{"string":"x"},"n":9007199254740993},"partition":0,"offset":0}`,
    ),
    text,
  );
  const next = await proxy.get(`${pathname}/records?timeout=300`, { accept: 'application/vnd.kafka.avro.v2+json' });
  assert.deepEqual([next.status, next.json.error_code], [408, 40801], next.text);
  await proxy.call('DELETE', pathname, undefined, v2);
});

test('Protobuf: by v3, v2 and /api, in the JSON of Protobuf', async () => {
  const topic = await newTopic();
  const schema = 'syntax = "proto3"; package p; message M { string name = 1; int64 count = 2; bytes raw = 3; }';
  const id = await register(`${topic}-value`, schema, 'PROTOBUF');
  const v3 = await proxy.call('POST', proxy.v3(`/topics/${topic}/records`), {
    value: { schema_id: id, data: { name: 'a', count: '9007199254740993' } },
  });
  assert.deepEqual([v3.json.error_code, v3.json.value.type], [200, 'PROTOBUF'], v3.text);
  const bytes = await firstBytes(topic);
  assert.deepEqual([...bytes.subarray(0, 6)], [0, 0, 0, id >> 8, id & 255, 0]);
  const protobuf = 'application/vnd.kafka.protobuf.v2+json';
  const v2 = await proxy.call(
    'POST',
    `/topics/${topic}`,
    { value_schema: schema, records: [{ value: { name: 'b' } }] },
    { 'content-type': protobuf },
  );
  assert.equal(v2.json.value_schema_id, id, v2.text);
  const produced = await proxy.call(
    'POST',
    `/api/produce/${topic}`,
    '{"name":"c","count":9007199254740993,"raw":"AAE="}',
  );
  assert.equal(produced.status, 200, produced.text);
  const wrong = await proxy.call('POST', `/api/produce/${topic}`, '{"name":1}');
  assert.deepEqual([wrong.status, wrong.json.error.path], [422, '/name'], wrong.text);
  const page = (await proxy.get(`/api/consume/${topic}?from=earliest`)).json.records;
  assert.deepEqual(
    page.map((one: { value: unknown }) => one.value),
    [{ name: 'a', count: '9007199254740993' }, { name: 'b' }, { name: 'c', count: '9007199254740993', raw: 'AAE=' }],
  );
  assert.equal(page[0].valueSchema.type, 'PROTOBUF');
  const json = { 'content-type': 'application/vnd.kafka.v2+json' };
  const made = await proxy.call('POST', '/consumers/p', { format: 'protobuf', 'auto.offset.reset': 'earliest' }, json);
  const { pathname } = new URL(made.json.base_uri);
  await proxy.call('POST', `${pathname}/assignments`, { partitions: [{ topic, partition: 0 }] }, json);
  let read: { value: unknown }[] = [];
  while (read.length === 0) ({ json: read } = await proxy.get(`${pathname}/records?timeout=300`, { accept: protobuf }));
  assert.deepEqual(read[0]!.value, { name: 'a', count: '9007199254740993', raw: '' });
  await proxy.call('DELETE', pathname, undefined, json);
});

test('JSON Schema: what does not fit is refused by v3, v2 and /api; digits stay', async () => {
  const topic = await newTopic();
  const schema = {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'integer' }, tags: { type: 'array', items: { type: 'string' } } },
  };
  const id = await register(`${topic}-value`, schema, 'JSON');
  const produced = await proxy.call('POST', `/api/produce/${topic}`, '{ "id": 9007199254740993, "price": 1.50 }');
  assert.deepEqual([produced.status, produced.json.valueSchemaId], [200, id], produced.text);
  assert.equal((await firstBytes(topic)).toString('utf8', 5), '{"id":9007199254740993,"price":1.50}');
  const wrong = await proxy.call('POST', `/api/produce/${topic}`, '{"id":1,"tags":["a",2]}');
  assert.deepEqual([wrong.status, wrong.json.error.path], [422, '/tags/1'], wrong.text);
  const v3 = async (data: unknown) =>
    (await proxy.call('POST', proxy.v3(`/topics/${topic}/records`), { value: { data } })).json;
  assert.equal((await v3({ id: 2 })).value.type, 'JSONSCHEMA');
  assert.equal((await v3({ id: 'x' })).error_code, 400);
  const jsonschema = 'application/vnd.kafka.jsonschema.v2+json';
  const v2 = (value: unknown) =>
    proxy.call(
      'POST',
      `/topics/${topic}`,
      { value_schema: JSON.stringify(schema), records: [{ value }] },
      { 'content-type': jsonschema },
    );
  assert.equal((await v2({ id: 3 })).json.value_schema_id, id);
  assert.equal((await v2({})).status, 400);
  const { text } = await proxy.get(`/api/consume/${topic}?from=earliest`);
  assert.ok(text.includes('"value":{"id":9007199254740993,"price":1.50}'), text);
  const json = { 'content-type': 'application/vnd.kafka.v2+json' };
  const made = await proxy.call(
    'POST',
    '/consumers/j',
    { format: 'jsonschema', 'auto.offset.reset': 'earliest' },
    json,
  );
  const { pathname } = new URL(made.json.base_uri);
  await proxy.call('POST', `${pathname}/assignments`, { partitions: [{ topic, partition: 0 }] }, json);
  let read: { value: { id: number } }[] = [];
  while (read.length < 3) {
    const next = await proxy.get(`${pathname}/records?timeout=300`, { accept: jsonschema });
    read = [...read, ...next.json];
  }
  assert.deepEqual(
    read.map(({ value }) => value.id),
    [9007199254740992, 2, 3],
  );
  await proxy.call('DELETE', pathname, undefined, json);
});

test('a registry that is away: 503, and nothing is written unchecked', async () => {
  const kafkaUrl = process.env['HEADWATER_TEST_KAFKA'] ?? broker!.bootstrap;
  const topic = await newTopic();
  const lonely = await ProxyServer.start({ kafkaUrl, registryUrl: 'http://127.0.0.1:1' });
  const refused = await lonely.call('POST', `/api/produce/${topic}`, '{"a":1}');
  assert.deepEqual([refused.status, refused.json.error.code], [503, 'HW_REST_REGISTRY_UNAVAILABLE']);
  assert.equal(refused.headers.get('retry-after'), '1');
  const page = await lonely.get(`/api/consume/${topic}?from=earliest`);
  assert.deepEqual(page.json.records, []);
  await client.produce({ topic, records: [{ key: null, value: Buffer.from([0, 0, 0, 0, 1, 2]) }] });
  const shown = await lonely.get(`/api/consume/${topic}?from=earliest`);
  assert.deepEqual(shown.json.records[0].value, { base64: 'AAAAAAEC' });
  assert.ok(shown.json.records[0].valueError.length > 0);
  await lonely.close();
});
