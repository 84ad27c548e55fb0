import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startGateway } from '../index.ts';
import { backend } from './support.ts';

const peer = join(process.env['HEADWATER_SHARED'] ?? '', 'peers/zipkin');
const isHere = process.env['HEADWATER_SHARED'] !== undefined && existsSync(peer);

/** Zipkin's own address: one that runs (`ZIPKIN_URL`), or the peer. */
async function zipkinUrl(): Promise<{ url: string; stop: () => Promise<unknown> }> {
  const given = process.env['ZIPKIN_URL'];
  if (given !== undefined) return { url: given, stop: async () => {} };
  const run = promisify(execFile);
  const { stdout } = await run(peer, ['start'], { timeout: 180_000 });
  return { url: /ZIPKIN_URL=(\S+)/.exec(stdout)![1]!, stop: () => run(peer, ['stop'], { timeout: 60_000 }) };
}

test('a real Zipkin shows the trace of a call that was tried twice', {
  skip: isHere || process.env['ZIPKIN_URL'] ? false : 'no Zipkin: ZIPKIN_URL, or peers/zipkin in HEADWATER_SHARED',
  timeout: 300_000,
}, async () => {
  const { url, stop } = await zipkinUrl();
  try {
    let asked = 0;
    await using upstream = await backend((_req, res) => res.writeHead(++asked === 1 ? 502 : 200).end());
    const gateway = await startGateway({
      parts: {},
      routes: [{ id: 'orders', uri: 'lb://orders', predicates: ['Path=/orders/**'], filters: ['Retry=2'] }],
      instances: { orders: [upstream.url] },
      zipkinUrl: url,
    });
    const traceId = `${Date.now().toString(16).padStart(16, '0')}448eb211c80319c0`;
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    assert.equal((await fetch(`${gateway.url}/orders/1`, { headers })).status, 200);
    await gateway.close();
    type Span = { kind: string; name: string; parentId?: string; id: string; tags: Record<string, string> };
    let spans: Span[] = [];
    const deadline = performance.now() + 60_000;
    while (spans.length < 3 && performance.now() < deadline) {
      const answer = await fetch(`${url}/api/v2/trace/${traceId}`);
      spans = answer.ok ? ((await answer.json()) as Span[]) : [];
    }
    const server = spans.find((span) => span.kind === 'SERVER')!;
    const clients = spans.filter((span) => span.kind === 'CLIENT');
    assert.equal(server.name, 'get orders');
    assert.equal(server.parentId, 'b7ad6b7169203331');
    assert.deepEqual(clients.map((span) => span.tags['http.status_code']).sort(), ['200', '502']);
    for (const client of clients) assert.equal(client.parentId, server.id);
  } finally {
    await stop();
  }
});
