import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ApiKey, ErrorCode, encodeRequest } from '@headwater/protocol';
import { type BrokerOptions, ManualClock, startBroker } from '../../../index.ts';
import { batch, createTopic, produce, type TestBroker, temporaryDir, testBroker } from '../../../test/fixtures.ts';
import type { RawClient } from '../../../test/raw-client.ts';
import { handshake, login, plainMessage, ScramClient } from '../../../test/sasl-client.ts';

const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'];
/** Names that are awkward in one mechanism or the other. */
const users = { alice: 'alice-secret', 'b=o,b': 'pass, word=', zoë: 'pässword' };
const fast = { 'connection.failed.authentication.delay.ms': 0 };

async function saslBroker(t: TestContext, options: BrokerOptions = {}): Promise<TestBroker> {
  return testBroker(t, { users, ...options, config: { ...fast, ...options.config } });
}

async function works(client: RawClient): Promise<void> {
  const { errorCode } = await client.call(ApiKey.Metadata, 9, { topics: [] }).then(() => ({ errorCode: 0 }));
  assert.equal(errorCode, 0);
}

const warning = ({ lines }: TestBroker) => String(lines.find(({ level }) => level === 'warn')?.fields['reason']);

for (const mechanism of mechanisms) {
  test(`${mechanism}: the right password lets in, others do not, and the log says who tried`, async (t) => {
    const start = await saslBroker(t);
    for (const [user, password] of Object.entries(users)) {
      const client = await start.client();
      const answer = await login(client, mechanism, user, password);
      assert.deepEqual([answer.errorCode, answer.sessionLifetimeMs], [0, 0], user);
      await works(client);
    }
    const told =
      mechanism === 'PLAIN'
        ? 'Authentication failed: Invalid username or password'
        : `Authentication failed during authentication due to invalid credentials with SASL mechanism ${mechanism}`;
    for (const [user, password] of [
      ['alice', 'wrong'],
      ['mallory', 'alice-secret'],
      ['alice', users['b=o,b']],
    ] as const) {
      const client = await start.client();
      const { errorCode, errorMessage } = await login(client, mechanism, user, password);
      assert.deepEqual([errorCode, errorMessage], [ErrorCode.SASL_AUTHENTICATION_FAILED, told]);
      await client.closed();
    }
    assert.match(warning(start), new RegExp(`^${mechanism}: `));
    assert.ok(
      start.lines.every(({ fields }) => !JSON.stringify(fields).includes('secret')),
      'no password is logged',
    );
  });
}

test('nothing is answered before authentication but ApiVersions and the handshake', async (t) => {
  const start = await saslBroker(t);
  for (const early of [
    encodeRequest(ApiKey.Metadata, 9, 1, 'x', { topics: null }),
    encodeRequest(ApiKey.SaslAuthenticate, 2, 1, 'x', { authBytes: plainMessage('alice', 'alice-secret') }),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from([0, 8, 0, 1, 0, 0]),
  ]) {
    const client = await start.client();
    client.write(early);
    await client.closed();
    assert.equal(client.frames.length, 0);
  }
  const reasons = start.lines.filter(({ level }) => level === 'warn').map(({ fields }) => String(fields['reason']));
  assert.match(reasons[0]!, /instead of the SASL handshake\. Is the client set to the wrong security\.protocol/);
  assert.match(reasons[3]!, /524289 is above sasl\.server\.max\.receive\.size/);
  const client = await start.client();
  assert.equal(
    (await client.call(ApiKey.ApiVersions, 3, { clientSoftwareName: 'a', clientSoftwareVersion: '1' })).errorCode,
    0,
  );
  assert.equal((await login(client, 'PLAIN', 'alice', users.alice)).errorCode, 0);
  const { clientSoftwareName } = { clientSoftwareName: 'again' };
  assert.equal(
    (await client.call(ApiKey.ApiVersions, 3, { clientSoftwareName, clientSoftwareVersion: '1' })).errorCode,
    0,
  );
});

test('what comes in the middle of an exchange ends it', async (t) => {
  const start = await saslBroker(t);
  const client = await start.client();
  await handshake(client, 'SCRAM-SHA-256');
  client.send(ApiKey.Metadata, 9, { topics: null });
  await client.closed();
  assert.match(warning(start), /in the middle of the SASL exchange/);
});

