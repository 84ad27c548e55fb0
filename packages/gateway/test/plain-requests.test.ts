import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { backend, bodyOf, gatewayTo, raw, rawSocket, until } from './support.ts';

const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;

test('requests of every kind on one connection: plain ones, then one with a body, then plain ones again', async () => {
  await using upstream = await backend(async (req, res) => res.end(`${req.method} ${req.url} ${await bodyOf(req)};`));
  await using gateway = await gatewayTo(upstream.url);
  const post = 'POST /r/c HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody';
  const text = await raw(
    gateway,
    get('/r/a') +
      get('/api/b/b') +
      get('/api/gateway/routes') +
      post +
      get('/r/d') +
      get('/r/e', 'Connection: close\r\n'),
  );
  const order = ['GET /a ;', 'GET /b ;', '"routes":', 'POST /c body;', 'GET /d ;', 'GET /e ;'].map((part) =>
    text.indexOf(part),
  );
  assert.ok(
    order.every((at, i) => at > (i === 0 ? 0 : order[i - 1]!)),
    text,
  );
});

test('a head in pieces, in every place, is the same request', async () => {
  await using upstream = await backend((req, res) => res.end(`${req.url} ${req.headers['x-a']};`));
  await using gateway = await gatewayTo(upstream.url);
  const request = get('/r/a', 'X-A: b\r\nConnection: close\r\n');
  for (let at = 1; at < request.length; at += 7) {
    const socket = await rawSocket(gateway);
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk;
    });
    socket.write(request.slice(0, at));
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(request.slice(at));
    await until(() => socket.destroyed, 'the end');
    assert.match(received, /^HTTP\/1\.1 200 [\s\S]*\/a b;/, `cut at ${at}`);
  }
});

test('a hundred pipelined requests are answered in order, and a flood of them is not kept', async () => {
  await using upstream = await backend((req, res) => res.end(`<${req.url}>`));
  await using gateway = await gatewayTo(upstream.url);
  const many = Array.from({ length: 100 }, (_, i) => get(`/r/${i}`)).join('');
  const text = await raw(gateway, many + get('/r/last', 'Connection: close\r\n'));
  assert.deepEqual(
    [...text.matchAll(/<\/(\d+)>/g)].map((match) => Number(match[1])),
    Array.from({ length: 100 }, (_, i) => i),
  );
  await using silent = await backend(() => {});
  gateway.setPart('s', silent.url);
  const socket = await rawSocket(gateway);
  socket.on('error', () => {});
  let sent = 0;
  const piece = Buffer.from(get('/api/s/x').repeat(2_000));
  const more = (): void => {
    sent += piece.length;
    socket.write(piece, (error) => (error ? undefined : more()));
  };
  more();
  let before = -1;
  while (before !== sent) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes were taken before their turn`);
  socket.destroy();
});

test('a caller that leaves within an answer, or reads nothing of it, holds the upstream back and frees it', async () => {
  let written = 0;
  let closed = 0;
  await using upstream = await backend((_req, res) => {
    res.on('close', () => closed++);
    const piece = Buffer.alloc(64 * 1024, 'x');
    const more = (): void => {
      while (!res.destroyed) {
        written += piece.length;
        if (!res.write(piece)) return void res.once('drain', more);
      }
    };
    more();
  });
  await using gateway = await gatewayTo(upstream.url);
  const socket = connect(gateway.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(get('/r/'));
  socket.pause();
  let before = -1;
  while (before !== written || written === 0) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(written < 64 * 1024 * 1024);
  socket.resetAndDestroy();
  await until(() => closed === 1, 'the upstream to be told');
});

test('closing ends idle connections at once and lets an answer under way be finished', async () => {
  let answer!: () => void;
  await using upstream = await backend((_req, res) => {
    answer = () => res.end('whole');
  });
  const gateway = await gatewayTo(upstream.url);
  const idle = await rawSocket(gateway);
  idle.on('data', () => {});
  const asked = raw(gateway, get('/r/'));
  await until(() => answer !== undefined, 'the request');
  const closing = gateway.close();
  await until(() => idle.destroyed, 'the idle connection to end');
  answer();
  assert.match(await asked, /^HTTP\/1\.1 200 [\s\S]*Connection: (?:close|keep-alive)[\s\S]*whole/);
  await closing;
});

test('HEAD, 204 and 304 have no body, and answers without a length are in chunks', async () => {
  await using upstream = await backend((req, res) => {
    if (req.url === '/204') return res.writeHead(204).end();
    if (req.url === '/304') return res.writeHead(304, { etag: '"a"' }).end();
    if (req.url === '/pieces') {
      res.write('a');
      setTimeout(() => res.end('b'), 10);
      return undefined;
    }
    return res.setHeader('content-length', '2').end('ok');
  });
  await using gateway = await gatewayTo(upstream.url);
  const text = await raw(
    gateway,
    `HEAD /r/ HTTP/1.1\r\nHost: localhost\r\n\r\n${get('/r/204')}${get('/r/304')}${get('/r/pieces')}${get('/r/', 'Connection: close\r\n')}`,
  );
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]);
  assert.deepEqual(statuses, ['200', '204', '304', '200', '200']);
  assert.match(text, /Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\nHTTP/);
  assert.match(text, /\r\n\r\nok$/);
});
