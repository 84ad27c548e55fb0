import assert from 'node:assert/strict';
import { connect as connectHttp2 } from 'node:http2';
import { request } from 'node:https';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { createDevelopmentCa } from '@headwater/broker/tls';
import { createHttpServer, HttpError, type HttpServer } from '../index.ts';

const ca = createDevelopmentCa();
const own = ca.issue({ commonName: 'localhost', hosts: ['localhost', '127.0.0.1'] });
let server: HttpServer;
let url: string;
let port: number;

before(async () => {
  server = createHttpServer({
    name: 'test',
    http2: true,
    tls: own,
    async authenticate(req) {
      if (req.url === '/health') return;
      await null;
      if (req.headers.authorization !== 'Bearer good')
        throw new HttpError(401, 'HW_TEST_WHO', 'say who you are', {}, undefined, { 'www-authenticate': 'Bearer' });
    },
    drainTimeoutMs: 100,
  });
  server.route('GET', '/health', (ctx) => ctx.sendJson(200, { version: ctx.req.httpVersion }));
  server.route('GET', '/secret', (ctx) => ctx.sendJson(200, { version: ctx.req.httpVersion }));
  ({ url, port } = await server.listen());
});
after(() => server.close());

function ask(path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const req = request(`${url}${path}`, { ca: ca.certificate, headers, agent: false }, (res) => {
      let body = '';
      res.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      res.on('end', () => resolve({ status: res.statusCode!, body }));
    });
    req.on('error', reject).end();
  });
}

function askHttp2(path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(url, { ca: ca.certificate });
    session.on('error', reject);
    const stream = session.request({ ':path': path, ...headers });
    let status = 0;
    let body = '';
    stream.on('response', (answer) => (status = answer[':status']!));
    stream.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    stream.on('error', reject);
    stream.on('end', () => {
      session.close();
      resolve({ status, body });
    });
    stream.end();
  });
}

test('the address says that it is TLS, and callers choose the version of HTTP', async () => {
  assert.match(url, /^https:\/\/127\.0\.0\.1:\d+$/);
  assert.deepEqual(await ask('/health'), { status: 200, body: '{"version":"1.1"}' });
  assert.deepEqual(await askHttp2('/health'), { status: 200, body: '{"version":"2.0"}' });
});

test('who may not is told so in both versions, before the path is looked up', async () => {
  for (const path of ['/secret', '/nowhere']) {
    assert.equal((await ask(path)).status, 401);
    assert.equal((await askHttp2(path)).status, 401);
  }
  const authorization = 'Bearer good';
  assert.equal((await ask('/secret', { authorization })).status, 200);
  assert.equal((await askHttp2('/secret', { authorization })).status, 200);
  assert.equal((await ask('/nowhere', { authorization })).status, 404);
});

test('the error says in the answer how to log in', async () => {
  const [, challenge] = await new Promise<[number, string | undefined]>((resolve, reject) =>
    request(`${url}/secret`, { ca: ca.certificate, agent: false }, (res) => {
      resolve([res.statusCode!, res.headers['www-authenticate']]);
      res.resume();
    })
      .on('error', reject)
      .end(),
  );
  assert.equal(challenge, 'Bearer');
});

test('a server without the authority is not trusted, and old TLS is not spoken', async () => {
  await assert.rejects(fetch(`${url}/health`));
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      ca: ca.certificate,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
    });
    socket.on('error', resolve).on('secureConnect', () => resolve(undefined));
  });
  assert.ok(error);
});

test('plain HTTP on the port ends, and others are served', async () => {
  await assert.rejects(fetch(`http://127.0.0.1:${port}/health`));
  assert.equal((await ask('/health')).status, 200);
});
