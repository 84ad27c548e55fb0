import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import type { openApi } from './openapi.ts';
import { type Rest, startRest } from './rest.ts';

/** With HEADWATER_TEST_KAFKA the same tests run against the cluster at that address. */
const given = process.env['HEADWATER_TEST_KAFKA'];
const run = `rest-${Date.now().toString(36)}`;

let close: () => Promise<void>;
let client: KafkaClient;
let rest: Rest;

before(async () => {
  const broker = given === undefined ? await startBroker({ port: 0 }) : undefined;
  const bootstrap = given ?? broker!.bootstrap;
  client = createClient({ bootstrap, clientId: 'rest-test' });
  rest = await startRest({ kafkaUrl: bootstrap, port: 0 });
  close = async () => {
    await rest.close();
    await rest.close();
    await client.close();
    await broker?.close();
  };
});
after(() => close());

async function topic(name: string, partitions = 3): Promise<string> {
  const [result] = await client.createTopics([{ name: `${run}-${name}`, partitions }]);
  assert.equal(result!.error, null);
  return `${run}-${name}`;
}

interface Answer {
  status: number;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at, not typed
  body: any;
}

async function call(path: string, init?: RequestInit): Promise<Answer> {
  const res = await fetch(rest.url + path, init);
  const text = await res.text();
  return { status: res.status, text, body: text === '' ? undefined : JSON.parse(text) };
}

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  call(path, { method: 'POST', body, headers });

/** Reads server-sent events until the predicate is content, then lets go. */
async function events(
  path: string,
  enough: (all: { event: string; id: string; data: string }[]) => boolean,
  headers: Record<string, string> = {},
  onOpen?: () => Promise<unknown>,
): Promise<{ event: string; id: string; data: string }[]> {
  const abort = new AbortController();
  const res = await fetch(rest.url + path, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: abort.signal,
  });
  assert.equal(res.status, 200);
  await onOpen?.();
  const all: { event: string; id: string; data: string }[] = [];
  let rest_ = '';
  for await (const chunk of res.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest_ + chunk).split('\n\n');
    rest_ = blocks.pop()!;
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
      if (field('data') !== '') all.push({ event: field('event'), id: field('id'), data: field('data') });
    }
    if (enough(all)) break;
  }
  abort.abort();
  return all;
}

test('a JSON body is kept byte for byte, and read back with every digit', async () => {
  const name = await topic('exact');
  const body = '{"id": 9007199254740993,\n "text":"é \\u00e9"}';
  const produced = await post(`/api/produce/${name}?key=k1`, body, {
    traceparent: '00-aa-bb-01',
    'x-correlation-id': 'c-1',
  });
  assert.equal(produced.status, 200, produced.text);
  assert.equal(produced.body.offset, 0);
  const page = await call(`/api/consume/${name}?from=earliest`);
  assert.match(page.text, /"value":\{"id": 9007199254740993,\n "text":"é \\u00e9"\}/);
  assert.equal(page.body.records[0].key, 'k1');
  assert.deepEqual(page.body.records[0].headers, { traceparent: '00-aa-bb-01', 'x-correlation-id': 'c-1' });
  const text = await call(`/api/consume/${name}?from=earliest&format=text`);
  assert.deepEqual(text.body.records[0].value, { text: body, sizeBytes: Buffer.byteLength(body), truncated: false });
});

test('headers of a record are given in the query', async () => {
  const name = await topic('headers', 1);
  const ok = await post(`/api/produce/${name}?header=source:curl&header=at:12:30&header=source:twice`, '{}');
  assert.equal(ok.status, 200);
  const page = await call(`/api/consume/${name}?format=text`);
  assert.deepEqual(
    page.body.records[0].headers.map((header: { key: string; value: { text: string } }) => [
      header.key,
      header.value.text,
    ]),
    [
      ['source', 'curl'],
      ['at', '12:30'],
      ['source', 'twice'],
    ],
  );
  const bad = await post(`/api/produce/${name}?header=nothing`, '{}');
  assert.deepEqual([bad.status, bad.body.error.code], [400, 'HW_REST_INVALID_QUERY']);
});

test('values that are not JSON come as text, bytes as base64, none as null', async () => {
  const name = await topic('odd', 1);
  await client.produce({
    topic: name,
    records: [
      { value: 'plain words' },
      { key: '42', value: Buffer.from([0xff, 0x00]) },
      { key: '{"a":1}', value: null },
    ],
  });
  const { body } = await call(`/api/consume/${name}?from=earliest`);
  assert.deepEqual(
    body.records.map(({ key, value }: { key: unknown; value: unknown }) => [key, value]),
    [
      [null, 'plain words'],
      ['42', { base64: '/wA=' }],
      [{ a: 1 }, null],
    ],
  );
});

