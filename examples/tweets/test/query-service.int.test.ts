import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { RunningService } from '../common/service.ts';
import { start as startQueryService } from '../query-service/main.ts';
import {
  createIndex,
  indexTweets,
  type QueryFixture,
  startQueryFixture,
  tokenOf,
  WordCounter,
} from './query-fixture.ts';
import { eventually } from './truth.ts';

/** The query service's answers in both versions, and whom it asks for the counts of words. */
const id = '592089033144795136';
const v1 = 'application/vnd.api.v1+json';
const v2 = 'application/vnd.api.v2+json';
let fixture: QueryFixture;
let query: RunningService;
const more: RunningService[] = [];

before(async () => {
  fixture = await startQueryFixture(randomUUID().slice(0, 8));
  await createIndex(fixture);
  await indexTweets(fixture, [
    { id, text: 'Kafka was never the bottleneck' },
    { id: '7', text: 'kafka again', createdAt: 1_600_000_000_000 },
  ]);
  query = await startQueryService(fixture.env);
});
after(async () => {
  for (const service of [query, ...more]) await service?.close();
  await fixture.close();
});

async function get(path: string, headers: Record<string, string> = {}, url = query.url!) {
  const response = await fetch(`${url}${path}`, { headers });
  return { response, status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

interface Found {
  queryResponseModels: Record<string, unknown>[];
  wordCount: number | null;
  wordCounts: Record<string, number>;
  wordCountSource?: string;
  wordCountError?: string;
}

async function search(url: string, headers: Record<string, string> = {}, text = 'kafka'): Promise<Found> {
  const response = await fetch(`${url}/documents/get-document-by-text`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ text }),
  });
  assert.equal(response.status, 200);
  return (await response.json()) as Found;
}

test('version 1 has ids as text, version 2 as numbers with all their digits and a second text', async () => {
  const links = {
    links: [
      { rel: 'self', href: `/query/documents/${id}` },
      { rel: 'documents', href: '/query/documents' },
    ],
    _links: { self: { href: `/query/documents/${id}` }, documents: { href: '/query/documents' } },
  };
  const rest = { createdAt: '2023-11-14T22:13:20.000Z', ...links };
  const behind = { 'x-forwarded-prefix': '/query' };
  const one = await get(`/documents/${id}`, { ...behind, accept: v1 });
  const text = 'Kafka was never the bottleneck';
  const expectedRest = JSON.stringify(rest).slice(1);
  assert.equal(one.type, v1);
  assert.equal(one.text, `{"id":"${id}","userId":9007199254740993,"text":"${text}",${expectedRest}`);
  const two = await get(`/documents/${id}`, { ...behind, accept: v2 });
  assert.equal(two.type, v2);
  assert.equal(two.text, `{"id":${id},"userId":9007199254740993,"text":"${text}","text2":"${text}",${expectedRest}`);
  const list = await get('/documents', { ...behind, accept: v2 });
  assert.ok(list.text.startsWith(`[${two.text},`), list.text);
  const found = await search(query.url!, { accept: v2 });
  assert.equal(found.queryResponseModels[0]!['text2'], '<em>Kafka</em> was never the bottleneck');
  assert.equal(found.queryResponseModels[1]!['id'], 7);
});

test('who asks for no version gets the first, an unknown one is refused with what there is', async () => {
  for (const [accept, type] of [
    ['*/*', v1],
    ['application/json', 'application/json'],
    ['application/json, */*;q=0.5', v1],
    ['text/html', v1],
  ] as const) {
    const answer = await get('/documents', { accept });
    assert.deepEqual([answer.status, answer.type], [200, type], accept);
    assert.ok(answer.text.startsWith(`[{"id":"${id}",`), accept);
    assert.match(answer.response.headers.get('vary')!, /accept/);
  }
  for (const path of ['/documents', `/documents/${id}`, '/documents/get-document-by-text?text=kafka']) {
    const { status, text } = await get(path, { accept: 'application/vnd.api.v3+json' });
    assert.equal(status, 406);
    assert.deepEqual(JSON.parse(text).error.versions, ['1', '2']);
  }
});

test('what does not fit is a map from field to message', async () => {
  for (const [path, field] of [
    ['/documents?limit=1001', 'limit'],
    ['/documents?from=-1', 'from'],
    ['/documents?from=9990&limit=20', 'from'],
    ['/documents?sort=oldest', 'sort'],
    ['/documents/get-document-by-text', 'text'],
    ['/documents/get-document-by-text?text=%20', 'text'],
    ['/documents/get-document-by-text?text=a&id=x', 'id'],
  ] as const) {
    const { status, text } = await get(path);
    assert.deepEqual([status, Object.keys(JSON.parse(text))], [400, [field]], path);
  }
});

