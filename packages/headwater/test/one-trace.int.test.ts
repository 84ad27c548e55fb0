import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HeadwaterProcess, startHeadwater, waitFor } from './headwater-process.ts';

// A request and a tweet through all that they touch: one trace each, one correlation id in the logs, and what each service says of itself.

const data = mkdtempSync(join(tmpdir(), 'headwater-one-trace-'));
let system: HeadwaterProcess;
const at = (part: string, path: string): string => `${system.addresses[part]}${path}`;

before(async () => {
  system = await startHeadwater(['--data', data, '--ports', 'auto', '--example', 'tweets']);
});
after(async () => {
  await system?.kill();
  rmSync(data, { recursive: true, force: true });
});

interface Span {
  traceId: string;
  id: string;
  parentId?: string;
  kind?: string;
  name: string;
  localEndpoint: { serviceName: string };
  remoteEndpoint?: { serviceName?: string };
  tags?: Record<string, string>;
}

async function json<T>(url: string, body?: unknown): Promise<T> {
  const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(url, { headers: { 'content-type': 'application/json' }, ...sent });
  assert.ok(response.ok, `${url} answered ${response.status}: ${await response.clone().text()}`);
  return (await response.json()) as T;
}

/** `kind service name`, as the chains below have it. */
const shown = ({ kind, localEndpoint, name }: Span): string => `${kind} ${localEndpoint.serviceName} ${name}`;

/** From a span up to the one that has no parent. */
function chain(spans: readonly Span[], span: Span): string[] {
  const names: string[] = [];
  let next: Span | undefined = span;
  while (next !== undefined) {
    names.push(shown(next));
    const parentId: string | undefined = next.parentId;
    if (parentId === undefined) return names;
    next = spans.find(({ id, kind }) => id === parentId && kind !== undefined);
  }
  return [...names, 'a parent that is not there'];
}

test('a request is one trace from the gateway to the word count and the query store, and its id is in all logs', async () => {
  let correlationId = '';
  let tries = 0;
  await waitFor(
    async () => {
      await sleep(300);
      correlationId = `one-trace-${++tries}-${process.pid}`;
      const response = await fetch(at('gateway', '/query/documents/get-document-by-text'), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-correlation-id': correlationId },
        body: JSON.stringify({ text: 'kafka' }),
      });
      const text = await response.text();
      if (response.status !== 200) return false;
      assert.equal(response.headers.get('x-correlation-id'), correlationId);
      const answer = JSON.parse(text) as { total?: number; wordCount?: number; wordCountSource?: string };
      return (answer.total ?? 0) > 0 && (answer.wordCount ?? 0) > 0 && answer.wordCountSource === 'streams';
    },
    90_000,
    'an answer with a count by streams',
  );

  const found = new URLSearchParams({ annotationQuery: `correlation.id=${correlationId}`, limit: '10' });
  const names = {
    gateway: 'SERVER gateway post query-service',
    toQuery: 'CLIENT gateway post query-service',
    query: 'SERVER query-service post /documents/get-document-by-text',
    toStreams: 'CLIENT query-service get streams',
    streams: 'SERVER streams get /get-word-count-by-word/:word',
    store: 'CLIENT query-service search twitter-index',
  };
  const spans = await waitFor(
    async () => {
      const traces = await json<Span[][]>(at('zipkin', `/api/v2/traces?${found}`));
      assert.ok(traces.length <= 1, 'one request, one trace');
      const isThere = (name: string) => traces[0]?.some((span) => shown(span).replace('{word}', ':word') === name);
      return Object.values(names).every(isThere) ? traces[0] : undefined;
    },
    60_000,
    `a trace with ${Object.values(names).join(', ')}`,
  );
  const chainOf = (name: string): string[] =>
    chain(spans, spans.find((span) => shown(span).replace('{word}', ':word') === name)!).slice(1);
  const toQuery = [names.query, names.toQuery, names.gateway];
  assert.deepEqual(chainOf(names.streams), [names.toStreams, ...toQuery]);
  assert.deepEqual(chainOf(names.store), toQuery);
  assert.equal(spans.find((span) => shown(span) === names.store)!.remoteEndpoint?.serviceName, 'elasticsearch');
  for (const { kind, localEndpoint, tags } of spans)
    if (kind === 'SERVER')
      assert.equal(
        tags?.['correlation.id'] ?? tags?.['headwater.correlation_id'],
        correlationId,
        localEndpoint.serviceName,
      );

  // Lines come by way of the event store.
  interface Line {
    service: string;
    traceId: string;
    message: string;
  }
  const lines = await waitFor(
    async () => {
      const query = { term: { correlationId } };
      const answer = await fetch(at('search', '/headwater-logs-*/_search?size=100'), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
      if (!answer.ok) return undefined;
      const { hits } = (await answer.json()) as { hits: { hits: { _source: Line }[] } };
      const all = hits.hits.map(({ _source }) => _source);
      return ['query-service', 'streams'].every((name) => all.some(({ service }) => service === name))
        ? all
        : undefined;
    },
    60_000,
    'log lines of query-service and streams with the correlation id',
  );
  for (const { service, traceId } of lines) assert.equal(traceId, spans[0]!.traceId, service);
});

