import assert from 'node:assert/strict';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { startGateway } from '../index.ts';
import { backend, bodyOf, gatewayTo, raw, rawSocket, until } from './support.ts';

test('a part and a route forward method, path, query, headers and body', async () => {
  await using upstream = await backend(async (req, res) => {
    const body = await bodyOf(req);
    res.writeHead(201, { 'x-twice': ['a', 'b'], connection: 'x-internal', 'x-internal': 'secret' });
    res.end(JSON.stringify({ method: req.method, url: req.url, headers: req.headers, body }));
  });
  await using gateway = await gatewayTo(upstream.url);
  for (const path of ['/api/b/v1/a%2Fb?x=%20&y', '/r/v1/a%2Fb?x=%20&y']) {
    const answer = await fetch(gateway.url + path, {
      method: 'PUT',
      body: 'hello',
      headers: { 'x-mine': 'ä'.normalize('NFD').slice(0, 1), origin: gateway.url },
    });
    assert.equal(answer.status, 201);
    assert.equal(answer.headers.get('x-twice'), 'a, b');
    assert.equal(answer.headers.get('x-internal'), null, 'what Connection lists ends at the gateway');
    const seen = (await answer.json()) as {
      method: string;
      url: string;
      headers: Record<string, string>;
      body: string;
    };
    assert.equal(seen.method, 'PUT');
    assert.equal(seen.url, '/v1/a%2Fb?x=%20&y');
    assert.equal(seen.body, 'hello');
    assert.equal(seen.headers.host, new URL(upstream.url).host);
    assert.equal(seen.headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(seen.headers['x-forwarded-host'], new URL(gateway.url).host);
    assert.equal(seen.headers['x-forwarded-proto'], 'http');
    assert.equal(seen.headers['x-forwarded-port'], String(gateway.port));
    assert.equal(seen.headers['x-forwarded-prefix'], path.startsWith('/r') ? '/r' : '/api/b');
    assert.equal(seen.headers['x-correlation-id'], answer.headers.get('x-correlation-id'));
    assert.equal(
      seen.headers.origin,
      path.startsWith('/r') ? upstream.url : undefined,
      'same-origin stays same-origin',
    );
  }
});

test('correlation id and trace context are kept; a correlation id that could do harm is replaced', async () => {
  await using upstream = await backend((req, res) => res.end(JSON.stringify(req.headers)));
  await using gateway = await gatewayTo(upstream.url);
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const answer = await fetch(`${gateway.url}/r/`, { headers: { 'x-correlation-id': 'order-7', traceparent } });
  const seen = (await answer.json()) as Record<string, string>;
  assert.equal(seen['x-correlation-id'], 'order-7');
  assert.match(
    seen.traceparent!,
    /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/,
    'the gateway is the parent',
  );
  assert.equal(answer.headers.get('x-correlation-id'), 'order-7');
  const other = await fetch(`${gateway.url}/r/`, { headers: { 'x-correlation-id': '<script>' } });
  assert.match(other.headers.get('x-correlation-id')!, /^[0-9a-f-]{36}$/);
});

test('forwarded headers are believed from a trusted proxy only', async () => {
  await using upstream = await backend((req, res) => res.end(JSON.stringify(req.headers)));
  const headers = {
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'shop.example',
    'x-real-ip': '203.0.113.9',
  };
  for (const trustedProxies of [[], ['127.0.0.0/8']]) {
    await using gateway = await gatewayTo(upstream.url, { trustedProxies });
    const seen = (await (await fetch(`${gateway.url}/r/`, { headers })).json()) as Record<string, string>;
    const isTrusted = trustedProxies.length > 0;
    assert.equal(seen['x-forwarded-for'], isTrusted ? '203.0.113.9, 127.0.0.1' : '127.0.0.1');
    assert.equal(seen['x-forwarded-proto'], isTrusted ? 'https' : 'http');
    assert.equal(seen['x-forwarded-host'], isTrusted ? 'shop.example' : new URL(gateway.url).host);
    assert.equal(seen['x-real-ip'], undefined);
  }
});

test('a body of 30 MB passes both ways, in pieces, and is the same', async () => {
  await using upstream = await backend((req, res) => req.pipe(res));
  await using gateway = await gatewayTo(upstream.url);
  const size = 30 * 1024 * 1024;
  const piece = Buffer.alloc(64 * 1024, 'abcdefgh');
  async function* pieces() {
    for (let sent = 0; sent < size; sent += piece.length) yield piece;
  }
  const answer = await fetch(`${gateway.url}/r/`, {
    method: 'POST',
    body: pieces() as unknown as ReadableStream,
    duplex: 'half',
  } as RequestInit);
  let received = 0;
  for await (const chunk of answer.body!) received += chunk.length;
  assert.equal(received, size);
});

test('a caller that reads slowly holds the upstream back', async () => {
  let written = 0;
  await using upstream = await backend((_req, res) => {
    const piece = Buffer.alloc(64 * 1024);
    const more = (): void => {
      while (written < 256 * 1024 * 1024) {
        written += piece.length;
        if (!res.write(piece)) return void res.once('drain', more);
      }
      res.end();
    };
    more();
  });
  await using gateway = await gatewayTo(upstream.url);
  const abort = new AbortController();
  const answer = await fetch(`${gateway.url}/r/`, { signal: abort.signal });
  const reader = answer.body!.getReader();
  await reader.read();
  let before = -1;
  // Until nothing moves any more: every buffer on the way is full.
  while (before !== written) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(written < 64 * 1024 * 1024, `${written} bytes were taken for a caller that reads none`);
  abort.abort();
});

test('an upstream that takes no body holds the caller back, and is given up after a while', async () => {
  await using upstream = await backend((req) => req.pause());
  await using gateway = await gatewayTo(upstream.url, {
    timeouts: { connectTimeoutMs: 500, bodyIdleTimeoutMs: 1_000 },
  });
  const socket = await rawSocket(gateway);
  socket.on('error', () => {});
  socket.write('POST /r/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n');
  let sent = 0;
  const more = (error?: Error | null): void => {
    if (error) return;
    sent += 64 * 1024;
    socket.write(Buffer.alloc(64 * 1024), more);
  };
  more();
  let before = -1;
  while (before !== sent) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes were taken for an upstream that reads none`);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  await until(() => answer.includes('\r\n\r\n'), 'an answer');
  assert.match(answer, /^HTTP\/1\.1 504 [\s\S]*took nothing of the body for 1000 ms/);
  socket.destroy();
});

test('a caller that leaves while it waits cancels the upstream', async () => {
  let isCancelled = false;
  await using upstream = await backend((_req, res) => {
    res.on('close', () => {
      isCancelled = true;
    });
  });
  await using gateway = await gatewayTo(upstream.url);
  const abort = new AbortController();
  const request = fetch(`${gateway.url}/r/`, { signal: abort.signal });
  request.catch(() => {});
  await until(() => upstream.server.listening, 'start');
  setTimeout(() => abort.abort(), 50);
  await until(() => isCancelled, 'the cancellation');
});

test('an upstream that dies within its answer never gives a whole answer', async () => {
  await using upstream = await backend((req, res) => {
    if (req.url === '/length') res.writeHead(200, { 'content-length': '100' });
    res.write('half');
    setTimeout(() => res.destroy(), 20);
  });
  await using gateway = await gatewayTo(upstream.url);
  for (const path of ['/r/length', '/r/chunked']) {
    const answer = await fetch(gateway.url + path);
    await assert.rejects(answer.text(), path);
  }
  const text = await raw(gateway, 'GET /r/chunked HTTP/1.1\r\nHost: localhost\r\n\r\n');
  assert.match(text, /half/);
  assert.doesNotMatch(text, /\r\n0\r\n\r\n/, 'no end of chunks');
});

test('upstreams that fail before they answer: 502, 503, 504, with the name of the part', async () => {
  const sockets = new Set<Socket>();
  let answer = '';
  const odd = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => (answer === '' ? undefined : socket.end(answer)));
  });
  await new Promise<void>((resolve) => odd.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(odd.address() as AddressInfo).port}`;
  await using gateway = await startGateway({
    routes: [{ id: 'slow', uri: url, predicates: ['Path=/slow'], metadata: { 'response-timeout': 100 } }],
    parts: { odd: url, gone: 'http://127.0.0.1:1' },
  });
  const ask = async (path: string) => {
    const response = await fetch(gateway.url + path);
    return {
      status: response.status,
      ...((await response.json()) as { error: { code: string; message: string } }).error,
    };
  };
  const down = await ask('/api/gone/x');
  assert.deepEqual([down.status, down.code], [503, 'HW_GATEWAY_UPSTREAM_DOWN']);
  assert.match(
    down.message,
    /part "gone" cannot be reached at http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\): is it running\?/,
  );
  const slow = await ask('/slow');
  assert.deepEqual([slow.status, slow.code], [504, 'HW_GATEWAY_UPSTREAM_TIMEOUT']);
  assert.match(slow.message, /route "slow" .* did not answer within 100 ms/);
  for (const [bytes, code] of [
    ['nonsense\r\n\r\n', 'HW_GATEWAY_BAD_ANSWER'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'HW_GATEWAY_BAD_ANSWER'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello', 'HW_GATEWAY_BAD_ANSWER'],
    [`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`, 'HW_GATEWAY_BAD_ANSWER'],
    ['HTTP/1.1 200 OK\r\n', 'HW_GATEWAY_UPSTREAM_RESET'],
    [' ', 'HW_GATEWAY_BAD_ANSWER'],
  ] as const) {
    answer = bytes;
    const bad = await ask('/api/odd/x');
    assert.equal(bad.status, 502, bytes.slice(0, 80));
    assert.equal(bad.code, code, bytes.slice(0, 80));
  }
  for (const socket of sockets) socket.destroy();
  odd.close();
});

test('an idle connection that the upstream has closed costs no request', async () => {
  let connections = 0;
  await using upstream = await backend((_req, res) => res.end('ok'));
  upstream.server.on('connection', () => connections++);
  await using gateway = await gatewayTo(upstream.url);
  for (let i = 0; i < 20; i++) {
    assert.equal(await (await fetch(`${gateway.url}/r/`)).text(), 'ok');
    upstream.server.closeIdleConnections();
  }
  assert.ok(connections > 1);
});

test('no more than maxInFlight requests to one upstream', async () => {
  const waiting: (() => void)[] = [];
  await using upstream = await backend((_req, res) => waiting.push(() => res.end('ok')));
  await using gateway = await gatewayTo(upstream.url, { maxInFlight: 2 });
  const first = [fetch(`${gateway.url}/r/`), fetch(`${gateway.url}/r/`)];
  await until(() => waiting.length === 2, 'two requests under way');
  const third = await fetch(`${gateway.url}/r/`);
  assert.equal(third.status, 503);
  assert.equal(((await third.json()) as { error: { code: string } }).error.code, 'HW_GATEWAY_UPSTREAM_BUSY');
  for (const finish of waiting) finish();
  for (const answer of await Promise.all(first)) assert.equal(await answer.text(), 'ok');
  waiting.length = 0;
  const after = fetch(`${gateway.url}/r/`);
  await until(() => waiting.length === 1, 'a place again');
  waiting[0]!();
  assert.equal((await after).status, 200);
});

test('a server-sent event arrives while the answer goes on; the head of a slow answer arrives before its body', async () => {
  let send!: (text: string) => void;
  await using upstream = await backend((req, res) => {
    res.writeHead(200, { 'content-type': req.url === '/sse' ? 'text/event-stream' : 'application/json' });
    res.flushHeaders();
    send = (text) => res.write(text);
  });
  await using gateway = await gatewayTo(upstream.url);
  for (const path of ['/r/sse', '/r/slow']) {
    const abort = new AbortController();
    const answer = await fetch(gateway.url + path, { signal: abort.signal });
    const reader = answer.body!.getReader();
    send('data: 1\n\n');
    assert.equal(Buffer.from((await reader.read()).value!).toString(), 'data: 1\n\n');
    abort.abort();
  }
});

test('Expect: 100-continue is passed on, and a refusal comes before the body', async () => {
  await using upstream = await backend(async (req, res) => res.end(await bodyOf(req)));
  upstream.server.on('checkContinue', (req, res) => {
    if (req.url === '/no') return res.writeHead(417).end();
    res.writeContinue();
    upstream.server.emit('request', req, res);
  });
  await using gateway = await gatewayTo(upstream.url);
  const head = (path: string) =>
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n`;
  const refused = await raw(gateway, head('/r/no'));
  assert.match(refused, /^HTTP\/1\.1 417 /);
  assert.doesNotMatch(refused, /100 Continue/);
  assert.match(await raw(gateway, head('/r/yes'), /100 Continue\r\n\r\n/), /^HTTP\/1\.1 100 Continue/);
  assert.match(await raw(gateway, `${head('/r/yes')}hello`), /HTTP\/1\.1 200 OK[\s\S]*hello/);
});

test('Expect: 100-continue to an upstream that does not know it', async () => {
  const plain = createServer((socket) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
      if (text.endsWith('hello')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
  });
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  await using gateway = await gatewayTo(`http://127.0.0.1:${(plain.address() as AddressInfo).port}`);
  const text = await raw(
    gateway,
    'POST /r/ HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello',
  );
  assert.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  plain.close();
});

test('HEAD, 204 and 304 have no body and keep their headers', async () => {
  await using upstream = await backend((req, res) => {
    if (req.url === '/204') res.writeHead(204).end();
    else if (req.url === '/304') res.writeHead(304, { etag: '"a"' }).end();
    else res.writeHead(200, { 'content-length': '1000' }).end(req.method === 'HEAD' ? undefined : 'x'.repeat(1000));
  });
  await using gateway = await gatewayTo(upstream.url);
  const head = await fetch(`${gateway.url}/r/`, { method: 'HEAD' });
  assert.equal(head.headers.get('content-length'), '1000');
  assert.equal((await fetch(`${gateway.url}/r/204`)).status, 204);
  assert.equal((await fetch(`${gateway.url}/r/304`)).headers.get('etag'), '"a"');
});

test('routes and parts can be moved while requests run', async () => {
  await using one = await backend((_req, res) => res.end('one'));
  await using two = await backend((_req, res) => res.end('two'));
  await using gateway = await gatewayTo(one.url);
  assert.equal(await (await fetch(`${gateway.url}/r/`)).text(), 'one');
  gateway.setRoutes([{ id: 'r', uri: two.url, predicates: ['Path=/r/**'] }]);
  gateway.setPart('b', two.url);
  gateway.setPart('c', one.url);
  assert.equal(await (await fetch(`${gateway.url}/r/`)).text(), 'two');
  assert.equal(await (await fetch(`${gateway.url}/api/b`)).text(), 'two');
  assert.equal(await (await fetch(`${gateway.url}/api/c/`)).text(), 'one');
  assert.throws(() => gateway.setRoutes([{ uri: two.url, predicates: ['Nope=1'] }]), /unknown predicate/);
  assert.equal(await (await fetch(`${gateway.url}/r/`)).text(), 'two', 'a wrong table changes nothing');
  gateway.setPart('c', undefined);
  assert.equal((await fetch(`${gateway.url}/api/c`)).status, 404);
});

test('a route back to the gateway itself ends', async () => {
  await using gateway = await startGateway({ routes: [], parts: {} });
  gateway.setRoutes([{ id: 'loop', uri: gateway.url, predicates: ['Path=/loop'] }]);
  const answer = await fetch(`${gateway.url}/loop`);
  assert.equal(answer.status, 508);
  assert.match(await answer.text(), /HW_GATEWAY_LOOP/);
});

test('lb:// with instances goes round, no://op answers by itself', async () => {
  await using one = await backend((_req, res) => res.end('1'));
  await using two = await backend((_req, res) => res.end('2'));
  await using gateway = await startGateway({
    routes: [
      { uri: 'lb://n', predicates: ['Path=/lb'] },
      { uri: 'no://op', predicates: ['Path=/gone'], filters: ['SetStatus=GONE', 'AddResponseHeader=X-A, b'] },
      { uri: 'no://op', predicates: ['Path=/instead'], metadata: { answer: { fallbackMessage: 'später' } } },
      { uri: 'no://op', predicates: ['Path=/old/{id}'], filters: ['RedirectTo=301, /new/{id}'] },
    ],
    instances: { n: [one.url, two.url] },
    parts: {},
  });
  const answers = [];
  for (let i = 0; i < 4; i++) answers.push(await (await fetch(`${gateway.url}/lb`)).text());
  assert.deepEqual(answers, ['1', '2', '1', '2']);
  const gone = await fetch(`${gateway.url}/gone`);
  assert.equal(gone.status, 410);
  assert.equal(gone.headers.get('x-a'), 'b');
  const instead = await fetch(`${gateway.url}/instead`, { method: 'POST', body: 'x' });
  assert.equal(instead.status, 200);
  assert.equal(instead.headers.get('content-type'), 'application/json');
  assert.deepEqual(await instead.json(), { fallbackMessage: 'später' });
  assert.equal((await fetch(`${gateway.url}/old/7`, { redirect: 'manual' })).headers.get('location'), '/new/7');
});

test('the rest part has paths of its own; /api lists parts and their state', async () => {
  await using upstream = await backend((req, res) => res.end(req.url));
  await using gateway = await startGateway({
    routes: [],
    parts: { rest: `${upstream.url}/base/`, dead: 'http://127.0.0.1:1' },
  });
  for (const path of [
    '/api/produce/t?key=1',
    '/api/consume/t',
    '/api/topics',
    '/api/topics/_live',
    '/api/groups/g',
    '/api/cluster',
  ])
    assert.equal(await (await fetch(gateway.url + path)).text(), `/base${path}`);
  assert.equal(await (await fetch(`${gateway.url}/api/rest/api/openapi.json`)).text(), '/base/api/openapi.json');
  const { parts } = (await (await fetch(`${gateway.url}/api`)).json()) as {
    parts: { key: string; state: string; requests: number }[];
  };
  assert.deepEqual(
    parts.map(({ key, state }) => [key, state]),
    [
      ['rest', 'up'],
      ['dead', 'down'],
    ],
  );
  assert.equal(parts[0]!.requests, 7);
  assert.equal((await fetch(`${gateway.url}/api/nope/x`)).status, 404);
  assert.equal((await fetch(`${gateway.url}/nope`)).status, 404);
  const { routes } = (await (await fetch(`${gateway.url}/api/gateway/routes`)).json()) as { routes: unknown[] };
  assert.deepEqual(routes, []);
});

test('closing ends what is under way and may be done twice', async () => {
  await using upstream = await backend((_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.flushHeaders();
  });
  const gateway = await gatewayTo(upstream.url);
  const answer = await fetch(`${gateway.url}/r/`);
  const read = answer.text();
  read.catch(() => {});
  const started = performance.now();
  await Promise.all([gateway.close(), gateway.close()]);
  await gateway.close();
  assert.ok(performance.now() - started < 900, 'an endless stream does not hold it up');
  await assert.rejects(read);
});
