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
