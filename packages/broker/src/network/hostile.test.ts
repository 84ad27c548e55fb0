import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ApiKey, encodeRequest } from '@headwater/protocol';
import { type BrokerOptions, ManualClock } from '../../index.ts';
import { batch, createTopic, fetchBody, produce, testBroker } from '../../test/fixtures.ts';
import { RawClient } from '../../test/raw-client.ts';

const closed = (socket: Socket) =>
  socket.closed ? Promise.resolve() : new Promise((done) => socket.once('close', done));

/** A broker, an honest client on it, and a way to open sockets that are not. */
async function underAttack(t: TestContext, options: BrokerOptions = {}) {
  const clock = new ManualClock();
  const start = await testBroker(t, { clock, ...options });
  const { host, port } = start.broker;
  const ca = start.broker.tls?.ca.certificate;
  const honest =
    ca === undefined ? await RawClient.connect({ host, port }) : await RawClient.connectTls({ host, port, ca });
  t.after(() => honest.close());
  await createTopic(honest, 'bystander');
  return {
    ...start,
    clock,
    async goesOn() {
      assert.equal((await produce(honest, 'bystander', batch(['x'], { timestamp: clock.now() }))).errorCode, 0);
    },
    async socket(localAddress = '127.0.0.1') {
      const socket = connect({ host, port, localAddress });
      socket.on('error', () => {});
      socket.resume();
      t.after(() => socket.destroy());
      await once(socket, 'connect');
      return socket;
    },
    async connections() {
      const response = await fetch(`${start.broker.adminUrl}/health`);
      return ((await response.json()) as { connections: number }).connections;
    },
    reasons: () => start.lines.filter(({ level }) => level === 'warn').map(({ fields }) => String(fields['reason'])),
  };
}

const sizeOf = (bytes: number) => {
  const size = Buffer.alloc(4);
  size.writeInt32BE(bytes);
  return size;
};