test('a mechanism that is not offered is told with those that are', async (t) => {
  const start = await saslBroker(t, { config: { 'sasl.enabled.mechanisms': 'SCRAM-SHA-512,PLAIN' } });
  const client = await start.client();
  const { errorCode, mechanisms: offered } = await client.call(ApiKey.SaslHandshake, 1, { mechanism: 'GSSAPI' });
  assert.deepEqual([errorCode, offered], [ErrorCode.UNSUPPORTED_SASL_MECHANISM, ['SCRAM-SHA-512', 'PLAIN']]);
  await client.closed();
});

test('old clients send the messages of a mechanism without a frame of Kafka (KIP-43)', async (t) => {
  const start = await saslBroker(t);
  const client = await start.client();
  const sized = (bytes: Buffer) => {
    const size = Buffer.alloc(4);
    size.writeInt32BE(bytes.length);
    return Buffer.concat([size, bytes]);
  };
  await handshake(client, 'SCRAM-SHA-256', 0);
  const scram = new ScramClient('SCRAM-SHA-256', 'alice', users.alice);
  client.write(sized(scram.first()));
  client.write(sized(scram.final(await client.nextFrame())));
  assert.ok(scram.isServerRight(await client.nextFrame()));
  await works(client);
  const wrong = await start.client();
  await handshake(wrong, 'PLAIN', 0);
  wrong.write(sized(plainMessage('alice', 'wrong')));
  await wrong.closed();
  assert.equal(wrong.frames.length, 0);
});

test('SASL where there is none to be done gets ILLEGAL_SASL_STATE', async (t) => {
  const plain = await (await testBroker(t)).client();
  const sasl = await (await saslBroker(t, { clock: new ManualClock() })).client();
  await login(sasl, 'PLAIN', 'alice', users.alice);
  // Once it may be renewed at once, then not sooner than after a second.
  await login(sasl, 'PLAIN', 'alice', users.alice);
  for (const client of [plain, sasl]) {
    const { errorCode } = await client.call(ApiKey.SaslHandshake, 1, { mechanism: 'PLAIN' });
    assert.equal(errorCode, ErrorCode.ILLEGAL_SASL_STATE);
    const answer = await client.call(ApiKey.SaslAuthenticate, 2, { authBytes: Buffer.alloc(0) });
    assert.equal(answer.errorCode, ErrorCode.ILLEGAL_SASL_STATE);
    await works(client);
  }
});

test('a failed authentication is told after a while', async (t) => {
  const clock = new ManualClock();
  const start = await saslBroker(t, { clock, config: { 'connection.failed.authentication.delay.ms': 1_000 } });
  const [slow, other] = [await start.client(), await start.client()];
  const answer = login(slow, 'PLAIN', 'alice', 'wrong');
  await login(other, 'PLAIN', 'alice', users.alice);
  await works(other);
  // Sent long before, and still no answer.
  await works(other);
  assert.equal(slow.frames.length, 0);
  clock.advance(1_000);
  assert.equal((await answer).errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED);
  await slow.closed();
});

test('a client that does not authenticate is closed in time', async (t) => {
  const clock = new ManualClock();
  const start = await saslBroker(t, { clock });
  const [silent, half, done] = [await start.client(), await start.client(), await start.client()];
  await handshake(half, 'PLAIN');
  await login(done, 'PLAIN', 'alice', users.alice);
  clock.advance(30_001);
  await Promise.all([silent.closed(), half.closed()]);
  assert.match(warning(start), /did not authenticate within 30000 ms/);
  await works(done);
});

test('the oldest of too many that have not authenticated makes room for the newest', async (t) => {
  const start = await saslBroker(t, { config: { 'headwater.max.unauthenticated.connections': 2 } });
  const [first, second] = [await start.client(), await start.client()];
  await handshake(first, 'PLAIN');
  await handshake(second, 'PLAIN');
  const third = await start.client();
  assert.equal((await login(third, 'PLAIN', 'alice', users.alice)).errorCode, 0);
  await first.closed();
  assert.match(warning(start), /headwater\.max\.unauthenticated\.connections/);
  assert.equal(second.isClosed, false);
});

