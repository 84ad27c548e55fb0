import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { startGateway } from '../index.ts';
import { backend, bodyOf, gatewayTo, raw, rawSocket, until } from './support.ts';

test('framing that can be read in two ways is refused, and nothing of it reaches the upstream', async () => {
  const seen: string[] = [];
  await using upstream = await backend(async (req, res) => {
    seen.push(`${req.method} ${req.url} ${await bodyOf(req)}`);
    res.end('ok');
  });
  await using gateway = await gatewayTo(upstream.url);
  const smuggled = 'GET /r/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const attempts = [
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${smuggled}`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0, ${smuggled.length}\r\n\r\n${smuggled}`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: +3\r\n\r\nabc`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3 3\r\n\r\nabc`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0x3\r\n\r\nabc`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n`,
    `POST /r/ HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nX: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nX: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nHost: other\r\nContent-Length: 0\r\n\r\n`,
    `POST /r/ HTTP/1.1\r\nContent-Length: 0\r\n\r\n`,
    `GET /r/ HTTP/1.1 \r\nHost: localhost\r\n\r\n`,
    `GET /r/\tHTTP/1.1\r\nHost: localhost\r\n\r\n`,
    `GET /r/ HTTP/2.0\r\nHost: localhost\r\n\r\n`,
    `BREW /r/ HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nConnection: close, Content-Length\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    `POST /r/ HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\nConnection: \tcontent-length\r\nContent-Length: 2\r\n\r\nok`,
    `GET /r/ HTTP/1.1\r\nHost: localhost\r\nConnection: host\r\n\r\n`,
    `CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    '\r\n\r\n\r\n\0\0\0\0',
  ];
  for (const attempt of attempts) {
    const answer = await raw(gateway, attempt, /\r\n\r\n/);
    assert.match(answer, /^(?:HTTP\/1\.1 (?:400|405|408|501|505) |$)/, JSON.stringify(attempt));
  }
  // A broken chunk: the head was good, so the request may have started; the upstream must not take it for complete.
  for (const chunk of [
    'zz\r\n',
    '-1\r\n',
    '5\r\nhello0\r\n\r\n',
    '5;\x00\r\nhello\r\n0\r\n\r\n',
    'ffffffffffffffff1\r\n',
  ])
    await raw(gateway, `POST /r/chunk HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(seen, []);
  assert.equal(await (await fetch(`${gateway.url}/r/after`)).text(), 'ok', 'others are served');
});

test('CONNECT is answered, and leads nowhere', async () => {
  let connections = 0;
  await using upstream = await backend((_req, res) => res.end('ok'));
  upstream.server.on('connection', () => connections++);
  await using gateway = await gatewayTo(upstream.url);
  const target = new URL(upstream.url).host;
  for (const head of [
    `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`,
    `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n`,
    // Behind a request that was served as any.
    `GET /ui HTTP/1.1\r\nHost: localhost\r\n\r\nCONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`,
  ]) {
    const answer = await raw(gateway, head);
    assert.match(answer, /HTTP\/1\.1 405 Method Not Allowed\r\n/, head);
    assert.match(answer, /\r\nAllow: GET, /);
    assert.match(answer, /"code":"HW_HTTP_METHOD"/);
  }
  const session = connect(gateway.url);
  const stream = session.request({ ':method': 'CONNECT', ':authority': target });
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
  assert.equal(headers[':status'], 405);
  session.destroy();
  assert.equal(connections, 0);
});

test('Connection cannot remove what the upstream decides by, and underscores are no second spelling', async () => {
  await using upstream = await backend((req, res) => res.end(JSON.stringify(req.headers)));
  await using gateway = await gatewayTo(upstream.url);
  const text = await raw(
    gateway,
    'POST /r/ HTTP/1.1\r\nHost: localhost\r\nConnection: close, authorization, x-forwarded-for, x-hop\r\nAuthorization: a\r\nX-Hop: 1\r\nX_Forwarded_For: 6.6.6.6\r\nContent_Length: 99\r\nTransfer_Encoding: chunked\r\nx_other: kept\r\nTE: trailers\r\nContent-Length: 2\r\n\r\nok',
  );
  const seen = JSON.parse(text.slice(text.indexOf('{'))) as Record<string, string>;
  assert.equal(seen.authorization, 'a');
  assert.equal(seen['content-length'], '2');
  assert.equal(seen['x-forwarded-for'], '127.0.0.1');
  assert.equal(seen.x_other, 'kept');
  for (const name of ['x-hop', 'x_forwarded_for', 'content_length', 'transfer_encoding', 'te'])
    assert.equal(seen[name], undefined, name);
});

test('paths that lead elsewhere are refused before anything is asked', async () => {
  let requests = 0;
  await using upstream = await backend((_req, res) => {
    requests++;
    res.end('ok');
  });
  await using gateway = await gatewayTo(upstream.url, { consoleDir: import.meta.dirname });
  for (const path of [
    '/r/../api/b/secret',
    '/r/%2e%2e/x',
    '/r/..%2fx',
    '/r/..;/x',
    '/r/%252e%252e/x',
    '/r/a\\b',
    '/r/%00',
    '/r/%0d%0aX:1',
    '/ui/../../package.json',
    '/ui/%2e%2e/README.md',
    '/api/b/%zz',
    '/r/ä',
  ]) {
    const answer = await raw(gateway, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 400 /, path);
  }
  assert.equal(requests, 0);
  assert.match(
    await raw(gateway, 'GET http://localhost/r/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 200/,
  );
  assert.match(
    await raw(gateway, 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 400/,
  );
  assert.match(
    await raw(gateway, 'TRACE /r/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 405/,
  );
});

test('foreign hosts and origins are refused; hosts that a route names are answered', async () => {
  await using upstream = await backend((_req, res) => res.end('ok'));
  await using gateway = await startGateway({
    routes: [{ uri: upstream.url, predicates: ['Host=**.shop.example', 'Path=/**'] }],
    parts: {},
  });
  const status = async (headers: string) =>
    (await raw(gateway, `GET /x HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`)).slice(9, 12);
  assert.equal(await status('Host: rebound.attacker.example'), '421');
  assert.equal(await status('Host: a.shop.example'), '200');
  assert.equal(await status(`Host: a.shop.example\r\nOrigin: https://attacker.example`), '403');
  assert.equal(await status(`Host: a.shop.example\r\nOrigin: http://a.shop.example`), '200');
});

