/**
 * The same SASL exchanges with Apache Kafka and with ours, and the same answers. Kafka has to have a listener for it:
 *
 *     listener.security.protocol.map=…,SASL:SASL_PLAINTEXT
 *     sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
 *     super.users=User:alice
 *     listener.name.sasl.plain.sasl.jaas.config=…PlainLoginModule required user_alice="alice-secret" user_bob="bob-secret";
 *     listener.name.sasl.scram-sha-256.sasl.jaas.config=…ScramLoginModule required;   (and for 512)
 *     listener.name.sasl.plain.connections.max.reauth.ms=4000
 *
 * and HEADWATER_TEST_SASL_KAFKA=host:port names it.
 */
import assert from 'node:assert/strict';
import { pbkdf2Sync } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiKey, decodeResponse, encodeRequest } from '@headwater/protocol';
import { startBroker } from '../index.ts';
import { RawClient } from './raw-client.ts';
import { login, plainMessage, ScramClient } from './sasl-client.ts';

type Steps = (connect: () => Promise<RawClient>) => Promise<unknown>;
type Sent =
  | ['handshake', mechanism: string, version: number]
  | ['auth', bytes: Buffer, version: number]
  | ['raw', Buffer];

/** What a connection is answered, in short, until it is closed. */
async function transcript(client: RawClient, steps: readonly Sent[]): Promise<unknown[]> {
  const said: unknown[] = [];
  for (const [index, step] of steps.entries()) {
    const kind = step[0];
    if (kind === 'raw') client.write(step[1]);
    else if (kind === 'handshake') client.send(ApiKey.SaslHandshake, step[2], { mechanism: step[1] });
    else client.send(ApiKey.SaslAuthenticate, step[2], { authBytes: step[1] });
    await client.until(() => client.frames.length > 0);
    const frame = client.frames.shift();
    if (frame === undefined) return [...said, `${index}: closed`];
    if (kind === 'raw') said.push(`${frame.length} bytes`);
    else if (kind === 'handshake') {
      const { errorCode, mechanisms } = decodeResponse(ApiKey.SaslHandshake, step[2], frame).body;
      said.push({ errorCode, mechanisms: [...mechanisms].sort() });
    } else {
      const { errorCode, errorMessage, sessionLifetimeMs } = decodeResponse(
        ApiKey.SaslAuthenticate,
        step[2],
        frame,
      ).body;
      said.push({ errorCode, errorMessage, sessionLifetimeMs });
    }
  }
  return said;
}

const sized = (bytes: Buffer) => {
  const size = Buffer.alloc(4);
  size.writeInt32BE(bytes.length);
  return Buffer.concat([size, bytes]);
};

const auth = (bytes: Buffer | string, version = 2): Sent => ['auth', Buffer.from(bytes), version];
const plain: Sent = ['handshake', 'PLAIN', 1];
const right = auth(plainMessage('alice', 'alice-secret'));
const metadata: Sent = ['raw', encodeRequest(ApiKey.Metadata, 9, 9, 'x', { topics: [] })];

const exchanges: Record<string, Sent[]> = {
  'a good password': [plain, right],
  'an old version of SaslAuthenticate': [plain, auth(plainMessage('alice', 'alice-secret'), 0)],
  'a wrong password': [plain, auth(plainMessage('alice', 'x')), metadata],
  nobody: [plain, auth(plainMessage('mallory', 'x'))],
  'an empty user': [plain, auth(plainMessage('', 'x'))],
  'an empty password': [plain, auth(plainMessage('alice', ''))],
  'two parts': [plain, auth('alice\0alice-secret')],
  'another authorization id': [plain, auth(plainMessage('alice', 'alice-secret', 'bob'))],
  'its own authorization id': [plain, auth(plainMessage('alice', 'alice-secret', 'alice'))],
  'a mechanism that is not there': [['handshake', 'GSSAPI', 1], plain],
  'two handshakes': [plain, plain],
  'no handshake': [right],
  'a request before it': [metadata],
  'a SCRAM that makes no sense': [['handshake', 'SCRAM-SHA-256', 1], auth('x')],
  'SASL once more at once': [plain, right, plain, right, plain],
  'SaslAuthenticate once more': [plain, right, right],
  'bare messages': [
    ['handshake', 'PLAIN', 0],
    ['raw', sized(plainMessage('alice', 'alice-secret'))],
  ],
  'a bare wrong password': [
    ['handshake', 'PLAIN', 0],
    ['raw', sized(plainMessage('alice', 'x'))],
  ],
  'a large message': [plain, auth(Buffer.alloc(600_000))],
};

const cases: Record<string, Steps> = Object.fromEntries(
  Object.entries(exchanges).map(([name, steps]) => [name, async (connect) => transcript(await connect(), steps)]),
);