test('a session that is limited is renewed by the same principal with the same mechanism, or ends', async (t) => {
  const clock = new ManualClock();
  const start = await saslBroker(t, { clock, config: { 'connections.max.reauth.ms': 60_000 } });
  const client = await start.client();
  assert.equal((await login(client, 'SCRAM-SHA-256', 'alice', users.alice)).sessionLifetimeMs, 60_000);
  clock.advance(50_000);
  assert.equal((await login(client, 'SCRAM-SHA-256', 'alice', users.alice)).sessionLifetimeMs, 60_000);
  clock.advance(59_999);
  await works(client);
  const cases = [
    [
      'SCRAM-SHA-256',
      'b=o,b',
      users['b=o,b'],
      'Cannot change principals during re-authentication from User.alice: User.b=o,b',
    ],
    [
      'SCRAM-SHA-256',
      'alice',
      'wrong',
      'Authentication failed during re-authentication due to invalid credentials with SASL mechanism SCRAM-SHA-256',
    ],
  ] as const;
  for (const [mechanism, user, password, message] of cases) {
    const other = await start.client();
    await login(other, 'SCRAM-SHA-256', 'alice', users.alice);
    clock.advance(1_000);
    const { errorCode, errorMessage } = await login(other, mechanism, user, password);
    assert.deepEqual([errorCode, errorMessage], [ErrorCode.SASL_AUTHENTICATION_FAILED, message]);
    await other.closed();
  }
  const other = await start.client();
  await login(other, 'SCRAM-SHA-256', 'alice', users.alice);
  clock.advance(1_000);
  await handshake(other, 'PLAIN');
  other.send(ApiKey.SaslAuthenticate, 2, { authBytes: plainMessage('alice', users.alice) });
  await other.closed();
  const late = await start.client();
  await login(late, 'SCRAM-SHA-256', 'alice', users.alice);
  clock.advance(60_000);
  late.send(ApiKey.ApiVersions, 0, {});
  await late.closed();
  assert.ok(start.lines.some(({ fields }) => /session of User:alice has ended/.test(String(fields['reason']))));
});

test('users come from the JAAS lines of a listener and a mechanism, as in Kafka', async (t) => {
  const line = (module: string, rest: string) => `org.apache.kafka.common.security.${module} required ${rest};`;
  const start = await testBroker(t, {
    config: {
      ...fast,
      listeners: 'INSIDE://127.0.0.1:0,OUTSIDE://127.0.0.1:0',
      'listener.security.protocol.map': 'INSIDE:SASL_PLAINTEXT,OUTSIDE:SASL_PLAINTEXT',
      'listener.name.inside.plain.sasl.jaas.config': line(
        'plain.PlainLoginModule',
        String.raw`username="admin" password="x" user_admin="x" user_carol="a\"b;c"`,
      ),
      'listener.name.outside.scram-sha-512.sasl.jaas.config': line('scram.ScramLoginModule', "user_dave='d'"),
      'listener.name.outside.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    },
  });
  assert.equal(start.lines.filter(({ level }) => level === 'warn').length, 0);
  const inside = await start.client();
  assert.equal((await login(inside, 'PLAIN', 'carol', 'a"b;c')).errorCode, 0);
  const { RawClient } = await import('../../../test/raw-client.ts');
  const outside = await RawClient.connect(start.broker.listeners[1]!);
  t.after(() => outside.close());
  assert.equal((await login(outside, 'SCRAM-SHA-512', 'dave', 'd')).errorCode, 0);
  const mixed = await start.client();
  assert.equal((await login(mixed, 'SCRAM-SHA-512', 'dave', 'd')).errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED);
});

test('settings of SASL that cannot be used are refused without their secrets', async () => {
  const listeners = 'SASL_PLAINTEXT://127.0.0.1:0';
  const wrong: [Record<string, string>, RegExp][] = [
    [{ listeners, 'sasl.enabled.mechanisms': 'GSSAPI' }, /must be one of: PLAIN/],
    [{ listeners, 'sasl.enabled.mechanisms': '' }, /has no mechanism/],
    [{ listeners, 'sasl.jaas.config': 'user_a="hush"' }, /must begin with the class/],
    [{ listeners, 'sasl.jaas.config': 'a.PlainLoginModule required user_a="hush"' }, /a semicolon ends it/],
    [
      {
        listeners,
        'listener.name.sasl_plaintext.plain.sasl.jaas.config': 'a.ScramLoginModule required user_a="hush";',
      },
      /names a\.ScramLoginModule; it must be a PlainLoginModule/,
    ],
  ];
  for (const [config, message] of wrong) {
    await assert.rejects(startBroker({ config }), (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /hush/);
      return true;
    });
  }
  await assert.rejects(
    startBroker({ users, config: { listeners: 'PLAINTEXT://127.0.0.1:0' } }),
    /no listener asks for them/,
  );
});

