import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { createDevelopmentCa } from '@headwater/broker/tls';
import { startGateway } from '../index.ts';
import { backend, gatewayTo, rawSocket, until } from './support.ts';

test('callers that are slow in every way hold only themselves up, and are ended', async () => {
  await using upstream = await backend((req, res) => {
    if (req.url === '/big') return res.end(Buffer.alloc(8 * 1024 * 1024));
    req.resume();
    req.on('end', () => res.end('ok'));
    return undefined;
  });
  await using gateway = await startGateway({
    routes: [{ id: 'r', uri: upstream.url, predicates: ['Path=/r/**'], filters: ['StripPrefix=1'] }],
    parts: {},
    timeouts: { bodyIdleTimeoutMs: 300, headTimeoutMs: 300 },
  });
  const kinds: Record<string, (socket: Socket) => void> = {
    'a body that trickles and stops': (socket) =>
      socket.write('POST /r/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc'),
    'chunks that stop': (socket) =>
      socket.write('POST /r/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'),
    'an answer that nobody reads': (socket) => {
      socket.pause();
      socket.write('GET /r/big HTTP/1.1\r\nHost: localhost\r\n\r\n');
    },
    'an answer that nobody reads, by the full server': (socket) => {
      socket.pause();
      socket.write('GET /r/big HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n');
    },
    'a head that never ends': (socket) => socket.write('GET /r/ HTTP/1.1\r\nHost: localhost\r\nX-'),
    'a head that trickles': (socket) => {
      socket.write('GET /r/ HTTP/1.1\r\nHost: localhost\r\nX-');
      const timer = setInterval(() => (socket.writable ? socket.write('x') : clearInterval(timer)), 20);
      socket.once('close', () => clearInterval(timer));
    },
    "HTTP/2's first letters": (socket) => socket.write('PRI'),
    'nothing at all': () => {},
  };
  const each = 8;
  const sockets: Socket[] = [];
  for (const begin of Object.values(kinds)) {
    for (let i = 0; i < each; i++) {
      const socket = await rawSocket(gateway);
      socket.on('error', () => {});
      socket.on('data', () => {});
      begin(socket);
      sockets.push(socket);
    }
  }
  for (let i = 0; i < 20; i++) assert.equal(await (await fetch(`${gateway.url}/r/`)).text(), 'ok', 'others are served');
  const inFlight = async (): Promise<number> => {
    const { routes } = (await (await fetch(`${gateway.url}/api/gateway/routes`)).json()) as {
      routes: { inFlight: number }[];
    };
    return routes[0]!.inFlight;
  };
  for (const deadline = Date.now() + 60_000; (await inFlight()) > 0; ) {
    assert.ok(Date.now() < deadline, 'calls of slow callers end');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const socket of sockets) socket.resume();
  for (const [i, kind] of Object.keys(kinds).entries())
    await until(() => sockets.slice(i * each, (i + 1) * each).every(isEnded), `the end of ${kind}`);
  for (const socket of sockets) socket.destroy();
});

test('over TLS too: without a handshake, or without a request after it', async () => {
  await using upstream = await backend((_req, res) => res.end('ok'));
  const ca = createDevelopmentCa();
  const { certificate, key } = ca.issue({ commonName: 'localhost', hosts: ['127.0.0.1'] });
  await using gateway = await gatewayTo(upstream.url, { tls: { certificate, key }, timeouts: { headTimeoutMs: 300 } });
  const secure = async (): Promise<Socket> => {
    const socket = connectTls({ port: gateway.port, host: '127.0.0.1', ca: ca.certificate });
    await once(socket, 'secureConnect');
    return socket;
  };
  const kinds: Record<string, () => Promise<Socket>> = {
    'no handshake': () => rawSocket(gateway),
    'half a handshake': async () => {
      const socket = await rawSocket(gateway);
      socket.write(Buffer.from('160301020001', 'hex'));
      return socket;
    },
    'a handshake alone': secure,
    'a head that never ends': async () => {
      const socket = await secure();
      socket.write('GET /r/ HTTP/1.1\r\nHost: localhost\r\nX-');
      return socket;
    },
  };
  for (const [kind, open] of Object.entries(kinds)) {
    const socket = await open();
    socket.on('error', () => {});
    socket.on('data', () => {});
    await until(() => isEnded(socket), `the end of: ${kind}`);
    socket.destroy();
  }
});

function isEnded(socket: Socket): boolean {
  return socket.destroyed || socket.readableEnded;
}
