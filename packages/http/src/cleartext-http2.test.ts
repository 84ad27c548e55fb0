import assert from 'node:assert/strict';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { createHttpServer, HttpError, type HttpServer } from '../index.ts';

let server: HttpServer;
let url: string;
let port: number;

before(async () => {
  server = createHttpServer({ name: 'test', http2: true, drainTimeoutMs: 100 });
  server.route('GET', '/hello', (ctx) => ctx.sendJson(200, { version: ctx.req.httpVersion }));
  server.route('POST', '/echo', async (ctx) => ctx.sendJson(200, await ctx.json()));
  server.route('GET', '/refused', () => {
    throw new HttpError(409, 'HW_TEST', 'no');
  });
  server.route('GET', '/texts', async (ctx) => {
    ctx.res.writeHead(200);
    ctx.res.write('one\n');
    await null;
    ctx.res.write('two\n');
    ctx.res.end('three');
  });
  server.route('GET', '/aborted', async (ctx) => {
    ctx.res.writeHead(200);
    ctx.res.write('begun');
    await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
    aborted();
  });
  ({ url, port } = await server.listen());
});
after(() => server.close());

let aborted = () => {};

function ask(
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(url);
    session.on('error', reject);
    const stream = session.request({ ':path': path, ...headers });
    let status = 0;
    let text = '';
    stream.on('response', (answer) => (status = answer[':status']!));
    stream.on('data', (chunk) => (text += chunk));
    stream.on('error', reject);
    stream.on('end', () => {
      session.close();
      resolve({ status, body: text });
    });
    stream.end(body);
  });
}

test('both versions are answered on one port', async () => {
  assert.deepEqual(await (await fetch(`${url}/hello`)).json(), { version: '1.1' });
  assert.deepEqual(await ask('/hello'), { status: 200, body: '{"version":"2.0"}' });
  assert.deepEqual(await ask('/echo', { ':method': 'POST' }, '{"a":1}'), { status: 200, body: '{"a":1}' });
});

test('errors and the browser guard are the same', async () => {
  assert.equal((await ask('/refused')).status, 409);
  assert.equal((await ask('/nowhere')).status, 404);
  assert.equal((await ask('/hello', { ':authority': 'evil.example' })).status, 421);
  assert.equal((await ask('/hello', { origin: 'https://evil.example' })).status, 403);
});

test('a request that comes in single bytes is read, whichever version it is of', async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', async () => {
      for (const char of 'PUT /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
        await new Promise((done) => socket.write(char, done));
    });
    let text = '';
    socket.setNoDelay(true);
    socket.on('data', (chunk) => (text += chunk));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
  assert.match(answer, /^HTTP\/1\.1 405 /);
});

test('short texts that are written in one turn arrive as they are', async () => {
  for (let round = 0; round < 20; round++) assert.equal((await ask('/texts')).body, 'one\ntwo\nthree');
});

test('a handler hears that its HTTP/2 caller went away', async () => {
  const heard = new Promise<void>((resolve) => {
    aborted = resolve;
  });
  const session = connectHttp2(url);
  const stream = session.request({ ':path': '/aborted' });
  stream.on('error', () => {});
  await new Promise((resolve) => stream.once('data', resolve));
  session.destroy();
  await heard;
});

test('closing ends sessions, and connections that said nothing yet', async () => {
  const other = createHttpServer({ name: 'test', http2: true, drainTimeoutMs: 50 });
  other.route('GET', '/', (ctx) => ctx.send(200, 'x'));
  const address = await other.listen();
  const silent = connect(address.port, '127.0.0.1');
  await new Promise((resolve) => silent.once('connect', resolve));
  const session = connectHttp2(address.url);
  await new Promise((resolve) => session.once('remoteSettings', resolve));
  const ended = new Promise((resolve) => session.once('close', resolve));
  const cut = new Promise((resolve) => silent.once('close', resolve));
  silent.on('error', () => {});
  await other.close();
  await other.close();
  await Promise.all([ended, cut]);
});
