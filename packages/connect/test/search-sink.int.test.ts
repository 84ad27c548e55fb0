import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import { type SearchServer, startSearch } from '@headwater/search';
import { openSearchSink, type RunningSink } from '../index.ts';
import { untilTrue } from './until-true.ts';

/** On the embedded stores; on a real OpenSearch at HEADWATER_TEST_SEARCH_URL. */
const run = randomUUID().slice(0, 8);
let broker: Broker;
let search: SearchServer | undefined;
let searchUrl: string;
let client: KafkaClient;

before(async () => {
  broker = await startBroker({});
  const given = process.env['HEADWATER_TEST_SEARCH_URL'];
  if (given === undefined) search = await startSearch();
  searchUrl = given ?? search!.url;
  client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
});

after(async () => {
  await client.close();
  await broker.close();
  await search?.close();
});

function optionsOf(topic: string) {
  return {
    client,
    groupId: `${topic}-sink`,
    topic,
    searchUrl,
    index: topic,
    lingerMs: 5,
    sessionTimeoutMs: 6_000,
    map: ({ value }: { value: Buffer | null }) => ({ json: String(value) }),
  };
}

async function count(index: string): Promise<number> {
  await fetch(`${searchUrl}/${index}/_refresh`, { method: 'POST' });
  const answer = (await (await fetch(`${searchUrl}/${index}/_count`)).json()) as { count: number };
  return answer.count;
}

test('each record is a document, once, while the store fails now and then and sinks end and begin again', async (t) => {
  const seed = Date.now() % 1_000_000;
  t.diagnostic(`seed ${seed}`);
  let state = seed;
  const random = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1) / 2 ** 31;
  const topic = `docs-${run}`;
  await client.createTopics([{ name: topic, partitions: 3 }]);
  const faulty = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const fault = random();
    if (fault < 0.05) return void req.socket.destroy();
    if (fault < 0.12) return void res.writeHead(429).end('{"error":{"reason":"busy"}}');
    const body = Buffer.concat(chunks);
    const type = req.headers['content-type'];
    const answer = await fetch(searchUrl + req.url, {
      method: req.method!,
      headers: type === undefined ? {} : { 'content-type': type },
      ...(body.length > 0 && { body }),
    });
    // Done, and nobody hears of it: the same comes again.
    if (fault > 0.93) return void req.socket.destroy();
    res.writeHead(answer.status, { 'content-type': 'application/json' }).end(Buffer.from(await answer.arrayBuffer()));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => faulty.once('listening', resolve));
  const { port } = faulty.address() as { port: number };
  const options = { ...optionsOf(topic), searchUrl: `http://127.0.0.1:${port}` };
  const total = 2_000;
  const writing = (async () => {
    for (let number = 0; number < total; number += 100) {
      const records = Array.from({ length: 100 }, (_, i) => ({ key: `${number + i}`, value: `{"n":${number + i}}` }));
      await client.produce({ topic, records });
      await sleep(10);
    }
  })();
  let sink: RunningSink = openSearchSink(options);
  for (let life = 0; life < 3; life++) {
    await sleep(400);
    await sink.close();
    sink = openSearchSink(options);
  }
  await writing;
  try {
    await untilTrue('all documents', 60_000, async () => (await count(topic)) >= total);
    assert.equal(await count(topic), total);
  } finally {
    await sink.close();
    faulty.closeAllConnections();
    faulty.close();
  }
});

test('a document that does not fit is told of; an older version does not replace a newer', async () => {
  const topic = `versions-${run}`;
  await client.createTopics([{ name: topic, partitions: 1 }]);
  const values = ['{"id":"a","n":1}', '{"id":"b","n":"no number"}', '{"id":"a","n":2}'];
  await client.produce({ topic, records: values.map((value) => ({ key: null, value })) });
  const told: number[] = [];
  const options = {
    ...optionsOf(topic),
    create: { mappings: { properties: { n: { type: 'integer' } } } },
    map: ({ offset, value }: { offset: number; value: Buffer | null }) => {
      const { id } = JSON.parse(String(value)) as { id: string };
      return { id, json: String(value), version: offset };
    },
    onPoison: ({ offset }: { offset: number }) => void told.push(offset),
  };
  const sink = openSearchSink(options);
  try {
    await untilTrue('the batch', 30_000, async () => sink.figures.batches > 0);
    assert.equal(await count(topic), 1);
    assert.deepEqual(told, [1]);
    const found = (await (await fetch(`${searchUrl}/${topic}/_doc/a`)).json()) as { _source: { n: number } };
    assert.equal(found._source.n, 2);
  } finally {
    await sink.close();
  }
});

