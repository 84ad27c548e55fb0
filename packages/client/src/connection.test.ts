import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { silentLogger } from '@headwater/logger';
import { ApiKey } from '@headwater/protocol';
import { FakeBroker, type Handlers } from '../test/fake-broker.ts';
import { Connection, type ConnectionOptions } from './connection.ts';

async function connected(
  handlers: Handlers,
  options: Partial<ConnectionOptions>,
  run: (connection: Connection, broker: FakeBroker) => Promise<void>,
): Promise<void> {
  const broker = await FakeBroker.start(handlers);
  const connection = await Connection.open({
    host: '127.0.0.1',
    port: broker.port,
    clientId: 'test',
    connectTimeoutMs: 5000,
    requestTimeoutMs: 5000,
    maxInFlight: 5,
    maxFrameBytes: 1 << 20,
    logger: silentLogger,
    ...options,
  });
  try {
    await run(connection, broker);
  } finally {
    connection.close();
    await broker.close();
  }
}

const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm' };

test('requests are pipelined, and no more than maxInFlight at a time', async () => {
  const release: (() => void)[] = [];
  let open = 0;
  let most = 0;
  const handlers: Handlers = {
    [ApiKey.Heartbeat]: async () => {
      most = Math.max(most, ++open);
      await new Promise<void>((resolve) => release.push(resolve));
      open--;
      return { errorCode: 0 };
    },
  };
  await connected(handlers, { maxInFlight: 3 }, async (connection, broker) => {
    const all = Array.from({ length: 10 }, () => connection.request(ApiKey.Heartbeat, 4, heartbeat));
    for (let answered = 0; answered < 10; answered++) {
      while (release.length === 0) await new Promise((resolve) => setImmediate(resolve));
      release.shift()!();
    }
    assert.deepEqual(
      (await Promise.all(all)).map(({ errorCode }) => errorCode),
      Array(10).fill(0),
    );
    assert.equal(most, 3);
    assert.equal(broker.connections, 1);
  });
});

test('an answer that does not come closes the connection, and all requests on it fail', async () => {
  const handlers: Handlers = { [ApiKey.Heartbeat]: () => null };
  await connected(handlers, { requestTimeoutMs: 50, maxInFlight: 2 }, async (connection) => {
    const all = await Promise.allSettled([1, 2, 3].map(() => connection.request(ApiKey.Heartbeat, 4, heartbeat)));
    for (const result of all) {
      assert.equal((result as PromiseRejectedResult).reason.code, 'HW_CLIENT_REQUEST_TIMEOUT');
    }
    assert.equal(connection.isOpen, false);
    await assert.rejects(connection.request(ApiKey.Heartbeat, 4, heartbeat), { code: 'HW_CLIENT_REQUEST_TIMEOUT' });
  });
});

test('a connection that is lost fails its requests', async () => {
  await connected({ [ApiKey.Heartbeat]: () => 'drop' }, {}, async (connection) => {
    const closed = new Promise((resolve) => connection.onClose(resolve));
    await assert.rejects(connection.request(ApiKey.Heartbeat, 4, heartbeat), {
      code: 'HW_CLIENT_DISCONNECTED',
      retriable: true,
    });
    await closed;
  });
});

test('an answer to something else closes the connection', async () => {
  const strange = Buffer.from('0000000a0000270f00000000000000', 'hex');
  await connected({ [ApiKey.Heartbeat]: () => strange }, {}, async (connection) => {
    await assert.rejects(connection.request(ApiKey.Heartbeat, 4, heartbeat), /answered request 9999, expected was 1/);
    assert.equal(connection.isOpen, false);
  });
});

test('an answer that cannot be read fails its request only', async () => {
  let n = 0;
  const handlers: Handlers = {
    [ApiKey.Heartbeat]: (_request, head) => {
      const short = Buffer.from('0000000500000000ff', 'hex');
      short.writeInt32BE(head.correlationId, 4);
      return n++ === 0 ? short : { errorCode: 0 };
    },
  };
  await connected(handlers, {}, async (connection) => {
    await assert.rejects(connection.request(ApiKey.Heartbeat, 4, heartbeat), { code: 'HW_CLIENT_BAD_ANSWER' });
    assert.equal((await connection.request(ApiKey.Heartbeat, 4, heartbeat)).errorCode, 0);
  });
});

test('an aborted request lets the others go on', async () => {
  const release: (() => void)[] = [];
  const handlers: Handlers = {
    [ApiKey.Heartbeat]: () => new Promise((resolve) => release.push(() => resolve({ errorCode: 0 }))),
  };
  await connected(handlers, {}, async (connection) => {
    const controller = new AbortController();
    const first = connection.request(ApiKey.Heartbeat, 4, heartbeat, { signal: controller.signal });
    const second = connection.request(ApiKey.Heartbeat, 4, heartbeat);
    controller.abort(new Error('not needed'));
    await assert.rejects(first, /not needed/);
    while (release.length < 2) await new Promise((resolve) => setImmediate(resolve));
    for (const go of release) go();
    assert.equal((await second).errorCode, 0);
  });
});

test('closing fails what is in flight, and may be done twice', async () => {
  await connected({ [ApiKey.Heartbeat]: () => null }, {}, async (connection) => {
    const request = connection.request(ApiKey.Heartbeat, 4, heartbeat);
    connection.close();
    connection.close();
    await assert.rejects(request, { code: 'HW_CLIENT_CLOSED' });
  });
});

test('a port where nobody listens, and one where nobody answers, are told apart from a broker', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const options = {
    host: '127.0.0.1',
    port,
    clientId: 'test',
    connectTimeoutMs: 1000,
    requestTimeoutMs: 1000,
    maxInFlight: 1,
    maxFrameBytes: 1000,
    logger: silentLogger,
  };
  await assert.rejects(Connection.open(options), { code: 'HW_CLIENT_CONNECT_FAILED', retriable: true });
  await assert.rejects(Connection.open({ ...options, signal: AbortSignal.abort(new Error('no')) }), /no/);
});

test('a pause that the broker asks for is kept (KIP-219), and ends with the connection', async () => {
  const at: number[] = [];
  const handlers: Handlers = {
    [ApiKey.Heartbeat]: () => {
      at.push(performance.now());
      return { errorCode: 0, throttleTimeMs: at.length === 1 ? 200 : at.length === 2 ? 60_000 : 0 };
    },
  };
  await connected(handlers, {}, async (connection) => {
    await connection.request(ApiKey.Heartbeat, 4, heartbeat);
    await connection.request(ApiKey.Heartbeat, 4, heartbeat);
    // Timers may be a little early.
    assert.ok(at[1]! - at[0]! >= 190, `${at[1]! - at[0]!} ms`);
    const held = connection.request(ApiKey.Heartbeat, 4, heartbeat);
    connection.close();
    await assert.rejects(held, { code: 'HW_CLIENT_CLOSED' });
    assert.equal(at.length, 2);
  });
});
