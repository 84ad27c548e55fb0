import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { startSearch } from '@headwater/search';
import { startLogs } from '../logs.ts';
import { LogIndices } from './log-indices.ts';
import { SelfGuard } from './self-guard.ts';

let broker: Broker;

before(async () => {
  broker = await startBroker({ port: 0 });
});
after(() => broker.close());

interface Found {
  hits: { total: { value: number }; hits: { _index: string; _id: string; _source: Record<string, unknown> }[] };
}

async function found(url: string, query: string, count: number): Promise<Found['hits']['hits']> {
  for (;;) {
    const answer = await fetch(`${url}/headwater-logs/_search?size=100&q=${encodeURIComponent(query)}`);
    const { hits } = (await answer.json()) as Partial<Found>;
    if ((hits?.total.value ?? 0) >= count) return hits!.hits;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('the log is indexed by day, again after the store was away, and each record once', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'headwater-log-index-'));
  let search = await startSearch({ dataDir });
  const { url } = search;
  const drop = 'headwater';
  await using logs = await startLogs({
    bootstrap: broker.bootstrap,
    port: 0,
    searchUrl: url,
    index: { pipeline: { processors: [{ drop: { if: `ctx.service == '${drop}'` } }] } },
  });
  const send = (lines: object[]) => fetch(logs.url, { method: 'POST', body: JSON.stringify(lines) });
  await send([
    {
      service: 'shop',
      level: 'warn',
      message: 'paid 17',
      user: 'ada',
      traceId: 't1',
      '@timestamp': '2999-01-01T00:00:00Z',
    },
    { service: drop, message: 'nothing' },
  ]);
  const [one] = await found(url, 'message:paid', 1);
  const { '@timestamp': time, labels, level, record, template, service } = one!._source;
  assert.deepEqual(
    { time, labels, level, template, service },
    { time: '2999-01-01T00:00:00.000Z', labels: ['user=ada'], level: 'WARN', template: 'paid <*>', service: 'shop' },
  );
  const { offset, partition } = record as { offset: number; partition: number };
  assert.equal(one!._id, `headwater-logs-${partition}-${offset}`);
  // Its own clock is wrong: it is among those that came today.
  assert.equal(one!._index, new LogIndices({ url, signal: AbortSignal.abort() }).indexOf(Date.now()));
  assert.equal((await found(url, 'labels:"user=ada"', 1)).length, 1);

  await search.close();
  await send([{ service: 'shop', message: 'while away' }]);
  search = await startSearch({ dataDir, port: Number(new URL(url).port) });
  assert.equal((await found(url, 'message:"while away"', 1)).length, 1);
  // A second group, as after a lost commit: it writes the same documents.
  await using again = await startLogs({
    bootstrap: broker.bootstrap,
    port: 0,
    searchUrl: url,
    index: { groupId: 'again', selfServices: ['shop'] },
  });
  for (;;) {
    const metrics = await (await fetch(`${again.url}/metrics`)).text();
    if (/headwater_logs_indexed_total 3/.test(metrics)) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal((await found(url, 'service:shop', 2)).length, 2);
  const mapping = await (await fetch(`${url}/headwater-logs/_mapping`)).text();
  assert.ok(!mapping.includes('"user"'), 'what senders make up gets no field');
  await logs.close();
  await again.close();
  await search.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test('old days are deleted, by age and by number', async () => {
  await using search = await startSearch();
  const { url } = search;
  const indices = new LogIndices({ url, signal: new AbortController().signal });
  const dayMs = 86_400_000;
  const now = Date.UTC(2026, 10, 22);
  for (let day = 0; day < 10; day++) {
    const index = indices.indexOf(now - day * dayMs);
    await indices.ensure(index);
    const line = `{"index":{"_index":"${index}"}}\n{"message":"x"}\n`;
    assert.deepEqual(await indices.bulk(line.repeat(10)), Array(10).fill({ status: 200 }));
  }
  await fetch(`${url}/_refresh`, { method: 'POST' });
  assert.deepEqual(await indices.deleteOld(now - 7 * dayMs, 1_000), [
    'headwater-logs-2026.11.13',
    'headwater-logs-2026.11.14',
  ]);
  assert.equal((await indices.deleteOld(now - 7 * dayMs, 35)).length, 5);
  assert.equal((await indices.deleteOld(now - 7 * dayMs, 0)).length, 2, 'today stays');
});

test('lines that indexing causes do not multiply', () => {
  const guard = new SelfGuard({ services: ['search'], perSecond: 50, burst: 100 });
  let taken = 0;
  for (let i = 0; i < 10_000; i++) if (guard.takes('search', i)) taken += 1;
  assert.ok(taken >= 100 && taken <= 100 + 10 * 50 + 1, String(taken));
  assert.equal(guard.skipped, 10_000 - taken);
  assert.ok(guard.takes('shop', 0));
});