test('a record without a value deletes the document of its key; what is replayed changes nothing', async () => {
  const topic = `deletes-${run}`;
  await client.createTopics([{ name: topic, partitions: 1 }]);
  const records: { key: string | null; value: string | null }[] = [
    { key: 'a', value: '{"n":1}' },
    { key: 'b', value: '{"n":1}' },
    { key: 'a', value: null },
    { key: 'never', value: null },
    { key: 'c', value: '{"n":1}' },
    { key: 'c', value: null },
    { key: 'c', value: '{"n":2}' },
    { key: null, value: null },
    { key: 'b', value: '{"n":2}' },
  ];
  const told: string[] = [];
  const options = {
    ...optionsOf(topic),
    behaviorOnNullValues: 'delete' as const,
    map: ({ key, offset, value }: { key: Buffer | null; offset: number; value: Buffer | null }) => ({
      id: String(key),
      json: value!.toString(),
      version: offset,
    }),
    onPoison: ({ offset }: { offset: number }, reason: string) => void told.push(`${offset}: ${reason}`),
  };
  const found = async (): Promise<Record<string, number>> => {
    await fetch(`${searchUrl}/${topic}/_refresh`, { method: 'POST' });
    const answer = (await (await fetch(`${searchUrl}/${topic}/_search`)).json()) as {
      hits: { hits: { _id: string; _source: { n: number } }[] };
    };
    return Object.fromEntries(answer.hits.hits.map(({ _id, _source }) => [_id, _source.n]));
  };
  const untilRead = async (sink: RunningSink, offset: number): Promise<void> => {
    try {
      await untilTrue(`offset ${offset}`, 30_000, async () => sink.figures.positions[0] === offset);
    } finally {
      await sink.close();
    }
  };

  await client.produce({ topic, partition: 0, records: records.slice(0, 2) });
  await untilRead(openSearchSink(options), 2);
  assert.deepEqual(await found(), { a: 1, b: 1 });
  await client.produce({ topic, partition: 0, records: records.slice(2) });
  const sink = openSearchSink(options);
  await untilRead(sink, records.length);
  assert.deepEqual(await found(), { b: 2, c: 2 });
  assert.deepEqual(told, ['7: it has neither a value nor a key that says which document to delete']);
  assert.equal(sink.figures.poisonous, 1);

  // Another sink begins at the beginning, one record in a write: it passes through what was, and none of it comes back.
  const seen: Record<string, number>[] = [];
  const replay = openSearchSink({
    ...options,
    groupId: `${topic}-replay`,
    batchRecords: 1,
    onPoison: () => {},
    prepare: async () => void seen.push(await found()),
  });
  await untilRead(replay, records.length);
  assert.equal(replay.figures.repeats, 4, 'each that something newer has taken the place of');
  for (const documents of [...seen, await found()]) assert.deepEqual(documents, { b: 2, c: 2 });
});

for (const behavior of ['ignore', 'fail'] as const) {
  test(`a record without a value: ${behavior}`, async () => {
    const topic = `${behavior}-${run}`;
    await client.createTopics([{ name: topic, partitions: 1 }]);
    await client.produce({
      topic,
      records: [
        { key: 'a', value: null },
        { key: 'b', value: '{"n":1}' },
      ],
    });
    const sink = openSearchSink({ ...optionsOf(topic), behaviorOnNullValues: behavior });
    try {
      await untilTrue('both', 30_000, async () => sink.figures.records === 2);
      assert.equal(sink.figures.poisonous, behavior === 'fail' ? 1 : 0);
      assert.equal(await count(topic), 1);
    } finally {
      await sink.close();
    }
  });
}
