import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { createClient, type KafkaClient } from '@headwater/client';
import type { RunningService } from '../common/service.ts';
import { start as startQueryService } from '../query-service/main.ts';
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts';
import { addClient, createIndex, indexTweets, type QueryFixture, startQueryFixture, tokenOf } from './query-fixture.ts';
import { eventually } from './truth.ts';

/** Searches as server-sent events: paced, bounded, live, and only of what may be read. */
let fixture: QueryFixture;
let store: FaultyProxy;
let kafka: KafkaClient;
let query: RunningService;
const more: RunningService[] = [];
let topic: string;
let written = 0;

before(async () => {
  fixture = await startQueryFixture(randomUUID().slice(0, 8));
  store = await startFaultyProxy(fixture.backends.searchUrl);
  fixture.env['HEADWATER_SEARCH_URL'] = store.url;
  topic = fixture.env['HEADWATER_TWEETS_TOPIC']!;
  kafka = createClient({ bootstrap: fixture.backends.kafkaUrl, clientId: 'test' });
  await Promise.all([createIndex(fixture), kafka.createTopics([{ name: topic, partitions: 3 }])]);
  query = await startQueryService(fixture.env);
});
after(async () => {
  for (const service of [query, ...more]) await service?.close();
  await Promise.all([store.close(), kafka.close()]);
  await fixture.close();
});

interface Event {
  event?: string;
  id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, looked at by assertions
  data: any;
}

/** A stream of events, read as it comes. */
class Events {
  readonly all: Event[] = [];
  readonly status: number;
  readonly ended: Promise<void>;
  readonly #stop: AbortController;

  private constructor(response: Response, stop: AbortController) {
    this.status = response.status;
    this.#stop = stop;
    this.ended = this.#read(response).catch(() => {});
  }

  static async open(
    path: string,
    headers: Record<string, string> = {},
    body?: string,
    of: RunningService = query,
  ): Promise<Events> {
    const stop = new AbortController();
    const response = await fetch(`${of.url}${path}`, {
      signal: stop.signal,
      headers: { accept: 'text/event-stream', 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { method: 'POST', body }),
    });
    return new Events(response, stop);
  }

  /** Resolves to the event when there is one. */
  async find(what: string, isIt: (event: Event) => boolean): Promise<Event> {
    return await eventually(what, 60_000, async () => this.all.find(isIt));
  }

  ids(): string[] {
    return this.all.flatMap(({ id }) => (id === undefined ? [] : [id]));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.ended;
  }

  async #read(response: Response): Promise<void> {
    let rest = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) {
        const fields = Object.fromEntries(
          block.split('\n').map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
        );
        if (fields['data'] !== undefined) this.all.push({ ...fields, data: JSON.parse(fields['data']) });
      }
    }
  }
}

/** Writes a tweet to the topic; nobody stores it. */
async function tweet(text: string): Promise<string> {
  written += 1;
  const id = String(2_124_200_892_778_856_000n + BigInt(written));
  const value = `{"userId":9007199254740993,"id":${id},"text":${JSON.stringify(text)},"createdAt":${Date.now()}}`;
  await kafka.produce({ topic, records: [{ key: `${written}`, value }] });
  return id;
}

/** The feed begins with its first reader: what is written from then on comes from it. */
async function followed(by: RunningService = query): Promise<void> {
  await eventually('the feed follows', 60_000, async () => {
    const health = (await (await fetch(`${by.url}/actuator/health`)).json()) as {
      components: Record<string, { details: { isFollowing: boolean } }>;
    };
    return health.components['events']!.details.isFollowing ? true : undefined;
  });
}

async function openStreams(): Promise<number> {
  const health = (await (await fetch(`${query.url}/actuator/health`)).json()) as {
    components: Record<string, { details: { streams: number } }>;
  };
  return health.components['events']!.details.streams;
}