test('credentials that are altered hold at once, over restarts, and are described', async (t) => {
  const dataDir = await temporaryDir(t);
  const { credentialOf } = await import('./scram.ts');
  const start = await saslBroker(t, { dataDir });
  const admin = await start.client();
  await login(admin, 'PLAIN', 'alice', users.alice);
  const { pbkdf2Sync } = await import('node:crypto');
  const salt = Buffer.from('some salt');
  const upsertion = (name: string, password: string, more = {}) => ({
    name,
    mechanism: 1,
    iterations: 4096,
    salt,
    saltedPassword: pbkdf2Sync(password, salt, 4096, 32, 'sha256'),
    ...more,
  });
  const alter = async (
    upsertions: ReturnType<typeof upsertion>[],
    deletions: { name: string; mechanism: number }[] = [],
  ) => {
    const { results } = await admin.call(ApiKey.AlterUserScramCredentials, 0, { deletions, upsertions });
    return results.map(({ user, errorCode }) => `${user} ${errorCode}`);
  };
  assert.deepEqual(await alter([upsertion('erin', 'e'), upsertion('alice', 'new')]), ['erin 0', 'alice 0']);
  const answerOf = async (user: string, password: string) =>
    (await login(await start.client(), 'SCRAM-SHA-256', user, password)).errorCode;
  assert.deepEqual([await answerOf('erin', 'e'), await answerOf('alice', 'new')], [0, 0]);
  assert.equal(await answerOf('alice', users.alice), ErrorCode.SASL_AUTHENTICATION_FAILED);
  assert.deepEqual(
    await alter(
      [
        upsertion('', 'x'),
        upsertion('few', 'x', { iterations: 4095 }),
        upsertion('many', 'x', { iterations: 16_385 }),
        upsertion('odd', 'x', { mechanism: 9 }),
        upsertion('twice', 'x'),
        upsertion('twice', 'x', { mechanism: 2 }),
      ],
      [
        { name: 'nobody', mechanism: 1 },
        { name: 'b=o,b', mechanism: 1 },
      ],
    ),
    ['nobody 91', 'b=o,b 91', ' 93', 'few 93', 'many 93', 'odd 33', 'twice 92'],
  );
  const described = await admin.call(ApiKey.DescribeUserScramCredentials, 0, {
    users: ['erin', 'nobody', 'zoë', 'zoë'].map((name) => ({ name })),
  });
  assert.deepEqual(
    described.results.map(({ user, errorCode, credentialInfos }) => [user, errorCode, credentialInfos]),
    [
      ['erin', 0, [{ mechanism: 1, iterations: 4096 }]],
      ['nobody', 91, []],
      ['zoë', 92, []],
    ],
  );
  const all = await admin.call(ApiKey.DescribeUserScramCredentials, 0, { users: null });
  assert.deepEqual(all.results.map(({ user }) => user).sort(), ['alice', 'b=o,b', 'erin', 'zoë']);
  await start.broker.restart({ crash: true });
  assert.equal(await answerOf('erin', 'e'), 0);
  const again = await start.client();
  await login(again, 'PLAIN', 'alice', users.alice);
  await again.call(ApiKey.AlterUserScramCredentials, 0, {
    deletions: [{ name: 'erin', mechanism: 1 }],
    upsertions: [],
  });
  assert.equal(await answerOf('erin', 'e'), ErrorCode.SASL_AUTHENTICATION_FAILED);
  assert.equal(
    (await credentialOf({ name: 'SCRAM-SHA-256', type: 1, digest: 'sha256', keyBytes: 32, minIterations: 4096 }, 'x'))
      .storedKey.length,
    32,
  );
});

test('ACLs see who authenticated', async (t) => {
  const start = await saslBroker(t, {
    config: { 'authorizer.class.name': 'x', 'super.users': 'User:alice' },
  });
  const [alice, zoe] = [await start.client(), await start.client()];
  await login(alice, 'SCRAM-SHA-512', 'alice', users.alice);
  await login(zoe, 'PLAIN', 'zoë', users.zoë);
  await createTopic(alice, 'orders');
  assert.equal((await produce(alice, 'orders', batch(['x']))).errorCode, 0);
  assert.equal((await produce(zoe, 'orders', batch(['x']))).errorCode, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  const { errorCode } = await zoe.call(ApiKey.DescribeUserScramCredentials, 0, { users: null });
  assert.equal(errorCode, ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
});
