import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createHttpServer, HttpError, type HttpServer } from '../index.ts';

let server: HttpServer;
let url: string;
let port: number;

before(async () => {
  server = createHttpServer({ name: 'test', maxBodyBytes: 1000, headers: { 'x-product': 'test' } });
  server.route('GET', '/hello/:name', (ctx) => ctx.sendJson(200, { hello: ctx.params['name'], q: ctx.query.get('q') }));
  server.route('POST', '/echo', async (ctx) => ctx.sendJson(200, { got: await ctx.json() }));
  server.route('GET', '/refused', () => {
    throw new HttpError(409, 'HW_TEST_CONFLICT', 'try again', { topic: 't' });
  });
  server.route('GET', '/broken', () => {
    throw new TypeError('secret detail');
  });
  server.route('GET', '/events', async (ctx) => {
    const stream = ctx.sse();
    stream.send({ event: 'a', id: '1', data: 'one\ntwo' });
    await stream.closed;
  });
  ({ url, port } = await server.listen());
});
after(async () => {
  await server.close();
  await server.close();
});

/** Sends raw bytes and returns everything that comes back until the server closes. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(text));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

function withHeaders(
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const req = request(url + path, { method, headers, agent: false }, (res) => {
      let body = '';
      res.on('data', (chunk) => (body += chunk));
      res.on('end', () => resolve({ status: res.statusCode!, body }));
    });
    req.on('error', reject);
    req.end();
  });
}

test('routes with parameters, query and common headers; HEAD is served by GET', async () => {
  const res = await fetch(`${url}/hello/a%2Fb?q=1`);
  assert.deepEqual(await res.json(), { hello: 'a/b', q: '1' });
  assert.equal(res.headers.get('x-product'), 'test');
  const head = await fetch(`${url}/hello/x`, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
});

test('an unknown path is 404, a wrong method 405 with Allow', async () => {
  const missing = await fetch(`${url}/nowhere`);
  assert.equal(missing.status, 404);
  assert.equal(((await missing.json()) as { error: { code: string } }).error.code, 'HW_HTTP_NOT_FOUND');
  const method = await fetch(`${url}/echo`, { method: 'DELETE' });
  assert.equal(method.status, 405);
  assert.equal(method.headers.get('allow'), 'POST');
});

test('an HttpError becomes its status and code; any other error hides its detail', async () => {
  const refused = await fetch(`${url}/refused`);
  assert.equal(refused.status, 409);
  assert.deepEqual(await refused.json(), { error: { code: 'HW_TEST_CONFLICT', message: 'try again', topic: 't' } });
  const broken = await fetch(`${url}/broken`);
  assert.equal(broken.status, 500);
  assert.doesNotMatch(await broken.text(), /secret/);
});

test('a bad JSON body is refused with its line and column', async () => {
  const res = await fetch(`${url}/echo`, { method: 'POST', body: '{\n  "a": 1,\n  "b": oops\n}' });
  assert.equal(res.status, 400);
  const { error } = (await res.json()) as { error: { code: string; line: number; column: number } };
  assert.equal(error.code, 'HW_HTTP_INVALID_JSON');
  assert.deepEqual([error.line, error.column], [3, 8]);
});

test('a body is inflated, and bounded before and after inflating', async () => {
  const gzip = (text: string) => ({
    method: 'POST',
    body: new Uint8Array(gzipSync(text)),
    headers: { 'content-encoding': 'gzip' },
  });
  const small = await fetch(`${url}/echo`, gzip('{"a":1}'));
  assert.deepEqual(await small.json(), { got: { a: 1 } });
  assert.equal((await fetch(`${url}/echo`, gzip(`"${'x'.repeat(100_000)}"`))).status, 413);
  assert.equal((await fetch(`${url}/echo`, { method: 'POST', body: 'x'.repeat(2000) })).status, 413);
  const unknown = await fetch(`${url}/echo`, { method: 'POST', body: 'x', headers: { 'content-encoding': 'rot13' } });
  assert.equal(unknown.status, 415);
  const broken = await fetch(`${url}/echo`, { method: 'POST', body: 'x', headers: { 'content-encoding': 'gzip' } });
  assert.equal(broken.status, 400);
});

test('a browser on another origin, or one that was rebound to another host name, is refused', async () => {
  assert.equal((await withHeaders('/hello/x', { host: 'evil.example' })).status, 421);
  assert.equal((await withHeaders('/hello/x', { host: `localhost:${port}` })).status, 200);
  assert.equal((await withHeaders('/hello/x', { host: `[::1]:${port}` })).status, 200);
  assert.equal((await withHeaders('/hello/x', { origin: 'http://evil.example' })).status, 403);
  assert.equal((await withHeaders('/hello/x', { origin: 'null' })).status, 403);
  assert.equal((await withHeaders('/hello/x', { origin: url })).status, 200);
  assert.equal(
    (await withHeaders('/hello/x', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).status,
    403,
  );
  assert.equal(
    (await withHeaders('/hello/x', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).status,
    200,
  );
});

test('malformed requests are answered and only their own connection ends', async () => {
  assert.match(await raw('NONSENSE\r\n\r\n'), /^HTTP\/1.1 400/);
  assert.match(
    await raw(`GET / HTTP/1.1\r\nHost: localhost\r\nX-Big: ${'x'.repeat(20_000)}\r\n\r\n`),
    /^HTTP\/1.1 431/,
  );
  assert.match(await raw('GET /%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'), /^HTTP\/1.1 404/);
  const smuggled =
    'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
  assert.match(await raw(smuggled), /^HTTP\/1.1 400/);
  assert.equal((await fetch(`${url}/hello/x`)).status, 200);
});

test('server-sent events carry several lines, and end when the server closes', async () => {
  const own = createHttpServer({ name: 'sse' });
  own.route('GET', '/events', async (ctx) => {
    const stream = ctx.sse();
    stream.send({ event: 'a', id: '1', data: 'one\ntwo' });
    await stream.closed;
  });
  const address = await own.listen();
  const res = await fetch(`${address.url}/events`);
  assert.equal(res.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const reader = res.body!.getReader();
  const first = await reader.read();
  assert.equal(new TextDecoder().decode(first.value), 'event: a\nid: 1\ndata: one\ndata: two\n\n');
  const closing = own.close();
  assert.equal((await reader.read()).done, true);
  await closing;
});

test('the signal of a request is aborted when its caller goes away', async () => {
  const aborted = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const own = createHttpServer({ name: 'abort' });
  own.route('GET', '/slow', (ctx) => {
    ctx.signal.addEventListener('abort', () => aborted.resolve());
    started.resolve();
    return aborted.promise;
  });
  const address = await own.listen();
  const abort = new AbortController();
  const call = fetch(`${address.url}/slow`, { signal: abort.signal }).catch(() => 'gone');
  await started.promise;
  abort.abort();
  await aborted.promise;
  assert.equal(await call, 'gone');
  await own.close();
});