test('a key that Kafka wrote of a number is shown with its digits', async () => {
  const name = await topic('number-keys', 1);
  const long = Buffer.alloc(8);
  long.writeBigInt64BE(9_007_199_254_740_993n);
  await client.produce({
    topic: name,
    records: [
      { key: long, value: '1' },
      { key: Buffer.from([0, 0, 0, 7]), value: '1' },
      { key: 'eight ch', value: '1' },
    ],
  });
  const page = await call(`/api/consume/${name}?from=earliest`);
  assert.match(page.text, /"key":9007199254740993,.*"keyFormat":"int64"/);
  assert.deepEqual(
    page.body.records.slice(1).map(({ key, keyFormat }: { key: unknown; keyFormat?: string }) => [key, keyFormat]),
    [
      [7, 'int32'],
      ['eight ch', undefined],
    ],
  );
  const text = await call(`/api/consume/${name}?from=earliest&format=text`);
  const key = { text: '9007199254740993', format: 'int64', sizeBytes: 8, truncated: false };
  assert.deepEqual(text.body.records[0].key, key);
});

test('a bad body, a bad name, an unknown partition and a large record are refused with what to do', async () => {
  const name = await topic('bad');
  const bad = await post(`/api/produce/${name}`, '{\n  "a": oops\n}');
  assert.equal(bad.status, 400);
  assert.deepEqual([bad.body.error.line, bad.body.error.column], [2, 8]);
  assert.equal((await post(`/api/produce/${name}`, '')).body.error.code, 'HW_REST_EMPTY_BODY');
  assert.equal((await post('/api/produce/a%20b', '{}')).body.error.code, 'HW_REST_INVALID_TOPIC');
  const partition = await post(`/api/produce/${name}?partition=99`, '{}');
  assert.equal(partition.status, 404, partition.text);
  assert.equal(partition.body.error.code, 'HW_REST_UNKNOWN_PARTITION');
  assert.equal((await post(`/api/produce/${name}`, JSON.stringify('x'.repeat(2_000_000)))).status, 413);
  const unknown = await call(`/api/consume/${run}-nowhere`);
  assert.equal(unknown.status, 404);
  assert.match(unknown.body.error.message, /does not exist: produce to it/);
  for (const query of ['from=soon', 'cursor=x', 'limit=0', 'offset=1', 'order=up', 'partition=-1', 'format=xml']) {
    const { status, body } = await call(`/api/consume/${name}?${query}`);
    assert.equal(status, 400, query);
    assert.match(body.error.code, /^HW_REST_INVALID/);
  }
});

test('pages forward and backward show every record once', async () => {
  const name = await topic('pages');
  for (let i = 0; i < 60; i++) {
    await client.produce({
      topic: name,
      partition: i % 3,
      records: [{ value: JSON.stringify({ n: i }), timestamp: 1_700_000_000_000 + i }],
    });
  }
  for (const order of ['asc', 'desc'] as const) {
    const seen: number[] = [];
    let cursor = '';
    for (;;) {
      const { body } = await call(`/api/consume/${name}?order=${order}&limit=7${cursor && `&cursor=${cursor}`}`);
      if (body.records.length === 0) break;
      seen.push(...body.records.map(({ value }: { value: { n: number } }) => value.n));
      cursor = order === 'asc' ? body.cursor : body.previousCursor;
    }
    const expected = Array.from({ length: 60 }, (_, i) => (order === 'asc' ? i : 59 - i));
    assert.deepEqual(seen, expected, order);
  }
  const last = await call(`/api/consume/${name}?from=-2`);
  assert.deepEqual(
    last.body.records.map(({ value }: { value: { n: number } }) => value.n),
    [54, 55, 56, 57, 58, 59],
  );
  const since = await call(`/api/consume/${name}?from=1700000000050`);
  assert.equal(since.body.records[0].value.n, 50);
  const some = await call(`/api/consume/${name}?contains=%22n%22:1`);
  assert.equal(some.body.records.length, 11);
  assert.equal(some.body.scannedRecords, 60);
  const one = await call(`/api/consume/${name}?partition=1&offset=18`);
  assert.deepEqual(
    one.body.records.map(({ offset }: { offset: number }) => offset),
    [18, 19],
  );
});

