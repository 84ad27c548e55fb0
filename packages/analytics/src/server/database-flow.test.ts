import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientSession } from '../session/client-session.ts';
import { SessionSettings } from '../session/session-settings.ts';
import { DatabaseFlow } from './database-flow.ts';

const session = (user: string, base: Record<string, string>): ClientSession =>
  ({ settings: new SessionSettings(user, new Map(Object.entries(base))) }) as unknown as ClientSession;

test('statements are counted by application, or by user, and by database', () => {
  const flow = new DatabaseFlow();
  const sink = session('headwater', { application_name: 'analytics' });
  flow.noteStatement('analytics', sink);
  flow.noteStatement('analytics', sink);
  flow.noteStatement('orders', sink);
  flow.noteStatement('analytics', session('ada', {}));
  const counts = flow.clients.map(({ client, database, statements }) => [client, database, statements]);
  assert.deepEqual(counts, [
    ['analytics', 'analytics', 2],
    ['analytics', 'orders', 1],
    ['ada', 'analytics', 1],
  ]);
  flow.forget('analytics');
  assert.deepEqual(
    flow.clients.map(({ database }) => database),
    ['orders'],
  );
});

test('at most a thousand are remembered: who asked longest ago goes first', () => {
  const flow = new DatabaseFlow();
  for (let n = 0; n < 1_000; n++) flow.noteStatement('db', session(`user-${n}`, {}));
  flow.noteStatement('db', session('user-0', {}));
  flow.noteStatement('db', session('one-more', {}));
  const clients = flow.clients.map(({ client }) => client);
  assert.equal(clients.length, 1_000);
  assert.ok(clients.includes('user-0') && clients.includes('one-more') && !clients.includes('user-1'));
  assert.equal(flow.droppedEntries, 1);
});