/** Until the broker has taken notice, which an answer to somebody else does not prove. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

test('a size that comes byte by byte, and a body that does, end in time although they never stop', async (t) => {
  for (const prefix of [Buffer.alloc(0), sizeOf(1_000)]) {
    const { clock, goesOn, reasons, socket } = await underAttack(t, { config: { 'connections.max.idle.ms': 10_000 } });
    const slow = await socket();
    slow.write(prefix);
    const ended = closed(slow);
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    // The size never gets whole: it has three bytes at most.
    for (let second = 0; second < 40 && !isOver; second++) {
      if (prefix.length > 0 || second < 3) slow.write(Buffer.of(0));
      await goesOn();
      clock.advance(1_000);
    }
    await ended;
    await goesOn();
    assert.ok(reasons().some((reason) => /stopped in the middle of a request/.test(reason)));
  }
});

test('a client that authenticates never so slowly has no more time than others', async (t) => {
  const clock = new ManualClock();
  const start = await testBroker(t, { users: { alice: 'a' }, clock });
  const client = await start.client();
  const frame = encodeRequest(ApiKey.SaslHandshake, 1, 1, 'x', { mechanism: 'PLAIN' });
  for (const byte of frame.subarray(0, -1)) {
    client.write(Buffer.of(byte));
    if (client.isClosed) break;
    clock.advance(2_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await client.closed();
  assert.equal(client.frames.length, 0);
});

test('thousands of connections that say nothing: those within the limits cost nobody anything', async (t) => {
  const { connections, goesOn, lines, socket } = await underAttack(t, {
    adminPort: 0,
    config: { 'max.connections': 1_000 },
  });
  const sockets: Socket[] = [];
  // Not all at once: the system's own queue of a port holds 511.
  while (sockets.length < 1_200) sockets.push(...(await Promise.all(Array.from({ length: 50 }, () => socket()))));
  await until(() => sockets.filter((one) => one.closed || one.destroyed || one.readableEnded).length >= 201);
  await goesOn();
  assert.equal(await connections(), 1_000);
  assert.ok(lines.some(({ fields }) => fields['limit'] === 'max.connections'));
  assert.ok(lines.length < 100, 'and the log stays short');
  for (const one of sockets) one.destroy();
  await until(async () => (await connections()) === 1);
  await goesOn();
});

test('TLS garbage: half handshakes by the hundred, random bytes, and nobody else notices', async (t) => {
  const seed = randomBytes(4).readUInt32BE();
  t.diagnostic(`seed ${seed}`);
  const { goesOn, reasons, socket } = await underAttack(t, {
    tls: true,
    config: { 'headwater.max.unauthenticated.connections': 50 },
  });
  const hello = Buffer.from('16030100c8010000c40303', 'hex');
  const sockets: Socket[] = [];
  let state = seed;
  for (let index = 0; index < 200; index++) {
    const one = await socket();
    sockets.push(one);
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    if (index % 2 === 0) one.write(hello);
    else one.write(Buffer.from(Array.from({ length: 64 }, (_, at) => (state >>> (at % 24)) & 0xff)));
  }
  await goesOn();
  // All but the newest 50 that only wait are gone.
  await until(() => sockets.filter((one) => one.closed).length >= 150);
  await goesOn();
  assert.ok(reasons().some((reason) => /TLS handshake failed|headwater\.max\.unauthenticated/.test(reason)));
});

test('a client that never reads: what it asks for is not made, and it is closed in time', async (t) => {
  const { broker, clock, goesOn, reasons } = await underAttack(t, { config: { 'connections.max.idle.ms': 60_000 } });
  const writer = await RawClient.connect(broker);
  t.after(() => writer.close());
  await createTopic(writer, 'big');
  await produce(writer, 'big', batch(['x'.repeat(900_000)], { timestamp: clock.now() }));
  const reader = await RawClient.connect(broker);
  t.after(() => reader.close());
  reader.socket.pause();
  for (let index = 0; index < 90; index++) reader.send(ApiKey.Fetch, 11, fetchBody('big', 0));
  for (let round = 0; round < 20; round++) await goesOn();
  for (let step = 0; step < 13; step++) {
    clock.advance(10_000);
    await goesOn();
  }
  reader.socket.resume();
  await reader.closed();
  assert.ok(reader.receivedBytes < 60 * 900_000, `${reader.receivedBytes} bytes`);
  assert.ok(reasons().some((reason) => /left \d+ bytes unread/.test(reason)));
});

test('connections of one address are bounded, with other numbers for some', async (t) => {
  const { broker, lines, socket } = await underAttack(t, {
    config: { 'max.connections.per.ip': 2, 'max.connections.per.ip.overrides': '127.0.0.2:1,127.0.0.3:4' },
  });
  const open = async (address: string, count: number) => {
    const sockets: Socket[] = [];
    for (let index = 0; index < count; index++) {
      const one = await socket(address);
      sockets.push(one);
      one.write(encodeRequest(ApiKey.ApiVersions, 0, 1, 'x', {}));
      // Served or closed: either is told before the next one comes.
      await Promise.race([once(one, 'data').catch(() => {}), closed(one)]);
    }
    return sockets.filter((one) => !one.closed && !one.destroyed && one.bytesRead > 0).length;
  };
  assert.equal(await open('127.0.0.2', 3), 1);
  assert.equal(await open('127.0.0.3', 6), 4);
  assert.equal(await open('127.0.0.4', 4), 2);
  assert.ok(
    lines.some(({ fields }) => fields['limit'] === 'max.connections.per.ip' && fields['remoteAddress'] === '127.0.0.2'),
  );
  await broker.close();
});

test('a listener may have a limit of its own', async (t) => {
  const start = await testBroker(t, {
    listeners: [
      { name: 'OUTSIDE', protocol: 'PLAINTEXT' },
      { name: 'INSIDE', protocol: 'PLAINTEXT' },
    ],
    config: { 'listener.name.outside.max.connections': 1 },
  });
  const [outside, inside] = start.broker.listeners;
  const first = await RawClient.connect(outside!);
  await first.call(ApiKey.ApiVersions, 0, {});
  const second = await RawClient.connect(outside!);
  await second.closed();
  const other = await RawClient.connect(inside!);
  await other.call(ApiKey.ApiVersions, 0, {});
  for (const client of [first, other]) client.close();
});

test('connections that come too fast wait for their turn', async (t) => {
  const clock = new ManualClock();
  const start = await testBroker(t, { clock, config: { 'max.connection.creation.rate': 2 } });
  const clients: RawClient[] = [];
  for (let index = 0; index < 5; index++) {
    const client = await start.client();
    client.send(ApiKey.ApiVersions, 0, {});
    clients.push(client);
  }
  const [first, second, third, fourth, gone] = clients;
  await first!.nextFrame();
  await second!.nextFrame();
  assert.equal(third!.frames.length + fourth!.frames.length, 0);
  gone!.close();
  clock.advance(500);
  await third!.nextFrame();
  assert.equal(fourth!.frames.length, 0);
  clock.advance(500);
  await fourth!.nextFrame();
  const late = await start.client();
  late.send(ApiKey.ApiVersions, 0, {});
  await start.broker.close();
  await late.closed();
});