test('the canonical reactive search: an event for each hit, newest first, and the end', async () => {
  const many = Array.from({ length: 250 }, (_, i) => ({
    id: String(1_000 + i),
    text: `manifold number ${i}`,
    createdAt: 1_700_000_000_000 + i,
  }));
  await indexTweets(fixture, many);
  const events = await Events.open('/documents/get-doc-by-text', {}, '{"text":"manifold"}');
  await events.ended;
  assert.deepEqual(events.ids(), many.map(({ id }) => id).reverse());
  const { data, event } = events.all[0]!;
  assert.equal(event, undefined, 'clients that map data to documents read events without a name');
  assert.equal(data.text, 'manifold number 249');
  assert.equal(data.highlight, '<em>manifold</em> number 249');
  const two = await Events.open(
    '/documents/get-doc-by-text',
    { accept: 'application/vnd.api.v2+json, text/event-stream' },
    '{"text":"manifold","id":"1249"}',
  );
  await two.ended;
  assert.deepEqual([two.all.length, two.all[0]!.data.id, two.all[0]!.data.text2], [1, 1249, data.highlight]);
  assert.equal((await Events.open('/documents/get-doc-by-text', {}, '{"text":""}')).status, 400);
});

test('events are as far apart as the setting says', async () => {
  const paced = await startQueryService({ ...fixture.env, TWEETS_QUERY_BACK_PRESSURE_DELAY_MS: '30' });
  more.push(paced);
  const startMs = performance.now();
  const response = await fetch(`${paced.url}/documents/get-doc-by-text`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"text":"manifold 249 248 247","id":"1249"}',
  });
  await response.text();
  const many = await fetch(`${paced.url}/documents/get-doc-by-text`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"text":"249 248 247 246 245"}',
  });
  assert.equal((await many.text()).split('\n\n').length - 1, 5);
  assert.ok(performance.now() - startMs >= 5 * 25, 'five pauses of 30 ms, timers being what they are');
});

test('for a reader that stops the store is not asked further, and the reader is let go', async () => {
  const long = 'boundless '.repeat(400);
  for (let page = 0; page < 20; page += 1) {
    const ids = Array.from({ length: 100 }, (_, i) => String(100_000 + page * 100 + i));
    await indexTweets(
      fixture,
      ids.map((id) => ({ id, text: long })),
    );
  }
  const impatient = await startQueryService({ ...fixture.env, TWEETS_QUERY_STALLED_READER_TIMEOUT: '1s' });
  more.push(impatient);
  const before = store.searches;
  const body = '{"text":"boundless"}';
  const { hostname, port } = new URL(impatient.url!);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST /documents/get-doc-by-text HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  socket.pause();
  await eventually('the stream', 60_000, async () => (store.searches > before ? true : undefined));
  await eventually('the reader was let go', 60_000, async () => {
    const { components } = (await (await fetch(`${impatient.url}/actuator/health`)).json()) as {
      components: Record<string, { details: { streams: number } }>;
    };
    return components['events']!.details.streams === 0 ? true : undefined;
  });
  // 20 pages of a megabyte each: what the sockets hold of them was asked for, and a page more.
  assert.ok(store.searches - before < 20, `${store.searches - before} searches`);
  socket.destroy();
});

test('a new tweet comes as soon as it is written, whoever stores it and when', async () => {
  const events = await Events.open('/documents/get-document-by-text?text=Zyxwv%20unheard');
  const all = await Events.open('/documents', { accept: 'application/vnd.api.v2+json, text/event-stream' });
  await events.find('live', ({ event }) => event === 'live');
  await all.find('live', ({ event }) => event === 'live');
  await followed();
  const other = await tweet('about something else');
  const id = await tweet('ZYXWV is new');
  const found = await events.find('the hit', (event) => event.id === id);
  assert.equal(found.event, 'document');
  assert.equal(found.data.highlight, '<em>ZYXWV</em> is new');
  assert.equal(found.data.links[0].href, `/documents/${id}`);
  await all.find('both', (event) => event.id === id);
  assert.deepEqual(all.ids().slice(-2), [other, id]);
  // What comes to the index by another way is found by asking it, once.
  const stored = '77';
  await indexTweets(fixture, [{ id: stored, text: 'zyxwv by another way', createdAt: Date.now() }]);
  await events.find('the stored hit', (event) => event.id === stored);
  const last = await tweet('zyxwv is the last');
  await events.find('the last hit', (event) => event.id === last);
  assert.deepEqual(events.ids(), [id, stored, last]);
  await Promise.all([events.close(), all.close()]);
  await eventually('no stream is left', 60_000, async () => ((await openStreams()) === 0 ? true : undefined));
});