test('a store that is away is 503, with when to try again', async () => {
  const alone = await startQueryService({ ...fixture.env, HEADWATER_SEARCH_URL: 'http://127.0.0.1:9' });
  more.push(alone);
  const { response, status, text } = await get('/documents', {}, alone.url!);
  assert.deepEqual([status, response.headers.get('retry-after')], [503, '1']);
  assert.equal(JSON.parse(text).error.code, 'HW_TWEETS_SEARCH_DOWN');
  assert.equal((await get('/health', {}, alone.url!)).status, 503);
});

test('the count comes from streams, or from analytics; the caller’s token and correlation id go along', async () => {
  const grace = await tokenOf(fixture.identity, 'grace');
  const { analytics, streams } = fixture;
  const headers = { authorization: `Bearer ${grace}`, 'x-correlation-id': 'from-the-test' };
  const byStreams = await search(query.url!, headers, 'Kafka streams');
  assert.deepEqual(
    [byStreams.wordCount, byStreams.wordCounts, byStreams.wordCountSource, byStreams.wordCountError],
    [14, { kafka: 7, streams: 7 }, 'streams', undefined],
  );
  assert.equal(analytics.asked.length, 0);
  for (const source of ['analytics', 'ANALYTICS_DATABASE']) {
    const other = await startQueryService({ ...fixture.env, TWEETS_QUERY_WORD_COUNT_SOURCE: source });
    more.push(other);
    const byAnalytics = await search(other.url!, headers);
    assert.deepEqual([byAnalytics.wordCount, byAnalytics.wordCountSource], [5, 'analytics']);
  }
  for (const asked of [streams.asked.at(-1)!, analytics.asked.at(-1)!]) {
    assert.equal(asked['authorization'], `Bearer ${grace}`);
    assert.equal(asked['x-correlation-id'], 'from-the-test');
    assert.equal(asked['accept'], v1);
    assert.match(String(asked['traceparent']), /^00-/);
  }
});

test('whom it asks is changed while it runs', async () => {
  // A Spring Config Server: what it says is read again by /actuator/refresh.
  const { createServer } = await import('node:http');
  let source = 'streams';
  const config = createServer((req, res) => {
    const found = /^\/query-service\/default/.test(req.url!);
    res.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
    const propertySources = [{ name: 'file:query-service.yml', source: { 'tweets.query.word-count-source': source } }];
    res.end(JSON.stringify(found ? { name: 'query-service', profiles: ['default'], propertySources } : {}));
  });
  await new Promise<void>((resolve) => config.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = config.address() as { port: number };
    const live = await startQueryService({ ...fixture.env, HEADWATER_CONFIG_URL: `http://127.0.0.1:${port}` });
    more.push(live);
    assert.equal((await search(live.url!)).wordCountSource, 'streams');
    for (const [set, asked] of [
      ['analytics', 'analytics'],
      ['KAFKA_STATE_STORE', 'streams'],
      ['ANALYTICS_DATABASE', 'analytics'],
      // What cannot be used changes nothing.
      ['nobody', 'analytics'],
    ] as const) {
      source = set;
      const refreshed = await fetch(`${live.url}/actuator/refresh`, { method: 'POST' });
      assert.equal(refreshed.status, 200);
      assert.equal((await search(live.url!)).wordCountSource, asked, set);
    }
  } finally {
    config.closeAllConnections();
    config.close();
  }
});

test('when the chosen one fails or is silent the other one is asked; with none there is a reason', async () => {
  const { analytics, streams } = fixture;
  const impatient = { ...fixture.env, TWEETS_QUERY_WORD_COUNT_TIMEOUT: '3s' };
  const service = await startQueryService(impatient);
  more.push(service);
  streams.isSilent = true;
  const silent = await search(service.url!);
  assert.deepEqual([silent.wordCount, silent.wordCountSource], [5, 'analytics']);
  assert.match(silent.wordCountError!, /^streams: /);
  streams.isSilent = false;
  streams.status = 500;
  const failing = await search(service.url!);
  assert.deepEqual([failing.wordCount, failing.wordCountSource], [5, 'analytics']);
  assert.match(failing.wordCountError!, /told to fail/);
  analytics.status = 404;
  const none = await search(service.url!);
  assert.deepEqual([none.wordCount, none.wordCounts, none.wordCountSource], [null, {}, undefined]);
  assert.match(none.wordCountError!, /^streams: .*; analytics: /);
  assert.equal(none.queryResponseModels.length, 2, 'the search is answered all the same');
  analytics.status = 200;

  const alone = await startQueryService({ ...impatient, TWEETS_QUERY_WORD_COUNT_FALLBACK: 'false' });
  more.push(alone);
  const asked = analytics.asked.length;
  assert.equal((await search(alone.url!)).wordCount, null);
  assert.equal(analytics.asked.length, asked);

  // Enough failures, and its breaker lets nobody through for a while: streams is not asked any more.
  const opened = await eventually('an open breaker', 60_000, async () => {
    const { wordCountError, wordCount } = await search(service.url!, {}, 'a b c d e f g h i j');
    assert.equal(wordCount, 50);
    return wordCountError?.includes('failed too often') ? true : undefined;
  });
  assert.ok(opened);
  const before = streams.asked.length;
  assert.equal((await search(service.url!)).wordCountSource, 'analytics');
  assert.equal(streams.asked.length, before);
  streams.status = 200;
  await eventually('streams is asked again', 60_000, async () =>
    (await search(service.url!)).wordCountSource === 'streams' ? true : undefined,
  );
});

