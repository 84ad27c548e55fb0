import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { type ReceivedEvent, SseParser } from '../src/live/sse-parser.ts';
import { backend, gatewayTo, rawSocket, until } from './support.ts';

const fast = { live: { retryMinMs: 20, retryMaxMs: 100 } };

/** Reads a live connection until closed. */
async function listen(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ events: ReceivedEvent[]; close(): void; named(name: string): ReceivedEvent[] }> {
  const events: ReceivedEvent[] = [];
  const abort = new AbortController();
  const answer = await fetch(url, { signal: abort.signal, headers });
  assert.equal(answer.status, 200, url);
  assert.match(answer.headers.get('content-type')!, /^text\/event-stream/);
  const parser = new SseParser((event) => events.push(event));
  void (async () => {
    for await (const chunk of answer.body!) parser.push(Buffer.from(chunk));
  })().catch(() => {});
  return { events, close: () => abort.abort(), named: (name) => events.filter((event) => event.event === name) };
}

function stream(res: ServerResponse): ServerResponse {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.flushHeaders();
  return res;
}

test('streams of routes and parts arrive over one connection, names and ids numbered, data unchanged', async () => {
  const asked: Record<string, string | undefined>[] = [];
  await using upstream = await backend((req, res) => {
    asked.push({
      url: req.url,
      accept: req.headers.accept,
      last: req.headers['last-event-id'] as string | undefined,
      cookie: req.headers.cookie,
    });
    stream(res).write(
      `: hello\n\nevent: record\nid: 0:${req.url === '/a?x=1' ? 1 : 2}\ndata: {"id":9007199254740993,\ndata: "t":"ä"}\n\ndata: plain\n\n`,
    );
  });
  await using gateway = await gatewayTo(upstream.url, fast);
  const page = await listen(
    `${gateway.url}/api/live?s=${encodeURIComponent('/api/b/a?x=1')}&s=/r/b&last=${encodeURIComponent('1:0:7')}`,
    { cookie: 'session=1' },
  );
  await until(() => page.events.length === 6, 'six events');
  for (const [i, expected] of [
    [0, '0:0:1'],
    [1, '1:0:2'],
  ] as const) {
    const own = page.events.filter((event) => event.event.startsWith(`${i}:`));
    assert.deepEqual(
      own.map((event) => event.event),
      [`${i}:$open`, `${i}:record`, `${i}:message`],
    );
    assert.equal(own[1]!.data, '{"id":9007199254740993,\n"t":"ä"}');
    assert.equal(own[1]!.id, expected);
  }
  assert.deepEqual(asked.map((each) => each.last).sort(), ['0:7', undefined]);
  assert.ok(asked.every((each) => each.accept === 'text/event-stream' && each.cookie === 'session=1'));
  page.close();
});

test('a sub-stream that fails says so, comes back, and resumes after the last id; the others go on', async () => {
  let mode: 'refuse' | 'cut' | 'run' = 'refuse';
  const lastIds: (string | undefined)[] = [];
  await using upstream = await backend((req, res) => {
    if (req.url === '/steady') return stream(res).write('data: 1\n\n');
    lastIds.push(req.headers['last-event-id'] as string | undefined);
    if (mode === 'refuse')
      return res
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"error":{"code":"X","message":"no such topic"}}');
    stream(res).write('event: record\nid: 5\ndata: x\n\n', () => mode === 'cut' && res.destroy());
    return undefined;
  });
  await using gateway = await gatewayTo(upstream.url, fast);
  const page = await listen(`${gateway.url}/api/live?s=/r/flaky&s=/r/steady&s=/nope/at/all`);
  await until(() => page.named('0:$error').length >= 2 && page.named('2:$error').length >= 1, 'errors');
  const error = JSON.parse(page.named('0:$error')[0]!.data) as { status: number; message: string; retryMs: number };
  assert.equal(error.status, 404);
  assert.equal(error.message, 'no such topic');
  assert.ok(error.retryMs >= 16 && error.retryMs <= 24);
  assert.match(page.named('2:$error')[0]!.data, /"status":404.*no route takes it/);
  mode = 'cut';
  await until(() => page.named('0:record').length >= 2, 'events between cuts');
  mode = 'run';
  await until(() => lastIds.at(-1) === '5', 'a resumption');
  assert.equal(page.named('1:$open').length, 1);
  assert.equal(page.named('1:$error').length, 0);
  page.close();
});