const altered = (salt: Buffer, name: string, mechanism: number, iterations = 4096) => ({
  name,
  mechanism,
  iterations,
  salt,
  saltedPassword: pbkdf2Sync('made', salt, 4096, 32, 'sha256'),
});

cases['credentials that are altered and described'] = async (connect) => {
  const admin = await connect();
  await login(admin, 'PLAIN', 'alice', 'alice-secret');
  const salt = Buffer.from('salt of a test');
  const said: unknown[] = [];
  const alter = async (
    upsertions: ReturnType<typeof altered>[],
    deletions: { name: string; mechanism: number }[] = [],
  ) => {
    const { results } = await admin.call(ApiKey.AlterUserScramCredentials, 0, { deletions, upsertions });
    // Kafka's order is a hash map's.
    said.push(results.sort((a, b) => (a.user < b.user ? -1 : 1)));
  };
  await alter([altered(salt, 'made', 1)]);
  await alter([
    altered(salt, '', 1),
    altered(salt, 'few', 1, 1),
    altered(salt, 'many', 2, 99_999),
    altered(salt, 'odd', 7),
  ]);
  await alter([altered(salt, 'twice', 1), altered(salt, 'twice', 2), altered(salt, 'once', 2)]);
  await alter(
    [altered(salt, 'both', 1)],
    [
      { name: 'both', mechanism: 1 },
      { name: 'none', mechanism: 1 },
      { name: '', mechanism: 1 },
    ],
  );
  for (const users of [['made'], ['none'], ['made', 'made', 'once'], ['']]) {
    const { results, ...rest } = await admin.call(ApiKey.DescribeUserScramCredentials, 0, {
      users: users.map((name) => ({ name })),
    });
    said.push({ ...rest, results: results.sort((a, b) => (a.user < b.user ? -1 : 1)) });
  }
  // Kafka's controller answers before its broker knows.
  let last = await login(await connect(), 'SCRAM-SHA-256', 'made', 'made');
  for (let tries = 0; last.errorCode !== 0 && tries < 50; tries++) {
    await delay(100);
    last = await login(await connect(), 'SCRAM-SHA-256', 'made', 'made');
  }
  said.push(last.errorCode, last.sessionLifetimeMs);
  const scram = new ScramClient('SCRAM-SHA-256', 'made', 'wrong');
  const wrong = await connect();
  await wrong.call(ApiKey.SaslHandshake, 1, { mechanism: 'SCRAM-SHA-256' });
  const first = await wrong.call(ApiKey.SaslAuthenticate, 2, { authBytes: scram.first() });
  const final = await wrong.call(ApiKey.SaslAuthenticate, 2, { authBytes: scram.final(first.authBytes) });
  said.push(final);
  await alter([], [{ name: 'made', mechanism: 1 }]);
  await alter([], [{ name: 'once', mechanism: 2 }]);
  return said;
};

cases['sessions that are renewed'] = async (connect) => {
  const said: unknown[] = [];
  for (const next of [
    [plain, right],
    [plain, auth(plainMessage('bob', 'bob-secret'))],
    [['handshake', 'SCRAM-SHA-256', 1] as Sent, auth('n,,n=alice,r=abc')],
    [plain, auth(plainMessage('alice', 'x'))],
  ]) {
    const client = await connect();
    said.push(await transcript(client, [plain, right]));
    await delay(1_500);
    said.push(await transcript(client, next));
  }
  const late = await connect();
  await transcript(late, [plain, right]);
  await delay(4_500);
  said.push(await transcript(late, [metadata]));
  return said;
};

const address = process.env['HEADWATER_TEST_SASL_KAFKA'];

for (const [name, steps] of Object.entries(cases)) {
  test(`as Apache Kafka answers in SASL: ${name}`, async (t) => {
    if (address === undefined) return t.skip('HEADWATER_TEST_SASL_KAFKA is not set (host:port)');
    const [host, port] = address.split(':') as [string, string];
    const jaas =
      'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="alice-secret" user_bob="bob-secret";';
    const broker = await startBroker({
      config: {
        listeners: 'SASL://127.0.0.1:0',
        'listener.security.protocol.map': 'SASL:SASL_PLAINTEXT',
        'listener.name.sasl.plain.sasl.jaas.config': jaas,
        'listener.name.sasl.plain.connections.max.reauth.ms': 4_000,
      },
    });
    t.after(() => broker.close());
    const answers: unknown[] = [];
    for (const endpoint of [{ host, port: Number(port) }, broker]) {
      answers.push(
        await steps(async () => {
          const client = await RawClient.connect(endpoint);
          t.after(() => client.close());
          return client;
        }),
      );
    }
    assert.deepEqual(answers[1], answers[0]);
  });
}
