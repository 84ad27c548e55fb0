import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { startGateway } from '../index.ts';
import { backend, rawSocket, until } from './support.ts';

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
    timeouts: { bodyIdleTimeoutMs: 300 },
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
  // Those whose time-outs are short here; heads have ten seconds.
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
  await until(
    () => sockets.slice(0, 4 * each).every((socket) => socket.destroyed || socket.readableEnded),
    'their ends',
  );
  for (const socket of sockets) socket.destroy();
});