test('pages of any size, both ways, filtered or not, hold every record once and in the order of each partition', async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1e9);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const name = await topic('random', 4);
  const all: { partition: number; offset: number; kind: string }[] = [];
  const next = [0, 0, 0, 0];
  for (let i = 0; i < 60; i++) {
    const partition = random(10) < 7 ? 0 : random(4);
    const records = Array.from({ length: 1 + random(8) }, () => {
      const kind = random(6) === 0 ? 'rare' : 'usual';
      all.push({ partition, offset: next[partition]!++, kind });
      return { value: JSON.stringify({ kind }), timestamp: 1_700_000_000_000 + random(1_000) };
    });
    await client.produce({ topic: name, partition, records });
  }
  for (const order of ['asc', 'desc'] as const) {
    for (const contains of ['', 'rare']) {
      const seen: string[] = [];
      const last = new Map<number, number>();
      let cursor = '';
      for (;;) {
        const query = `order=${order}&contains=${contains}&limit=${1 + random(60)}&maxBytes=${1 + random(2_000)}`;
        const { body, text } = await call(`/api/consume/${name}?${query}${cursor && `&cursor=${cursor}`}`);
        const where = `seed ${seed} ${query} ${cursor}: ${text.slice(0, 300)}`;
        for (const { partition, offset } of body.records) {
          const before = last.get(partition);
          assert.ok(before === undefined || (order === 'asc' ? offset > before : offset < before), where);
          last.set(partition, offset);
          seen.push(`${partition}:${offset}`);
        }
        const after = order === 'asc' ? body.cursor : body.previousCursor;
        if (after === cursor) break;
        cursor = after;
      }
      const expected = all
        .filter(({ kind }) => kind.includes(contains))
        .map(({ partition, offset }) => `${partition}:${offset}`);
      assert.deepEqual(seen.sort(), expected.sort(), `seed ${seed} ${order} ${contains}`);
    }
  }
});

test('a cursor to records that were deleted goes on with what is left', async () => {
  const name = await topic('deleted', 1);
  await client.produce({ topic: name, records: Array.from({ length: 10 }, (_, n) => ({ value: `${n}` })) });
  await client.deleteRecords({ [name]: { 0: 6 } });
  for (const query of ['cursor=0:2', 'partition=0&offset=2', 'from=earliest', 'from=-100']) {
    const { status, body } = await call(`/api/consume/${name}?${query}`);
    assert.equal(status, 200, query);
    assert.deepEqual(
      body.records.map(({ value }: { value: number }) => value),
      [6, 7, 8, 9],
      query,
    );
  }
});

test('a live tail shows what comes, and goes on from the last event id without a gap', async () => {
  const name = await topic('live');
  const first = await events(
    `/api/consume/${name}`,
    (all) => all.filter(({ event }) => event === 'record').length >= 3,
    {},
    async () => {
      for (let n = 0; n < 3; n++) await post(`/api/produce/${name}?key=${n}`, JSON.stringify({ n }));
    },
  );
  const records = first.filter(({ event }) => event === 'record');
  const seen = records.map(({ data }) => JSON.parse(data).value.n).sort();
  assert.deepEqual(seen, [0, 1, 2]);
  for (let n = 3; n < 6; n++) await post(`/api/produce/${name}?key=${n}`, JSON.stringify({ n }));
  const second = await events(
    `/api/consume/${name}`,
    (all) => all.filter(({ event }) => event === 'record').length >= 3,
    {
      'last-event-id': records.at(-1)!.id,
    },
  );
  const resumed = second.filter(({ event }) => event === 'record').map(({ data }) => JSON.parse(data).value.n);
  assert.deepEqual(resumed.sort(), [3, 4, 5]);
  const status = await events(`/api/consume/${name}`, (all) => all.some(({ event }) => event === 'status'));
  assert.deepEqual(Object.keys(JSON.parse(status[0]!.data)), [
    'cursor',
    'recordsPerSecond',
    'lagRecords',
    'droppedRecords',
  ]);
  const unknown = await fetch(`${rest.url}/api/consume/${run}-nowhere`, { headers: { accept: 'text/event-stream' } });
  assert.equal(unknown.status, 404);
  await unknown.body?.cancel();
});

