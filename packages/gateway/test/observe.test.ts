import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { startGateway } from '../index.ts';
import { backend, bodyOf, until } from './support.ts';

const routesTo = (url: string) => [
  {
    id: 'orders',
    uri: 'lb://orders',
    predicates: ['Path=/orders/**'],
    filters: ['Retry=2', { name: 'CircuitBreaker', args: { name: 'orders "b"' } }],
  },
  { id: 'plain', uri: url, predicates: ['Path=/plain/**'] },
];

test('the access log holds one event for each call', async () => {
  await using broker = await startBroker();
  let failures = 1;
  await using upstream = await backend((_req, res) => {
    if (failures-- > 0) res.writeHead(503).end();
    else res.end('four');
  });
  const kafkaUrl = `127.0.0.1:${broker.port}`;
  const gateway = await startGateway({
    parts: {},
    routes: routesTo(upstream.url),
    instances: { orders: [upstream.url] },
    kafkaUrl,
  });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await (
    await fetch(`${gateway.url}/orders/7?secret=1`, { headers: { traceparent, 'x-correlation-id': 'c-1' } })
  ).text();
  await (await fetch(`${gateway.url}/plain/8`, { method: 'POST', body: 'three' })).text();
  await (await fetch(`${gateway.url}/nowhere`)).text();
  await (await fetch(`${gateway.url}/api`)).text();
  await gateway.close();

  const client = createClient({ bootstrap: kafkaUrl, clientId: 'test' });
  const events: Record<string, unknown>[] = [];
  const keys: string[] = [];
  for await (const batch of client.tail({ topics: ['headwater-access-log'], from: 'earliest' })) {
    for (const record of batch.records()) {
      keys.push(String(record.key));
      events.push(JSON.parse(String(record.value)) as Record<string, unknown>);
    }
    if (events.length >= 3) break;
  }
  const [config] = await client.describeConfigs([{ type: 'topic', name: 'headwater-access-log' }] as never);
  await client.close();
  events.sort((a, b) => Number(a['timestampMs']) - Number(b['timestampMs']));
  assert.equal(events.length, 3);
  const [orders, plain, nowhere] = events;
  assert.deepEqual(
    { ...orders, timestampMs: 0, durationMs: 0, upstreamMs: 0 },
    {
      timestampMs: 0,
      traceId: '0af7651916cd43dd8448eb211c80319c',
      correlationId: 'c-1',
      route: 'orders',
      service: 'orders',
      instance: upstream.url,
      method: 'GET',
      path: '/orders/7',
      status: 200,
      durationMs: 0,
      upstreamMs: 0,
      requestBytes: 0,
      responseBytes: 4,
      user: 'developer',
      clientAddress: '127.0.0.1',
      retries: 1,
      outcome: 'answered',
      error: null,
    },
  );
  assert.deepEqual([plain!['requestBytes'], plain!['route'], plain!['service']], [5, 'plain', null]);
  assert.deepEqual(
    [nowhere!['status'], nowhere!['outcome'], nowhere!['error']],
    [404, 'refused', 'HW_GATEWAY_NOT_FOUND'],
  );
  assert.deepEqual(keys.sort(), ['gateway', 'orders', 'plain']);
  assert.ok(config !== undefined);
});

test('without Kafka the access log waits within its bound, and nobody else does', async () => {
  await using upstream = await backend((_req, res) => res.end('x'));
  await using gateway = await startGateway({
    parts: {},
    routes: routesTo(upstream.url),
    instances: { orders: [upstream.url] },
    kafkaUrl: '127.0.0.1:1',
  });
  for (let i = 0; i < 5; i++) assert.equal((await fetch(`${gateway.url}/plain/${i}`)).status, 200);
});

async function metricsOf(url: string): Promise<string> {
  const answer = await fetch(`${url}/api/gateway/metrics`);
  assert.match(answer.headers.get('content-type')!, /^text\/plain; version=0\.0\.4/);
  return await answer.text();
}

