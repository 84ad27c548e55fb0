import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Broker, type BrokerOptions, startBroker } from '@headwater/broker';
import { type ClientOptions, createClient, type KafkaClient, type SaslOptions } from '../index.ts';

const users = { alice: 'alice-secret', 'o=,o': 'pässword' };

async function broker(t: TestContext, options: BrokerOptions): Promise<Broker> {
  const config = { 'connection.failed.authentication.delay.ms': 0, ...options.config };
  const started = await startBroker({ ...options, config });
  t.after(() => started.close());
  return started;
}

function client(t: TestContext, { bootstrap }: Broker, options: Partial<ClientOptions>): KafkaClient {
  const made = createClient({ bootstrap, clientId: 'test', retryTimeoutMs: 10_000, ...options });
  t.after(() => made.close());
  return made;
}

/** Records out and back, over the connections of the producer and of a fetch. */
async function roundTrip(kafka: KafkaClient, topic: string): Promise<void> {
  await kafka.createTopics([{ name: topic, partitions: 1 }]);
  const value = 'x'.repeat(200_000);
  await kafka.produce({ topic, records: [{ value }] });
  const [fetched] = await kafka.fetch([{ topic, partition: 0, offset: 0 }]);
  assert.equal(String(fetched?.batches[0]?.records()[0]?.value), value);
}

const password = (
  mechanism: 'plain' | 'scram-sha-256' | 'SCRAM-SHA-512',
  username: keyof typeof users,
): SaslOptions => ({
  mechanism,
  username,
  password: users[username],
});

test('TLS alone, and TLS with a password in every mechanism', async (t) => {
  const plain = await broker(t, { tls: true });
  const ssl = { ca: plain.tls!.ca.certificate };
  await roundTrip(client(t, plain, { ssl }), 'orders');
  // By name: what the certificate is for, and what the broker tells back.
  await roundTrip(client(t, plain, { ssl, bootstrap: `localhost:${plain.port}` }), 'orders-by-name');
  const secure = await broker(t, { tls: true, users });
  for (const mechanism of ['plain', 'scram-sha-256', 'SCRAM-SHA-512'] as const) {
    for (const username of ['alice', 'o=,o'] as const) {
      const options = { ssl: { ca: secure.tls!.ca.certificate }, sasl: password(mechanism, username) };
      await roundTrip(client(t, secure, options), `${mechanism}-${username.length}`);
    }
  }
});

test('a certificate of its own is shown', async (t) => {
  const mutual = await broker(t, { tls: true, config: { 'ssl.client.auth': 'required' } });
  const { ca } = mutual.tls!;
  const { certificate: cert, key } = ca.issue({ commonName: 'alice' });
  await roundTrip(client(t, mutual, { ssl: { ca: ca.certificate, cert, key } }), 'orders');
});

test('tokens come from a provider, one for each connection', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const dir = mkdtempSync(join(tmpdir(), 'headwater-jwks-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const jwks = join(dir, 'jwks.json');
  writeFileSync(jwks, JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: '1' }] }));
  const secured = await broker(t, { oauth: { issuer: 'test', jwksUrl: pathToFileURL(jwks).href } });
  let given = 0;
  const token = (sub: string) => {
    given++;
    const nowS = Math.floor(Date.now() / 1_000);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const text = `${part({ alg: 'EdDSA', kid: '1' })}.${part({ iss: 'test', sub, iat: nowS, exp: nowS + 600 })}`;
    return { value: `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}` };
  };
  const oauthBearerProvider = () => Promise.resolve(token('alice'));
  await roundTrip(client(t, secured, { sasl: { mechanism: 'oauthbearer', oauthBearerProvider } }), 'orders');
  assert.ok(given > 0);
  const bad = client(t, secured, { sasl: { mechanism: 'oauthbearer', oauthBearerProvider: () => token('') } });
  await assert.rejects(bad.metadata(), { code: 'HW_CLIENT_AUTHENTICATION_FAILED', message: /invalid_token/ });
});