test('a sampled tweet is one trace from twitter-to-kafka over streams to its rows in analytics', async () => {
  const query = new URLSearchParams({ serviceName: 'analytics', spanName: 'insert twitter_analytics', limit: '5' });
  const wanted = [
    'CLIENT analytics insert twitter_analytics',
    'CONSUMER analytics process twitter-analytics-topic',
    'CONSUMER streams process kafka-streams-application-word-count-store-repartition',
    'CONSUMER streams process twitter-topic',
    'PRODUCER twitter-to-kafka send twitter-topic',
  ];
  let seen = '';
  const counted = await waitFor(
    async () => {
      for (const spans of await json<Span[][]>(at('zipkin', `/api/v2/traces?${query}`))) {
        const inserts = spans.filter((span) => shown(span) === wanted[0]);
        const whole = inserts.find((span) => chain(spans, span).join() === wanted.join());
        if (whole !== undefined) return spans.find(({ id }) => id === whole.parentId);
        seen = inserts.map((span) => chain(spans, span).join(' < ')).join('\n');
      }
      await sleep(200);
      return undefined;
    },
    60_000,
    `a trace with ${wanted.join(' < ')}`,
  ).catch((error: Error) => assert.fail(`${error.message}; there was\n${seen}`));
  const partition = counted.tags!['messaging.destination.partition.id']!;
  const offset = counted.tags!['messaging.kafka.offset']!;
  const place = new URLSearchParams({ topic: 'twitter-analytics-topic', partition, offset });
  interface Correlation {
    ids: { traceId: string | null };
    rows: { database: string | null; value: { text?: string } | null }[];
  }
  const row = await waitFor(
    async () => {
      const { ids, rows } = await json<Correlation>(at('rest', `/api/correlate?${place}`));
      if (ids.traceId !== null) assert.equal(ids.traceId, counted.traceId);
      return rows.find(({ database }) => database !== null);
    },
    60_000,
    'the row of the count',
  );
  const { word } = JSON.parse(row.value!.text!) as { word: string };
  assert.equal(word, counted.tags!['messaging.kafka.message.key']);
});

test('each service tells of its health, itself, its figures and what it serves', async () => {
  const names = ['KAFKA-TO-ELASTIC', 'QUERY-SERVICE', 'STREAMS', 'TWITTER-TO-KAFKA', 'ANALYTICS'];
  interface Known {
    services: { name: string; instances: { homePageUrl: string }[] }[];
  }
  const { services } = await json<Known>(at('discovery', '/api/instances'));
  for (const name of names) {
    const instances = services.find((service) => service.name === name)?.instances ?? [];
    assert.equal(instances.length, name === 'QUERY-SERVICE' ? 2 : 1, name);
    for (const { homePageUrl } of instances) {
      const url = homePageUrl.replace(/\/$/, '');
      const service = name.toLowerCase();
      await waitFor(
        async () => {
          const response = await fetch(`${url}/health`);
          const { components, status } = (await response.json()) as { status: string; components: object };
          return response.status === 200 && status === 'UP' && 'discovery' in components;
        },
        60_000,
        `${service} is UP`,
      );
      const info = await json<{ app: { name: string }; process: { pid: number } }>(`${url}/info`);
      assert.deepEqual([info.app.name, info.process.pid], [service, system.child.pid]);
      const metrics = await fetch(`${url}/metrics`);
      assert.match(metrics.headers.get('content-type')!, /^text\/plain; version=0\.0\.4/);
      assert.match(await metrics.text(), new RegExp(`application="${service}"`));
      const openapi = await json<{ openapi: string; info: { title: string }; paths: object }>(`${url}/openapi.json`);
      assert.deepEqual([openapi.openapi.slice(0, 3), openapi.info.title], ['3.1', service]);
      const served = { streams: '/get-word-count-by-word/{word}', analytics: '/get-word-count-by-word/{word}' };
      const path = service === 'query-service' ? '/documents/{id}' : served[service as keyof typeof served];
      if (path !== undefined) assert.ok(path in openapi.paths, `${service}: ${Object.keys(openapi.paths)}`);
      const docs = await fetch(`${url}/docs`);
      assert.deepEqual([docs.status, docs.headers.get('content-type')], [200, 'text/html; charset=utf-8']);
      assert.ok((await docs.text()).includes(service));
    }
  }
});