test('metrics: counted by route, method and status, and as promtool wants them', async (t) => {
  let status = 200;
  await using upstream = await backend(async (req, res) => {
    await bodyOf(req);
    res.writeHead(status).end('answer');
  });
  await using gateway = await startGateway({
    parts: {},
    routes: routesTo(upstream.url),
    instances: { orders: [upstream.url] },
  });
  const ask = async (path: string, init?: RequestInit): Promise<unknown> =>
    (await fetch(`${gateway.url}${path}`, init)).text();
  for (let i = 0; i < 3; i++) await ask('/orders/1');
  await ask('/plain/1', { method: 'POST', body: 'body!' });
  status = 404;
  await ask('/plain/1', { method: 'PURGE' });
  const seen = /http_route="plain".*http_request_method="_OTHER".*_count|_count\{http_route="plain".*"_OTHER"/;
  let text = '';
  // The end of a call is counted when its answer has gone out.
  const deadline = performance.now() + 60_000;
  while (!seen.test(text) && performance.now() < deadline) text = await metricsOf(gateway.url);
  const value = (line: RegExp): number => Number(new RegExp(`^${line.source} (.*)$`, 'm').exec(text)?.[1]);
  assert.equal(
    value(
      /http_server_request_duration_seconds_count\{http_route="orders",kind="route",http_request_method="GET",http_response_status_code="200"\}/,
    ),
    3,
  );
  assert.equal(
    value(
      /http_server_request_duration_seconds_bucket\{http_route="plain",kind="route",http_request_method="POST",http_response_status_code="200",le="\+Inf"\}/,
    ),
    1,
  );
  assert.equal(
    value(
      /http_server_request_duration_seconds_count\{http_route="plain",kind="route",http_request_method="_OTHER",http_response_status_code="404"\}/,
    ),
    1,
  );
  assert.equal(value(/headwater_gateway_request_body_bytes_total\{http_route="plain",kind="route"\}/), 5);
  assert.equal(value(/resilience4j_circuitbreaker_state\{name="orders \\"b\\"",state="closed"\}/), 1);
  assert.equal(value(/headwater_gateway_breaker_calls_total\{name="orders \\"b\\"",kind="successful"\}/), 3);
  const promtool = spawnSync('promtool', ['check', 'metrics'], { input: text });
  if (promtool.error) t.diagnostic('promtool is not installed: the format is not checked by it');
  else assert.equal(promtool.status, 0, `${promtool.stdout}${promtool.stderr}`);

  const { traffic } = (await (
    await fetch(`${gateway.url}/api/gateway/metrics`, { headers: { accept: 'application/json' } })
  ).json()) as { traffic: { name: string; requests: number; p50Ms: number | null; kind: string }[] };
  const orders = traffic.find((each) => each.name === 'orders' && each.kind === 'route')!;
  assert.equal(orders.requests, 3);
  assert.ok(orders.p50Ms! > 0);
});

test('a trace goes on, or begins; sampled calls become spans, one for each attempt', async () => {
  const spans: Record<string, unknown>[] = [];
  await using zipkin = await backend(async (req, res) => {
    assert.equal(req.url, '/api/v2/spans');
    spans.push(...(JSON.parse(await bodyOf(req)) as Record<string, unknown>[]));
    res.writeHead(202).end();
  });
  const parents: string[] = [];
  const states: (string | undefined)[] = [];
  await using upstream = await backend((req, res) => {
    parents.push(String(req.headers['traceparent']));
    states.push(req.headers['tracestate'] as string | undefined);
    res.writeHead(parents.length === 1 ? 503 : 200).end();
  });
  await using gateway = await startGateway({
    parts: {},
    routes: routesTo(upstream.url),
    instances: { orders: [upstream.url] },
    zipkinUrl: zipkin.url,
  });
  const ask = async (path: string, headers: Record<string, string>): Promise<unknown> =>
    (await fetch(`${gateway.url}${path}`, { headers })).text();
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  await ask('/orders/1', { traceparent: `00-${traceId}-b7ad6b7169203331-01`, tracestate: 'a=1' });
  await ask('/plain/1', { traceparent: `00-${traceId}-b7ad6b7169203331-00` });
  await ask('/plain/2', { traceparent: 'nonsense', tracestate: 'a=1' });
  await until(() => spans.length >= 5, 'five spans');
  assert.equal(spans.length, 5, 'none of the call that is not sampled');
  const server = spans.find((span) => span['kind'] === 'SERVER' && span['traceId'] === traceId)!;
  const attempts = spans.filter((span) => span['kind'] === 'CLIENT' && span['traceId'] === traceId);
  assert.equal(server['parentId'], 'b7ad6b7169203331');
  assert.equal(server['name'], 'get orders');
  assert.deepEqual(
    attempts.map((span) => [span['parentId'], (span['tags'] as Record<string, string>)['http.status_code']]),
    [
      [server['id'], '503'],
      [server['id'], '200'],
    ],
  );
  assert.deepEqual(
    parents.slice(0, 2),
    attempts.map((span) => `00-${traceId}-${span['id'] as string}-01`),
  );
  assert.match(parents[2]!, new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
  assert.match(parents[3]!, /^00-(?!0af7)[0-9a-f]{32}-[0-9a-f]{16}-03$/);
  assert.deepEqual(states, ['a=1', 'a=1', undefined, undefined].slice(0, 2).concat([undefined, undefined]));
});

test('live: the state every second and each change at once, alone and among the streams of a page', async () => {
  await using upstream = await backend((_req, res) => res.end('x'));
  await using gateway = await startGateway({
    parts: {},
    routes: routesTo(upstream.url),
    instances: { orders: [upstream.url] },
  });
  for (const [path, prefix] of [
    ['/api/gateway/events', ''],
    [`/api/live?s=${encodeURIComponent('/api/gateway/events')}`, '0:'],
  ]) {
    const leaving = new AbortController();
    const answer = await fetch(`${gateway.url}${path}`, { signal: leaving.signal });
    assert.equal(answer.status, 200);
    let text = '';
    let states = 0;
    let isTripped = false;
    for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      states = text.split(`event: ${prefix}state\n`).length - 1;
      if (states > 0 && !isTripped) {
        isTripped = true;
        const tripped = await fetch(`${gateway.url}/api/gateway/breakers/${encodeURIComponent('orders "b"')}`, {
          method: 'POST',
          body: JSON.stringify({ state: prefix === '' ? 'FORCED_OPEN' : 'CLOSED' }),
        });
        assert.equal(tripped.status, 200);
      }
      if (states >= 2 && text.includes(`event: ${prefix}change\n`)) break;
    }
    leaving.abort();
    assert.match(text, new RegExp(`event: ${prefix}changes\\n`));
    const told = { kind: 'breaker', subject: 'orders "b"', change: prefix === '' ? 'FORCED_OPEN' : 'CLOSED' };
    assert.ok(text.includes(JSON.stringify(told).slice(1, -1)), text);
  }
});