test('an upstream that is down, one that answers no event stream', async () => {
  await using upstream = await backend((_req, res) => res.setHeader('content-type', 'application/json').end('{}'));
  await using gateway = await gatewayTo(upstream.url, fast);
  gateway.setPart('gone', 'http://127.0.0.1:1');
  const page = await listen(`${gateway.url}/api/live?s=/api/gone/x&s=/r/json&s=/api`);
  await until(() => ['0', '1', '2'].every((i) => page.named(`${i}:$error`).length > 0), 'errors');
  assert.match(page.named('0:$error')[0]!.data, /"status":503.*part \\"gone\\" cannot be reached/);
  assert.match(page.named('1:$error')[0]!.data, /"status":406.*application\/json, which is no event stream/);
  assert.match(page.named('2:$error')[0]!.data, /"status":404/);
  page.close();
});

test('when the page goes, the upstreams are closed', async () => {
  let open = 0;
  await using upstream = await backend((_req, res) => {
    open++;
    res.on('close', () => open--);
    stream(res);
  });
  await using gateway = await gatewayTo(upstream.url, fast);
  const page = await listen(`${gateway.url}/api/live?${Array.from({ length: 16 }, (_, i) => `s=/r/${i}`).join('&')}`);
  await until(() => open === 16, 'sixteen upstream streams');
  page.close();
  await until(() => open === 0, 'all to be closed');
});

test('what is no list of streams is refused', async () => {
  await using gateway = await gatewayTo('http://127.0.0.1:1', {
    live: { maxClients: 1, retryMinMs: 20, retryMaxMs: 100 },
  });
  const status = async (query: string) => (await fetch(`${gateway.url}/api/live${query}`)).status;
  assert.equal(await status(''), 400);
  assert.equal(await status(`?${'s=/a&'.repeat(17)}`), 400);
  assert.equal(await status('?s=relative'), 400);
  assert.equal(await status('?s=/api/live?s=/a'), 400);
  assert.equal(await status(`?s=/${'x'.repeat(5000)}`), 400);
  assert.equal((await fetch(`${gateway.url}/api/live?s=/a`, { method: 'POST' })).status, 405);
  const page = await listen(`${gateway.url}/api/live?s=/a`);
  assert.equal(await status('?s=/a'), 503);
  page.close();
});

test('a page that does not read costs a bound, is told what it missed, and slows nobody', async () => {
  let written = 0;
  const upstreams: ServerResponse[] = [];
  await using upstream = await backend((_req, res) => void upstreams.push(stream(res)));
  await using gateway = await gatewayTo(upstream.url, { live: { maxQueuedEvents: 100, maxQueuedChars: 64 * 1024 } });
  const slow = await rawSocket(gateway);
  const parserEvents: ReceivedEvent[] = [];
  const parser = new SseParser((event) => parserEvents.push(event));
  slow.write('GET /api/live?s=/r/fast HTTP/1.1\r\nHost: localhost\r\n\r\n');
  slow.pause();
  await until(() => upstreams.length === 1, 'the upstream stream');
  const event = (n: number): string => `event: record\nid: ${n}\ndata: ${String(n).padEnd(2_000, '.')}\n\n`;
  // Far more than all socket buffers hold; the gateway must keep reading.
  const total = 20_000;
  while (written < total) {
    if (!upstreams[0]!.write(event(written++))) await new Promise((resolve) => upstreams[0]!.once('drain', resolve));
  }
  upstreams[0]!.write('event: status\ndata: last\n\n');
  slow.on('data', (chunk) => parser.push(Buffer.from(chunk)));
  slow.resume();
  await until(() => parserEvents.some((each) => each.event === '0:status'), 'the last event');
  const records = parserEvents.filter((each) => each.event === '0:record');
  const dropped = parserEvents
    .filter((each) => each.event === '0:$dropped')
    .map((each) => JSON.parse(each.data) as { count: number; total: number });
  assert.ok(dropped.length >= 1);
  assert.equal(
    dropped.at(-1)!.total,
    dropped.reduce((sum, each) => sum + each.count, 0),
  );
  assert.equal(records.length + dropped.at(-1)!.total, total, 'every record arrived or was counted');
  assert.equal(records.at(-1)!.id, `0:${total - 1}`, 'the newest is kept');
  slow.destroy();
});
