import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { silentLogger } from '@headwater/logger';
import { FakeClient, FakeEngine } from '../../test/fake-engine.ts';
import { query } from '../protocol/frontend-messages.ts';
import { ClientSession } from './client-session.ts';
import { Database } from './database.ts';
import type { DatabaseLimits } from './database-limits.ts';

/** A database on fake engines with a clock of its own. */
class Stage {
  nowMs = 0;
  readonly engines: FakeEngine[] = [];
  readonly database: Database;
  #lastId = 0;

  constructor(limits: Partial<DatabaseLimits> = {}) {
    const all = { waitMsMax: 1e9, idleInTransactionMsMax: 1e9, idleMsMax: 0, waitingMax: 100, ...limits };
    const open = async (): Promise<FakeEngine> => {
      this.engines.push(new FakeEngine());
      return this.engines.at(-1)!;
    };
    const refuse = (): Promise<never> => Promise.reject(new Error('not here'));
    const commands = { create: refuse, drop: refuse };
    this.database = new Database('words', open, commands, all, silentLogger, () => this.nowMs);
  }

  /** What clients asked, without the store's own queries. */
  get queries(): string[] {
    const own = /^(?:RESET|SELECT '|DO )/;
    return this.engines.flatMap(({ queries }) => queries).filter((sql) => !own.test(sql));
  }

  async client(): Promise<{ client: FakeClient; session: ClientSession; ask(...sql: string[]): void }> {
    const client = new FakeClient();
    const limits = { messageBytesMax: 1 << 20, statementsMax: 10, statementBytesMax: 1000 };
    const facts = { id: ++this.#lastId, secret: 1, user: 'ada', base: new Map<string, string>() };
    const session = new ClientSession(facts, client, limits);
    const ask = (...all: string[]): void => {
      for (const sql of all) {
        const message = query(sql);
        session.pending.push(message);
        session.pendingBytes += message.length;
        this.database.received(session);
      }
    };
    this.database.begin(session);
    await settled();
    return { client, session, ask };
  }

  pass(ms: number): void {
    this.nowMs += ms;
    this.database.sweep();
  }
}

/** Until nothing that waits for an event loop's turn is left: a fake answer takes one turn. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await setImmediate();
}

test('clients take turns by the query, and keep theirs in a transaction', async () => {
  const stage = new Stage();
  const [a, b] = [await stage.client(), await stage.client()];
  a.ask('a1', 'a2');
  b.ask('b1');
  await settled();
  assert.deepEqual(stage.queries, ['a1', 'b1', 'a2']);
  a.ask('BEGIN');
  b.ask('b2');
  await settled();
  a.ask('a3');
  await settled();
  assert.deepEqual(stage.queries.slice(3), ['BEGIN', 'a3']);
  a.ask('COMMIT');
  await settled();
  assert.deepEqual(stage.queries.slice(3), ['BEGIN', 'a3', 'COMMIT', 'b2']);
  assert.deepEqual(b.client.told, ['ready I', 'b1', 'ready I', 'b2', 'ready I']);
  await stage.database.close();
});

test('the transaction of a client that goes is taken back before the next turn', async () => {
  const stage = new Stage();
  const [a, b] = [await stage.client(), await stage.client()];
  a.ask('BEGIN');
  await settled();
  b.ask('b1');
  stage.database.leave(a.session);
  await settled();
  assert.deepEqual(stage.queries, ['BEGIN', 'ROLLBACK', 'b1']);
  await stage.database.close();
});

test('a client that is silent in a transaction is disconnected', async () => {
  const stage = new Stage({ idleInTransactionMsMax: 1_000 });
  const [a, b] = [await stage.client(), await stage.client()];
  a.ask('BEGIN');
  await settled();
  b.ask('b1');
  stage.pass(900);
  await settled();
  assert.equal(a.client.isEnded, false);
  stage.pass(200);
  await settled();
  assert.equal(a.client.told.at(-1), '25P03');
  assert.equal(a.client.isEnded, true);
  assert.deepEqual(stage.queries, ['BEGIN', 'ROLLBACK', 'b1']);
  await stage.database.close();
});

test('who waits too long is told, and its connection goes on', async () => {
  const stage = new Stage({ waitMsMax: 1_000 });
  const [a, b] = [await stage.client(), await stage.client()];
  a.ask('BEGIN');
  await settled();
  b.ask('b1');
  stage.pass(1_500);
  assert.deepEqual(b.client.told.slice(1), ['55P03', 'ready I']);
  a.ask('COMMIT');
  b.ask('b2');
  await settled();
  assert.deepEqual(stage.queries, ['BEGIN', 'COMMIT', 'b2']);
  await stage.database.close();
});

test('more than may wait are refused', async () => {
  const stage = new Stage({ waitingMax: 1 });
  const [a, b, c] = [await stage.client(), await stage.client(), await stage.client()];
  a.ask('BEGIN');
  await settled();
  b.ask('b1');
  c.ask('c1');
  assert.deepEqual(c.client.told.slice(1), ['53300', 'ready I']);
  a.ask('COMMIT');
  await settled();
  assert.deepEqual(stage.queries, ['BEGIN', 'COMMIT', 'b1']);
  await stage.database.close();
});

test('PostgreSQL ends when nobody asks, and the next query starts it again', async () => {
  const stage = new Stage({ idleMsMax: 1_000 });
  const a = await stage.client();
  a.ask('a1');
  await settled();
  stage.pass(500);
  assert.equal(stage.database.isRunning, true);
  stage.pass(600);
  await settled();
  assert.equal(stage.engines[0]!.isClosed, true);
  assert.equal(stage.database.isRunning, false);
  a.ask('a2');
  await settled();
  assert.equal(stage.engines.length, 2);
  assert.deepEqual(a.client.told, ['ready I', 'a1', 'ready I', 'a2', 'ready I']);
  await stage.database.close();
});

test('a client that does not read its result is disconnected once others have waited for it', async () => {
  const stage = new Stage({ idleInTransactionMsMax: 1_000 });
  const [a, b] = [await stage.client(), await stage.client()];
  a.ask('LARGE');
  await settled();
  stage.pass(5_000);
  assert.equal(a.client.isDestroyed, false, 'nobody waits');
  b.ask('b1');
  stage.pass(500);
  await settled();
  assert.equal(a.client.isDestroyed, true);
  assert.equal(stage.engines[0]!.isKilled, true);
  assert.deepEqual(b.client.told, ['ready I', 'b1', 'ready I']);
  await stage.database.close();
});

test('a query that runs is cancelled; other clients go on', async () => {
  const stage = new Stage();
  const [a, b] = [await stage.client(), await stage.client()];
  a.ask('HANG');
  await settled();
  b.ask('b1');
  await stage.database.cancel(a.session);
  await settled();
  assert.deepEqual(a.client.told, ['ready I', '57014', 'ready I']);
  assert.deepEqual(b.client.told, ['ready I', 'b1', 'ready I']);
  await stage.database.close();
});

test('PostgreSQL that ends by itself disconnects the client whose turn it is, and no other', async () => {
  const stage = new Stage();
  const [a, b] = [await stage.client(), await stage.client()];
  a.ask('HANG');
  await settled();
  b.ask('b1');
  stage.engines[0]!.onEnd(new Error('out of memory'));
  await settled();
  assert.equal(a.client.told.at(-1), '57P02');
  assert.deepEqual(b.client.told, ['ready I', 'b1', 'ready I']);
  await stage.database.close();
});

test('closing tells all clients, and may be done twice', async () => {
  const stage = new Stage();
  const a = await stage.client();
  await Promise.all([stage.database.close(), stage.database.close()]);
  assert.equal(a.client.told.at(-1), '57P01');
  assert.equal(stage.engines[0]!.isClosed, true);
});