test('what will not pass is said at once', async (t) => {
  const secure = await broker(t, { tls: true, users });
  const plain = await broker(t, {});
  const ca = secure.tls!.ca.certificate;
  const cases: [Broker, Partial<ClientOptions>, string, RegExp][] = [
    [
      secure,
      { ssl: true, sasl: password('plain', 'alice') },
      'HW_CLIENT_TLS_FAILED',
      /no TLS with .*(self|verify|issuer)/,
    ],
    [
      secure,
      { ssl: { ca }, sasl: { mechanism: 'plain', username: 'alice', password: 'x' } },
      'HW_CLIENT_AUTHENTICATION_FAILED',
      /refused the login: Authentication failed: Invalid username or password \(SASL_AUTHENTICATION_FAILED\)/,
    ],
    [
      secure,
      { ssl: { ca }, sasl: { mechanism: 'scram-sha-256', username: 'mallory', password: 'x' } },
      'HW_CLIENT_AUTHENTICATION_FAILED',
      /invalid credentials with SASL mechanism SCRAM-SHA-256/,
    ],
    [
      secure,
      { ssl: { ca }, sasl: { mechanism: 'oauthbearer', oauthBearerProvider: () => ({ value: 'x' }) } },
      'HW_CLIENT_AUTHENTICATION_FAILED',
      /OAUTHBEARER is not offered, but PLAIN, SCRAM/,
    ],
    [plain, { sasl: password('plain', 'alice') }, 'HW_CLIENT_AUTHENTICATION_FAILED', /wants no login|not offered/],
  ];
  for (const [to, options, code, message] of cases) {
    await assert.rejects(client(t, to, { retryTimeoutMs: 60_000, ...options }).metadata(), {
      code,
      message,
      retriable: false,
    });
  }
});

test('a broker that wants a login or TLS and gets none: the error says so', async (t) => {
  const secure = await broker(t, { users });
  const retryTimeoutMs = 1;
  await assert.rejects(client(t, secure, { retryTimeoutMs }).metadata(), {
    message: /does its listener want ssl or sasl\?/,
  });
  const plain = await broker(t, {});
  await assert.rejects(client(t, plain, { retryTimeoutMs, ssl: true }).metadata(), {
    message: /does its listener speak TLS\?/,
  });
});

test('options that make no sense are refused', () => {
  const options = { bootstrap: 'x:1', clientId: 'test' };
  const wrong: [unknown, RegExp][] = [
    [{ mechanism: 'gssapi' }, /sasl\.mechanism is 'gssapi'/],
    [{ mechanism: 'plain', username: 'x' }, /needs a username and a password/],
    [{ mechanism: 'oauthbearer' }, /needs an oauthBearerProvider/],
  ];
  for (const [sasl, message] of wrong) {
    assert.throws(() => createClient({ ...options, sasl: sasl as SaslOptions }), {
      code: 'HW_CLIENT_BAD_OPTION',
      message,
    });
  }
});

test('a session that ends is followed by another, and nothing is lost on the way', async (t) => {
  const secure = await broker(t, { users, config: { 'connections.max.reauth.ms': 400 } });
  const kafka = client(t, secure, { sasl: password('scram-sha-256', 'alice') });
  await kafka.createTopics([{ name: 'orders', partitions: 1 }]);
  const producer = kafka.producer({ lingerMs: 0 });
  let sent = 0;
  // Several sessions long; each record is waited for, so all of them arrive or the test fails.
  for (const endMs = Date.now() + 1_500; Date.now() < endMs; sent++) {
    await producer.send({ topic: 'orders', records: [{ value: String(sent) }] });
  }
  const { 0: end } = await kafka.listOffsets('orders', { 0: -1 });
  assert.equal(end?.offset, sent);
});

/** On Apache Kafka with the listener that packages/broker/test/sasl-peer.int.test.ts describes. */
test('a real Kafka lets it in', async (t) => {
  const bootstrap = process.env['HEADWATER_TEST_SASL_KAFKA'];
  if (bootstrap === undefined) return t.skip('HEADWATER_TEST_SASL_KAFKA is not set (host:port)');
  const kafka = createClient({ bootstrap, clientId: 'test', sasl: password('plain', 'alice') });
  t.after(() => kafka.close());
  assert.ok((await kafka.metadata()).brokers.length > 0);
  const wrong = createClient({
    bootstrap,
    clientId: 'test',
    sasl: { mechanism: 'plain', username: 'alice', password: 'x' },
  });
  t.after(() => wrong.close());
  await assert.rejects(wrong.metadata(), { code: 'HW_CLIENT_AUTHENTICATION_FAILED' });
  const scram = process.env['HEADWATER_TEST_SCRAM_PASSWORD'];
  if (scram === undefined) return;
  const sasl = { mechanism: 'scram-sha-256', username: 'bob', password: scram } as const;
  const bob = createClient({ bootstrap, clientId: 'test', sasl });
  t.after(() => bob.close());
  assert.ok((await bob.metadata()).brokers.length > 0);
});
