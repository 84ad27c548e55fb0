import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Broker, startBroker } from '@headwater/broker';
import { startZipkin, type Zipkin } from '../../index.ts';

let broker: Broker;
let zipkin: Zipkin;

before(async () => {
  broker = await startBroker({ port: 0 });
  zipkin = await startZipkin({ port: 0, bootstrap: broker.bootstrap });
});
after(async () => {
  await zipkin.close();
  await zipkin.close();
  await broker.close();
});

const spanOf = (traceId: string, serviceName: string) => ({
  traceId,
  id: '1',
  name: 'get',
  timestamp: Date.now() * 1_000,
  localEndpoint: { serviceName },
});

async function send(url: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<number> {
  const answer = await fetch(`${url}/api/v2/spans`, {
    method: 'POST',
    headers,
    body: new Uint8Array(Buffer.from(body)),
  });
  await answer.arrayBuffer();
  return answer.status;
}

async function until<Value>(ask: () => Promise<Value>, isFine: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await ask();
    if (isFine(value)) return value;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const services = async (url: string) => (await (await fetch(`${url}/api/v2/services`)).json()) as string[];

test('spans are taken, and found again by another server and after a restart', async () => {
  assert.equal(await send(zipkin.url, JSON.stringify([spanOf('a1', 'orders')])), 202);
  assert.equal(
    await send(zipkin.url, gzipSync(JSON.stringify([spanOf('a2', 'stock')])), { 'content-encoding': 'gzip' }),
    202,
  );
  assert.equal(await send(zipkin.url, '[]'), 202);
  await until(
    () => services(zipkin.url),
    (list) => list.length === 2,
  );
  await using other = await startZipkin({ port: 0, bootstrap: broker.bootstrap });
  assert.deepEqual(
    await until(
      () => services(other.url),
      (list) => list.length === 2,
    ),
    ['orders', 'stock'],
  );
  const trace = await (await fetch(`${other.url}/api/v2/trace/a1`)).json();
  assert.equal((trace as { name: string }[])[0]!.name, 'get');
});

test('what is wrong is refused in words, as text', async () => {
  for (const [path, init, status, expected] of [
    ['/api/v2/spans', { method: 'POST', body: '{}' }, 400, /list/],
    ['/api/v2/spans', { method: 'POST', body: '[{"id":"1"}]' }, 400, /^\[0\]\.traceId/],
    ['/api/v2/spans', { method: 'POST', body: '' }, 400, /empty/],
    [
      '/api/v2/spans',
      { method: 'POST', body: 'x', headers: { 'content-type': 'application/x-thrift' } },
      400,
      /Thrift/,
    ],
    ['/api/v1/spans', { method: 'POST', body: '[]' }, 404, /api\/v2\/spans/],
    ['/api/v2/trace/zz', {}, 400, /hexadecimal/],
    ['/api/v2/trace/ff', {}, 404, /not found/],
    ['/api/v2/traces?limit=0', {}, 400, /limit/],
    ['/api/v2/dependencies', {}, 400, /endTs/],
  ] as const) {
    const answer = await fetch(`${zipkin.url}${path}`, init);
    assert.equal(answer.status, status, path);
    assert.match(await answer.text(), expected);
  }
});

test('a reporter that offers HTTP/2 without TLS is answered all the same', async () => {
  const socket = connect(zipkin.port, '127.0.0.1');
  const body = JSON.stringify([spanOf('a3', 'java')]);
  socket.write(
    `POST /api/v2/spans HTTP/1.1\r\nHost: localhost:${zipkin.port}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n` +
      `HTTP2-Settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const [head] = (await once(socket, 'data')) as [Buffer];
  assert.match(head.toString(), /^HTTP\/1\.1 202 /);
  socket.destroy();
  await until(
    () => services(zipkin.url),
    (list) => list.includes('java'),
  );
});

test('while the event store is away spans are refused with 503, and taken again later', async () => {
  const own = await startBroker({ port: 0 });
  const server = await startZipkin({ port: 0, bootstrap: own.bootstrap });
  assert.equal(await send(server.url, JSON.stringify([spanOf('b1', 'orders')])), 202);
  await own.stop();
  const refused = send(server.url, JSON.stringify([spanOf('b2', 'stock')]));
  await own.restart();
  // It was waited for, or refused: nothing else.
  assert.ok([202, 503].includes(await refused));
  await until(
    () => send(server.url, JSON.stringify([spanOf('b3', 'mail')])),
    (status) => status === 202,
  );
  await until(
    () => services(server.url),
    (list) => list.includes('mail'),
  );
  await server.close();
  await own.close();
});