test('heads that are too large or too slow end only their own connection', async () => {
  await using upstream = await backend((_req, res) => res.end('ok'));
  await using gateway = await gatewayTo(upstream.url);
  assert.match(
    await raw(gateway, `GET /r/ HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`),
    /^HTTP\/1\.1 431 /,
  );
  assert.match(
    await raw(gateway, `GET /r/${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
    /^HTTP\/1\.1 431 /,
  );
  const many = Array.from({ length: 3_000 }, (_, i) => `X${i}: 1\r\n`).join('');
  assert.match(await raw(gateway, `GET /r/ HTTP/1.1\r\nHost: localhost\r\n${many}\r\n`), /^HTTP\/1\.1 431 /);
  const slow = await Promise.all(Array.from({ length: 200 }, () => rawSocket(gateway)));
  for (const socket of slow) {
    socket.on('error', () => {});
    socket.write('GET /r/ HTTP/1.1\r\nHost: localhost\r\nX: ');
  }
  const started = performance.now();
  assert.equal(await (await fetch(`${gateway.url}/r/`)).text(), 'ok');
  assert.ok(performance.now() - started < 1_000, 'others are served at once');
  for (const socket of slow) socket.destroy();
});

test('a body that stops coming is ended, a body that is too large is refused while it comes', async () => {
  let isClosed = false;
  await using upstream = await backend((req, res) => {
    req.on('close', () => {
      isClosed = true;
    });
    req.on('end', () => res.end('ok'));
    req.resume();
  });
  await using gateway = await startGateway({
    routes: [{ uri: upstream.url, predicates: ['Path=/r/**'], filters: ['RequestSize=1KB'] }],
    parts: {},
    timeouts: { bodyIdleTimeoutMs: 100, connectTimeoutMs: 100 },
  });
  const stalled = await raw(gateway, 'POST /r/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc');
  assert.match(stalled, /^HTTP\/1\.1 408 [\s\S]*HW_GATEWAY_BODY_STALLED/);
  await until(() => isClosed, 'the upstream request to end');
  assert.match(
    await raw(gateway, 'POST /r/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000\r\n\r\n'),
    /^HTTP\/1\.1 413 [\s\S]*HW_GATEWAY_BODY_TOO_LARGE/,
  );
  const chunked = `POST /r/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n${'x'.repeat(2_000)}\r\n`;
  assert.match(await raw(gateway, chunked), /^HTTP\/1\.1 413 [\s\S]*HW_GATEWAY_BODY_TOO_LARGE/);
});

test('a caller that goes away in the middle of its body leaves nothing behind', async () => {
  let begun = 0;
  let ended = 0;
  await using upstream = await backend((req) => {
    begun++;
    req.on('error', () => {});
    req.on('close', () => ended++);
    req.resume();
  });
  await using gateway = await gatewayTo(upstream.url);
  for (let i = 0; i < 20; i++) {
    const socket = await rawSocket(gateway);
    socket.write('POST /r/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc');
    await until(() => begun === i + 1, 'the upstream request');
    socket.resetAndDestroy();
  }
  await until(() => ended === 20, 'all upstream requests to end');
  const { parts } = (await (await fetch(`${gateway.url}/api`)).json()) as { parts: { inFlight: number }[] };
  assert.equal(parts[0]!.inFlight, 0);
});

test('header values from an upstream cannot break the answer', async () => {
  const odd = createServer((socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nX: a\x01b\r\nContent-Length: 0\r\n\r\n')),
  );
  await new Promise<void>((resolve) => odd.listen(0, '127.0.0.1', resolve));
  await using gateway = await gatewayTo(`http://127.0.0.1:${(odd.address() as AddressInfo).port}`);
  assert.match(
    await raw(gateway, 'GET /r/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 502 /,
  );
  odd.close();
});

test('pipelined requests are answered in order', async () => {
  await using upstream = await backend((req, res) => setTimeout(() => res.end(req.url), req.url === '/1' ? 50 : 0));
  await using gateway = await gatewayTo(upstream.url);
  const text = await raw(
    gateway,
    'GET /r/1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /r/2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  );
  assert.ok(text.indexOf('/1') > 0 && text.indexOf('/1') < text.indexOf('/2'));
});

test('an Upgrade that is no WebSocket is an ordinary request', async () => {
  await using upstream = await backend(async (req, res) =>
    res.end(
      `${req.method} ${req.headers.upgrade ?? 'none'} ${req.headers['http2-settings'] ?? 'none'} ${await bodyOf(req)}`,
    ),
  );
  await using gateway = await gatewayTo(upstream.url);
  const text = await new Promise<string>((resolve, reject) => {
    const req = request(
      `${gateway.url}/r/api/v2/spans`,
      {
        method: 'POST',
        headers: {
          connection: 'Upgrade, HTTP2-Settings',
          upgrade: 'h2c',
          'http2-settings': 'AAEAAEAAAAIAAAAA',
          'content-length': '2',
        },
      },
      (res) => bodyOf(res).then(resolve, reject),
    );
    req.on('error', reject);
    req.end('[]');
  });
  assert.equal(text, 'POST none none []');
});
