import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { ApiKey, encodeRequest } from '@headwater/protocol';
import { type BrokerOptions, createDevelopmentCa, ManualClock, startBroker } from '../../index.ts';
import { batch, createTopic, produce, temporaryDir, testBroker } from '../../test/fixtures.ts';
import { RawClient } from '../../test/raw-client.ts';

async function tlsBroker(t: TestContext, options: BrokerOptions = {}) {
  const start = await testBroker(t, { tls: true, ...options });
  const { host, port } = start.broker;
  return {
    ...start,
    async secure(more: ConnectionOptions = {}) {
      const client = await RawClient.connectTls({ host, port, ca: start.broker.tls?.ca.certificate, ...more });
      t.after(() => client.close());
      return client;
    },
  };
}

/** Its end, with or without an error. */
const closedSocket = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

/** The line may come a little after the client's end. */
async function warned(lines: { level: string }[]): Promise<void> {
  for (let turns = 0; turns < 100_000 && lines.every(({ level }) => level !== 'warn'); turns++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const warning = (lines: { level: string; fields: Record<string, unknown> }[]) =>
  String(lines.find(({ level }) => level === 'warn')?.fields['reason']);

test('tls: true is all it takes: records go over TLS, large ones too, and the log says where the authority is', async (t) => {
  const { broker, lines, secure } = await tlsBroker(t);
  const client = await secure();
  await createTopic(client, 'orders');
  for (const size of [10, 900_000]) {
    assert.equal((await produce(client, 'orders', batch(['x'.repeat(size)]))).errorCode, 0);
  }
  const { caFile } = broker.tls!;
  assert.equal(lines.find(({ message }) => message === 'the event store is up')?.fields['ca'], caFile);
  assert.equal(readFileSync(caFile, 'utf8'), broker.tls?.ca.certificate);
  await broker.close();
  assert.equal(existsSync(caFile), false, 'without a data directory nothing stays');
});

test('the development authority stays with the data', async (t) => {
  const dataDir = await temporaryDir(t);
  const first = await startBroker({ dataDir, tls: true });
  await first.close();
  const { secure } = await tlsBroker(t, { dataDir });
  await secure({ ca: first.tls!.ca.certificate });
});

test('over TLS clients are told the name that they dialled, which the certificate is for', async (t) => {
  const { secure } = await tlsBroker(t);
  const told = async (client: RawClient) => (await client.call(ApiKey.Metadata, 9, { topics: [] })).brokers[0]?.host;
  assert.equal(await told(await secure({ servername: 'localhost' })), 'localhost');
  assert.equal(await told(await secure()), '127.0.0.1');
});

test('several listeners: each with its protocol, all with the same topics', async (t) => {
  const { broker, client, secure } = await tlsBroker(t, {
    listeners: [{ protocol: 'SSL' }, { protocol: 'PLAINTEXT', advertised: 'kafka.example:19092' }],
  });
  const [ssl, plain] = broker.listeners;
  assert.deepEqual([ssl?.bootstrap, ssl?.protocol, plain?.protocol], [broker.bootstrap, 'SSL', 'PLAINTEXT']);
  await createTopic(await secure(), 'orders');
  const raw = await RawClient.connect(plain!);
  t.after(() => raw.close());
  const { brokers, topics } = await raw.call(ApiKey.Metadata, 9, { topics: [{ name: 'orders' }] });
  assert.equal(topics[0]?.errorCode, 0);
  assert.deepEqual([brokers[0]?.host, brokers[0]?.port], ['kafka.example', 19_092]);
  const lost = await client();
  lost.send(ApiKey.ApiVersions, 0, {});
  await lost.closed();
  await broker.restart();
  assert.deepEqual(broker.listeners, [ssl, plain], 'started again, they are where they were');
});

test('a plaintext client on a TLS port, and HTTP, are closed with a line that says so', async (t) => {
  const cases: [Buffer, RegExp][] = [
    [encodeRequest(ApiKey.ApiVersions, 0, 1, 'x', {}), /does not speak TLS.*security\.protocol=SSL/],
    [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), /looks like HTTP/],
  ];
  for (const [bytes, reason] of cases) {
    const { client, lines } = await tlsBroker(t);
    const lost = await client();
    lost.write(bytes);
    await lost.closed();
    assert.match(warning(lines), reason);
  }
});

test("a client that does not trust the broker's authority is told of in the log", async (t) => {
  const { lines, secure } = await tlsBroker(t);
  await assert.rejects(secure({ ca: createDevelopmentCa().certificate }));
  await warned(lines);
  assert.match(warning(lines), /TLS handshake/);
});

test('a handshake that does not come to an end is given up, and others go on', async (t) => {
  const clock = new ManualClock();
  const { broker, lines, secure } = await tlsBroker(t, { clock });
  const { host, port } = broker;
  const stuck = connect({ host, port });
  stuck.on('error', () => {});
  await once(stuck, 'connect');
  // The first bytes of a ClientHello that never goes on.
  stuck.write(Buffer.from([0x16, 3, 1, 2, 0, 1]));
  const client = await secure();
  await client.call(ApiKey.ApiVersions, 0, {});
  const closed = closedSocket(stuck);
  clock.advance(30_001);
  await closed;
  assert.match(warning(lines), /did not authenticate within 30000 ms/);
  await client.call(ApiKey.ApiVersions, 0, {});
});

test('closing the broker does not wait for handshakes', async () => {
  const broker = await startBroker({ tls: true });
  const stuck = connect({ host: broker.host, port: broker.port });
  stuck.on('error', () => {});
  await once(stuck, 'connect');
  const closed = closedSocket(stuck);
  await broker.close();
  await closed;
});

test('a client certificate names the principal, and without one nobody gets in', async (t) => {
  const { broker, lines, secure } = await tlsBroker(t, {
    config: {
      'ssl.client.auth': 'required',
      'ssl.principal.mapping.rules': 'RULE:^CN=([a-z]+),.*$/$1/,DEFAULT',
      'authorizer.class.name': 'acls',
      'super.users': 'User:alice',
    },
  });
  const { ca } = broker.tls!;
  const alice = ca.issue({ commonName: 'alice' });
  await createTopic(await secure({ cert: alice.certificate, key: alice.key }), 'orders');
  const bob = ca.issue({ commonName: 'bob' });
  await assert.rejects(createTopic(await secure({ cert: bob.certificate, key: bob.key }), 'orders-2'), /orders-2/);
  const stranger = createDevelopmentCa().issue({ commonName: 'alice' });
  for (const credentials of [{}, { cert: stranger.certificate, key: stranger.key }]) {
    lines.length = 0;
    const socket = connectTls({ host: broker.host, port: broker.port, ca: ca.certificate, ...credentials });
    socket.on('error', () => {});
    await closedSocket(socket);
    await warned(lines);
    assert.match(warning(lines), /shows no certificate|not from an authority/);
  }
});

test('with ssl.client.auth=requested a client may stay nameless, but not with a bad certificate', async (t) => {
  const { broker, lines, secure } = await tlsBroker(t, { config: { 'ssl.client.auth': 'requested' } });
  await (await secure()).call(ApiKey.ApiVersions, 0, {});
  const stranger = createDevelopmentCa().issue({ commonName: 'alice' });
  const bad = await secure({ cert: stranger.certificate, key: stranger.key });
  await bad.closed();
  assert.match(warning(lines), /certificate is refused/);
  assert.equal(broker.listeners.length, 1);
});

test('changed files are used for new connections, unusable ones are not', async (t) => {
  const dir = await temporaryDir(t);
  const clock = new ManualClock();
  const location = join(dir, 'kafka.pem');
  const authorities = [createDevelopmentCa('first'), createDevelopmentCa('second')];
  const write = (index: number) => {
    const { certificate, key } = authorities[index]!.issue({ commonName: 'kafka', hosts: ['127.0.0.1'] });
    writeFileSync(location, certificate + key + '\n'.repeat(index));
  };
  write(0);
  const { lines, secure } = await tlsBroker(t, {
    tls: false,
    clock,
    config: { listeners: 'SSL://127.0.0.1:0', 'ssl.keystore.location': location },
  });
  const old = await secure({ ca: authorities[0]!.certificate });
  writeFileSync(location, 'half a file');
  clock.advance(10_000);
  assert.match(String(lines.find(({ level }) => level === 'error')?.fields['reason']), /cannot be used/);
  await secure({ ca: authorities[0]!.certificate });
  write(1);
  clock.advance(10_000);
  await secure({ ca: authorities[1]!.certificate });
  await assert.rejects(secure({ ca: authorities[0]!.certificate }));
  await old.call(ApiKey.ApiVersions, 0, {});
});