test('before there is an index a search hears of what is written', async () => {
  const early = await startQueryService({ ...fixture.env, HEADWATER_TWEETS_INDEX: 'not-there-yet' });
  more.push(early);
  const events = await Events.open('/documents/get-document-by-text?text=Earliest', {}, undefined, early);
  await followed(early);
  const id = await tweet('the EARLIEST of all');
  const { data } = await events.find('the hit', (event) => event.id === id);
  assert.equal(data.highlight, 'the <em>EARLIEST</em> of all');
  await events.close();
});

test('what is stored as well comes once', async () => {
  const events = await Events.open('/documents/get-document-by-text?text=onlyonce');
  await events.find('live', ({ event }) => event === 'live');
  await followed();
  const id = await tweet('onlyonce, first');
  await events.find('the hit', (event) => event.id === id);
  await indexTweets(fixture, [{ id, text: 'onlyonce, first', createdAt: Date.now() }]);
  await indexTweets(fixture, [{ id: '78', text: 'onlyonce, by another way', createdAt: Date.now() }]);
  await events.find('the other hit, found by the same question', (event) => event.id === '78');
  assert.deepEqual(events.ids(), [id, '78']);
  await events.close();
});

test('a permission that is taken back ends the hits at once, one that is granted begins them', async () => {
  const [ada, grace] = await Promise.all([tokenOf(fixture.identity, 'ada'), tokenOf(fixture.identity, 'grace')]);
  const change = async (method: 'PUT' | 'DELETE', id: string, principal: string): Promise<void> => {
    const response = await fetch(`${query.url}/documents/${id}/permissions/${encodeURIComponent(principal)}`, {
      method,
      headers: { authorization: `Bearer ${grace}` },
    });
    assert.ok(response.ok, await response.text());
  };
  const events = await Events.open('/documents', { authorization: `Bearer ${ada}` });
  await events.find('live', ({ event }) => event === 'live');
  await followed();
  const first = await tweet('for viewers');
  await events.find('the first', (event) => event.id === first);
  await change('DELETE', '*', 'role:viewer');
  const hidden = await tweet('for nobody');
  const next = String(BigInt(hidden) + 1n);
  await change('PUT', next, 'user:ada');
  assert.equal(await tweet('for ada'), next);
  await events.find('what is for ada', (event) => event.id === next);
  assert.ok(!events.ids().includes(hidden));
  await change('PUT', '*', 'role:viewer');
  const last = await tweet('for viewers again');
  await events.find('the last', (event) => event.id === last);
  assert.ok(!events.ids().includes(hidden));
  await events.close();
});

test('a stream ends with its token', async () => {
  await addClient(fixture.identity, {
    clientId: 'short',
    attributes: { 'access.token.lifespan': '3' },
    protocolMappers: [
      {
        name: 'audience',
        protocol: 'openid-connect',
        protocolMapper: 'oidc-audience-mapper',
        config: { 'included.custom.audience': 'headwater', 'access.token.claim': 'true' },
      },
    ],
  });
  const events = await Events.open('/documents', {
    authorization: `Bearer ${await tokenOf(fixture.identity, 'ada', 'short')}`,
  });
  assert.equal(events.status, 200);
  await events.ended;
  assert.equal(events.all.at(-1)!.event, 'expired');
});

test('there are so many streams and no more', async () => {
  const open = await Promise.all(Array.from({ length: 100 }, () => Events.open('/documents?limit=0')));
  assert.ok(open.every(({ status }) => status === 200));
  const refused = await fetch(`${query.url}/documents`, { headers: { accept: 'text/event-stream' } });
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
  await refused.text();
  await Promise.all(open.map((events) => events.close()));
  await eventually('room again', 60_000, async () => ((await openStreams()) === 0 ? true : undefined));
});
