import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { silentLogger } from '@headwater/logger';
import { RedisLink } from './redis-link.ts';

test('closed at any moment of connecting, it leaves no connection behind', { timeout: 30_000 }, async (t) => {
  const sockets = new Set<Socket>();
  let accepted = 0;
  // It stays silent.
  const server = createServer((socket) => {
    accepted++;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    socket.resume();
  }).listen(0, '127.0.0.1');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const attempts: Promise<void>[] = [];
  for (let turns = 0; turns < 60; turns++) {
    const link = new RedisLink({ url, timeoutMs: 50, logger: silentLogger });
    attempts.push(link.start());
    // Within one turn of the event loop, in which no connection is made yet, and after some.
    for (let i = 0; i < turns; i++) await (turns % 2 === 0 ? null : turn());
    link.close();
    assert.equal(link.state.error, 'closed');
  }
  await Promise.all(attempts);
  assert.ok(accepted > 0);
  while (sockets.size > 0) await turn();
});
