import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { type Backend, backend, gatewayTo, raw, rawSocket, until } from './support.ts';

/** A WebSocket server that agrees to a handshake and then sends back the bytes that it gets. */
async function echo(onHandshake: (req: IncomingMessage, socket: Socket) => void = () => {}): Promise<Backend> {
  const upstream = await backend((_req, res) => res.writeHead(426).end('no'));
  upstream.server.on('upgrade', (req, socket, head) => {
    socket.on('error', () => {});
    if (req.url === '/refuse')
      return socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nX-Why: token\r\n\r\nno');
    if (req.url === '/die') return socket.destroy();
    const accept = createHash('sha1')
      .update(`${req.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    onHandshake(req, socket as Socket);
    if (head.length > 0) socket.write(head);
    socket.pipe(socket);
  });
  return upstream;
}

const handshake = (path: string, more = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${more}\r\n`;

test('a WebSocket client talks through the gateway', async () => {
  let seen: IncomingMessage | undefined;
  await using upstream = await echo((req) => {
    seen = req;
  });
  await using gateway = await gatewayTo(upstream.url);
  // The upstream's echo of a masked client frame is no valid server frame: the handshake is what the client library proves here.
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/r/chat?room=1`);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  socket.close();
  assert.equal(seen?.url, '/chat?room=1');
  assert.equal(seen?.headers['x-forwarded-prefix'], '/r');
  assert.ok(seen?.headers['x-correlation-id']);
});

test('bytes sent with the handshake and after it arrive, both ways, and either end ends the other', async () => {
  const upstreamSockets: Socket[] = [];
  await using upstream = await echo((_req, socket) => upstreamSockets.push(socket));
  await using gateway = await gatewayTo(upstream.url);
  const text = await raw(gateway, `${handshake('/api/b/x')}first`, /first$/);
  assert.match(
    text,
    /^HTTP\/1\.1 101 Switching Protocols\r\n[\s\S]*Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/,
  );
  await until(() => upstreamSockets[0]!.destroyed, 'the upstream connection to end with the caller');

  const socket = await rawSocket(gateway);
  let received = 0;
  socket.on('data', (chunk) => {
    received += chunk.length;
  });
  socket.write(handshake('/r/big'));
  await until(() => received > 0, 'the handshake');
  const head = received;
  const big = Buffer.alloc(8 * 1024 * 1024, 'x');
  socket.write(big);
  await until(() => received === head + big.length, 'all bytes back');
  upstreamSockets[1]!.destroy();
  await until(() => socket.destroyed || socket.readableEnded, 'the caller to be told');
  socket.destroy();
});

test('a refused handshake is passed on, a failed one is explained', async () => {
  await using upstream = await echo();
  await using gateway = await gatewayTo(upstream.url);
  const refused = await raw(gateway, handshake('/r/refuse'));
  assert.match(refused, /^HTTP\/1\.1 401 Unauthorized\r\n[\s\S]*X-Why: token[\s\S]*\r\n\r\nno$/);
  assert.match(await raw(gateway, handshake('/r/die')), /^HTTP\/1\.1 502 [\s\S]*HW_GATEWAY_UPSTREAM_RESET/);
  gateway.setPart('gone', 'http://127.0.0.1:1');
  assert.match(await raw(gateway, handshake('/api/gone/x')), /^HTTP\/1\.1 503 [\s\S]*is it running/);
  assert.match(await raw(gateway, handshake('/nope')), /^HTTP\/1\.1 404 /);
  assert.match(await raw(gateway, handshake('/r/x', 'Origin: https://attacker.example\r\n')), /^HTTP\/1\.1 403 /);
  assert.match(await raw(gateway, handshake('/r/../x')), /^HTTP\/1\.1 400 /);
});

test('closing the gateway ends WebSockets', async () => {
  await using upstream = await echo();
  const gateway = await gatewayTo(upstream.url);
  const socket = await rawSocket(gateway);
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  socket.on('error', () => {});
  socket.write(handshake('/r/x'));
  await until(() => received.includes('101'), 'the handshake');
  await gateway.close();
  await until(() => socket.destroyed || socket.readableEnded, 'the end');
  socket.destroy();
});
