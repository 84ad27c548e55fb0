import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startZipkin, type Zipkin } from '../index.ts';
import type { Span } from '../src/spans/span.ts';
import { randomOf, randomTraces } from './random-traces.ts';

// The same spans at a real Zipkin (HEADWATER_TEST_ZIPKIN_URL, fresh) and at this one: the same answers.

const peerUrl = process.env['HEADWATER_TEST_ZIPKIN_URL'];
const skip = peerUrl === undefined ? 'no real Zipkin: set HEADWATER_TEST_ZIPKIN_URL' : false;
const seed = Number(process.env['HEADWATER_SEED'] ?? Date.now() % 1_000_000);
const count = Number(process.env['HEADWATER_TRACES'] ?? 300);
const nowMs = Date.now();
let own: Zipkin;
let traces: Span[][];

before(async () => {
  if (skip) return;
  console.log(`seed ${seed}`);
  own = await startZipkin({ port: 0 });
  traces = randomTraces(randomOf(seed), count, (nowMs - 120_000) * 1_000);
  for (const url of [own.url, peerUrl!])
    for (const spans of traces) {
      const answer = await fetch(`${url}/api/v2/spans`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(spans),
      });
      assert.equal(answer.status, 202);
      await answer.arrayBuffer();
    }
});
after(() => own?.close());

async function both(path: string): Promise<[unknown, unknown]> {
  const [mine, theirs] = await Promise.all(
    [own.url, peerUrl!].map(async (url) => {
      const answer = await fetch(`${url}${path}`);
      const text = await answer.text();
      return answer.ok ? JSON.parse(text) : { status: answer.status };
    }),
  );
  return [mine, theirs];
}

const bySpan = (spans: Span[]): Span[] =>
  spans.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1)).map((span) => ({ ...span }));
const sortKey = (span: Span): string => `${span.id} ${span.shared ?? false} ${span.timestamp}`;

test('names', { skip }, async () => {
  for (const path of [
    '/api/v2/services',
    ...['front', 'orders', 'postgres', 'nobody'].flatMap((name) => [
      `/api/v2/spans?serviceName=${name}`,
      `/api/v2/remoteServices?serviceName=${name}`,
    ]),
  ]) {
    const [mine, theirs] = await both(path);
    assert.deepEqual(mine, theirs, path);
  }
});

test('each trace', { skip }, async () => {
  for (const spans of traces) {
    const [mine, theirs] = (await both(`/api/v2/trace/${spans[0]!.traceId}`)) as [Span[], Span[]];
    assert.deepEqual(bySpan(mine), bySpan(theirs), spans[0]!.traceId);
  }
});

test('queries', { skip }, async () => {
  const queries = [
    '',
    'limit=3',
    'serviceName=orders&limit=20',
    'serviceName=orders&spanName=query',
    'serviceName=front&remoteServiceName=kafka&limit=50',
    'annotationQuery=error&limit=1000',
    'annotationQuery=error%3Dtimeout&limit=1000',
    'annotationQuery=error%20and%20http.method%3DGET&limit=1000',
    'serviceName=stock&annotationQuery=cache.miss&limit=1000',
    'minDuration=90000&limit=1000',
    'minDuration=1000&maxDuration=9000&limit=1000',
    'serviceName=mail&minDuration=50000&limit=1000',
    'maxDuration=10',
    'limit=0',
    'serviceName=nobody',
    `endTs=${nowMs - 90_000}&lookback=20000&limit=1000`,
    'limit=abc',
  ];
  for (const query of queries) {
    const [mine, theirs] = (await both(`/api/v2/traces?${query}`)) as [Span[][], Span[][]];
    // Which of two that began in the same millisecond comes first is nobody's promise.
    const ids = (list: Span[][]): unknown =>
      Array.isArray(list) ? list.map((spans) => spans[0]!.traceId).toSorted() : list;
    assert.deepEqual(ids(mine), ids(theirs), query);
  }
});

test('dependencies', { skip }, async () => {
  type Links = { parent: string; child: string }[];
  const [mine, theirs] = (await both(`/api/v2/dependencies?endTs=${nowMs + 60_000}&lookback=600000`)) as [Links, Links];
  const order = (links: Links): Links =>
    links.toSorted((a, b) => (`${a.parent} ${a.child}` < `${b.parent} ${b.child}` ? -1 : 1));
  assert.deepEqual(order(mine), order(theirs));
});

test('refusals', { skip }, async () => {
  for (const path of [
    '/api/v2/trace/xyz',
    '/api/v2/trace/123',
    '/api/v2/traceMany?traceIds=1',
    '/api/v2/dependencies',
  ]) {
    const [mine, theirs] = await both(path);
    assert.deepEqual(mine, theirs, path);
  }
});