test('topics are created, listed with their records, described and deleted', async () => {
  const name = `${run}-orders`;
  const created = await post(
    '/api/topics',
    JSON.stringify({ name, partitions: 2, configs: { 'retention.ms': '3600000' } }),
  );
  assert.equal(created.status, 201, created.text);
  assert.equal((await post('/api/topics', JSON.stringify({ name }))).status, 409);
  assert.equal((await post('/api/topics', '{}')).status, 400);
  assert.equal((await post('/api/topics', JSON.stringify({ name: `${name}2`, partitions: -1 }))).status, 400);
  const config = await post('/api/topics', JSON.stringify({ name: `${name}3`, configs: { 'no.such': '1' } }));
  assert.equal(config.body.error.code, 'HW_REST_INVALID_CONFIG');
  await post(`/api/produce/${name}`, '{"n":1}');
  const list = await call(`/api/topics?search=${name}`);
  assert.equal(list.body.total, 1);
  assert.deepEqual(
    { ...list.body.topics[0], groups: [] },
    { name, internal: false, partitions: 2, replicationFactor: 1, records: 1, groups: [] },
  );
  const described = await call(`/api/topics/${name}`);
  assert.equal(described.body.partitions.length, 2);
  assert.deepEqual(
    described.body.configs.find((entry: { name: string }) => entry.name === 'retention.ms'),
    { name: 'retention.ms', value: '3600000', isDefault: false },
  );
  await post('/api/topics', JSON.stringify({ name: 'springCloudBus' }));
  const found = async (query: string): Promise<number> =>
    (await call(`/api/topics?search=springCloudBus${query}`)).body.total;
  assert.deepEqual([await found(''), await found('&platform=false')], [1, 0], 'the bus is the platform’s own');
  assert.equal((await call(`/api/topics/${name}`, { method: 'DELETE' })).status, 204);
  assert.equal((await call(`/api/topics/${name}`, { method: 'DELETE' })).status, 404);
  assert.equal((await call(`/api/topics/${name}`)).status, 404);
});

test('groups show their offsets and lag; unknown ones are 404', async () => {
  const name = await topic('lag', 1);
  await client.produce({ topic: name, records: Array.from({ length: 10 }, (_, n) => ({ value: `${n}` })) });
  await client.commitOffsets(`${run}-group`, { [name]: { 0: 4 } });
  const group = await call(`/api/groups/${run}-group`);
  assert.equal(group.status, 200, group.text);
  assert.deepEqual(group.body.offsets, [{ topic: name, partition: 0, committed: 4, latest: 10, lagRecords: 6 }]);
  assert.equal(group.body.lagRecords, 6);
  // Lists are sampled at most once a second.
  const until = Date.now() + 5_000;
  for (;;) {
    const [topic_, list] = await Promise.all([call(`/api/topics/${name}`), call('/api/groups')]);
    const listed = list.body.groups.find(({ groupId }: { groupId: string }) => groupId === `${run}-group`);
    if (topic_.body.groups[0]?.lagRecords === 6 && listed?.lagRecords === 6) break;
    assert.ok(Date.now() < until, `the lists do not show the lag: ${topic_.text} ${list.text}`);
  }
  assert.equal((await call(`/api/groups/${run}-nobody`)).status, 404);
});

test('the live picture has rates of topics and groups', async () => {
  const name = await topic('picture', 1);
  const all = await events(
    '/api/topics/_live',
    (seen) => seen.length >= 2,
    {},
    () => post(`/api/produce/${name}`, '{}'),
  );
  const last = JSON.parse(all.at(-1)!.data);
  assert.ok(last.topics.some((one: { name: string; records: number }) => one.name === name && one.records >= 1));
  assert.ok(Array.isArray(last.groups));
});

test('cluster and health answer; every path of the OpenAPI document is served', async () => {
  assert.equal((await call('/health')).body.status, 'UP');
  const cluster = await call('/api/cluster');
  assert.equal(cluster.body.brokers.length >= 1, true);
  const { paths } = (await call('/api/openapi.json')).body as typeof openApi;
  for (const [path, operations] of Object.entries(paths)) {
    for (const method of Object.keys(operations)) {
      const res = await fetch(rest.url + path.replace(/\{\w+\}/g, 'x'), {
        method: method.toUpperCase(),
        ...(method === 'post' ? { body: '' } : {}),
      });
      await res.body?.cancel();
      assert.ok(res.status !== 405, `${method} ${path} answered ${res.status}`);
      if (res.status === 404) assert.match(path, /\{/, `${path} is not served`);
    }
  }
});

test('when the event store is away a call says so in time, with Retry-After', async () => {
  const lonely = await startRest({ kafkaUrl: '127.0.0.1:1', port: 0, kafkaTimeoutMs: 300 });
  const res = await fetch(`${lonely.url}/api/produce/x`, { method: 'POST', body: '{}' });
  assert.equal(res.status, 503, await res.text());
  assert.equal(res.headers.get('retry-after'), '1');
  assert.equal((await fetch(`${lonely.url}/health`)).status, 503);
  await lonely.close();
});