test('instances of streams share the asking', async () => {
  const second = await WordCounter.start((word) => ({ word, wordCount: 7 }));
  const first = await WordCounter.start((word) => ({ word, wordCount: 7 }));
  try {
    // As discovery would name them.
    const env = {
      ...fixture.env,
      HEADWATER_DISCOVERY_URL: '',
      HEADWATER_TWEETS_STREAMS_URL: `${first.url},${second.url}`,
    };
    const service = await startQueryService(env);
    more.push(service);
    for (let i = 0; i < 40; i += 1) await search(service.url!);
    assert.equal(first.asked.length + second.asked.length, 40);
    assert.ok(first.asked.length > 0 && second.asked.length > 0, `${first.asked.length} and ${second.asked.length}`);
  } finally {
    await Promise.all([first.close(), second.close()]);
  }
});

test('the OpenAPI document says what is answered, in both versions, and how to log in', async () => {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const { text } = await get('/openapi.json');
  const document = JSON.parse(text) as {
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
    components: { securitySchemes: Record<string, { openIdConnectUrl?: string }> };
  };
  assert.equal(document.openapi, '3.1.0');
  assert.equal(
    document.components.securitySchemes['openId']!.openIdConnectUrl,
    `${fixture.identity.issuer}/.well-known/openid-configuration`,
  );
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, path, operation })),
  );
  assert.equal(new Set(operations.map(({ operation }) => operation.operationId)).size, operations.length);
  for (const { name, operation, path } of operations) {
    assert.ok(operation.summary, name);
    assert.ok(operation.security!.length > 0, name);
    assert.deepEqual(
      operation.parameters.filter((parameter) => parameter.in === 'path').map((parameter) => parameter.name),
      [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter),
      name,
    );
    for (const status of ['401', '403', '503'])
      assert.ok(operation.responses[status]?.description, `${name}: ${status}`);
    for (const { content = {} } of [operation.requestBody ?? {}, ...Object.values(operation.responses)]) {
      for (const { schema } of Object.values(content)) {
        if ('$ref' in schema) assert.equal(schema['$ref'], '#/components/schemas/Error');
        else for (const example of schema['examples'] ?? []) assert.ok(ajv.validate(schema, example), ajv.errorsText());
      }
    }
  }

  const schemaOf = (method: string, path: string, type: string) =>
    document.paths[path]![method]!.responses['200']!.content![type]!.schema;
  for (const type of [v1, v2]) {
    for (const [method, template, path] of [
      ['get', '/documents', '/documents'],
      ['get', '/documents/{id}', `/documents/${id}`],
      ['get', '/documents/get-document-by-text', '/documents/get-document-by-text?text=kafka'],
      ['post', '/documents/get-document-by-text', '/documents/get-document-by-text?text=kafka'],
    ] as const) {
      // Its digits do not fit into a number of JavaScript; that it is one is all that the schema asks.
      const answer = JSON.parse((await get(path, { accept: type })).text) as unknown;
      assert.ok(ajv.validate(schemaOf(method, template, type), answer), `${type} ${path}: ${ajv.errorsText()}`);
    }
  }
  const permissions = JSON.parse((await get('/permissions')).text) as unknown;
  assert.ok(ajv.validate(schemaOf('get', '/permissions', 'application/json'), permissions), ajv.errorsText());
  assert.match((await get('/docs')).text, /get-document-by-text/);
  for (const path of ['/health', '/info', '/metrics']) assert.equal((await get(path)).status, 200, path);
});

interface Operation {
  operationId: string;
  summary?: string;
  security?: unknown[];
  parameters: { in: string; name: string }[];
  requestBody?: { content?: Content };
  responses: Record<string, { description: string; content?: Content }>;
}

type Content = Record<string, { schema: { $ref?: string; examples?: unknown[] } }>;
