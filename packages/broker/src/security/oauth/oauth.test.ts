import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ApiKey, ErrorCode } from '@headwater/protocol';
import { type BrokerOptions, ManualClock, startBroker } from '../../../index.ts';
import { testBroker } from '../../../test/fixtures.ts';
import type { RawClient } from '../../../test/raw-client.ts';
import { handshake } from '../../../test/sasl-client.ts';

interface Key {
  kid: string;
  alg: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keyOf = (kid: string, alg: string, pair: { privateKey: KeyObject; publicKey: KeyObject }): Key => ({
  kid,
  alg,
  ...pair,
});

function token(key: Key, claims: object, header: object = {}): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header })}.${part(claims)}`;
  const digest = key.alg === 'EdDSA' ? null : `sha${key.alg.slice(2)}`;
  const pss = key.alg.startsWith('PS') ? { padding: 6, saltLength: -1 } : {};
  const bytes = sign(digest, Buffer.from(text), { key: key.privateKey, dsaEncoding: 'ieee-p1363', ...pss });
  return `${text}.${bytes.toString('base64url')}`;
}

/** An issuer as OpenID Connect has it; `keys` is what it publishes now. */
async function issuer(t: TestContext, keys: Key[]) {
  const state = { url: '', keys, fetches: 0, status: 200 };
  const server = createServer((request, response) => {
    const isKeys = request.url === '/keys';
    if (isKeys) state.fetches++;
    const jwks = state.keys.map(({ kid, alg, publicKey }) => ({
      ...publicKey.export({ format: 'jwk' }),
      kid,
      alg,
      use: 'sig',
    }));
    response.writeHead(isKeys ? state.status : 200, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(isKeys ? { keys: jwks } : { issuer: state.url, jwks_uri: `${state.url}/keys` }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return state;
}

const seconds = (ms: number) => Math.floor(ms / 1_000);

async function show(client: RawClient, text: string, authorizationId = '') {
  await handshake(client, 'OAUTHBEARER');
  const header = authorizationId === '' ? 'n,,' : `n,a=${authorizationId},`;
  const authBytes = Buffer.from(`${header}\x01auth=Bearer ${text}\x01traceId=123\x01\x01`);
  const answer = await client.call(ApiKey.SaslAuthenticate, 2, { authBytes });
  if (answer.authBytes.length === 0) return answer;
  assert.equal(answer.authBytes.toString(), '{"status":"invalid_token"}');
  return client.call(ApiKey.SaslAuthenticate, 2, { authBytes: Buffer.from([1]) });
}

async function oauthBroker(t: TestContext, keys: Key[], options: BrokerOptions = {}) {
  const from = await issuer(t, keys);
  const start = await testBroker(t, {
    oauth: { issuer: from.url, audience: ['kafka', 'shop'] },
    ...options,
    config: { 'connection.failed.authentication.delay.ms': 0, ...options.config },
  });
  const nowS = () => seconds(options.clock?.now() ?? Date.now());
  const claims = (more: object = {}) => ({
    iss: from.url,
    aud: 'kafka',
    sub: 'alice',
    iat: nowS(),
    exp: nowS() + 300,
    scope: 'a b',
    ...more,
  });
  const errorOf = async (text: string, authorizationId?: string) => {
    const { errorCode, errorMessage } = await show(await start.client(), text, authorizationId);
    return errorCode === 0 ? null : errorMessage;
  };
  const reason = () => String(start.lines.filter(({ level }) => level === 'warn').at(-1)?.fields['reason']);
  return { ...start, from, claims, errorOf, reason };
}

const invalid = '{"status":"invalid_token"}';

test('tokens of every algorithm that is safe are taken, and the session ends with the token', async (t) => {
  const keys = [
    keyOf('rs', 'RS256', rsa),
    keyOf('ps', 'PS384', rsa),
    keyOf('es', 'ES256', ec('prime256v1')),
    keyOf('es5', 'ES512', ec('secp521r1')),
    keyOf('ed', 'EdDSA', generateKeyPairSync('ed25519')),
  ];
  const clock = new ManualClock();
  const { claims, client, from, reason } = await oauthBroker(t, keys, { clock });
  for (const key of keys) {
    const { errorCode, sessionLifetimeMs } = await show(await client(), token(key, claims()), 'alice');
    assert.equal(errorCode, 0, `${key.alg}: ${reason()}`);
    assert.ok(sessionLifetimeMs > 299_000 && sessionLifetimeMs <= 300_000, String(sessionLifetimeMs));
  }
  assert.equal(from.fetches, 1);
  const holder = await client();
  await show(holder, token(keys[0]!, claims()));
  clock.advance(301_000);
  holder.send(ApiKey.ApiVersions, 0, {});
  await holder.closed();
  assert.match(reason(), /session of User:alice has ended/);
});

test('what is wrong with a token is in the log, and not told to who shows it', async (t) => {
  const key = keyOf('es', 'ES256', ec('prime256v1'));
  const clock = new ManualClock();
  const { claims, errorOf, reason } = await oauthBroker(t, [key], { clock });
  const nowS = seconds(clock.now());
  const good = token(key, claims());
  assert.equal(await errorOf(good), null, reason());
  assert.equal(await errorOf(token(key, claims({ aud: ['other', 'shop'] }))), null);
  // Within the clock skew.
  assert.equal(await errorOf(token(key, claims({ exp: nowS - 10 }))), null);
  const [head, body] = good.split('.');
  const other = keyOf('es', 'ES256', ec('prime256v1'));
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  const wrong: [() => string, RegExp][] = [
    [() => token(key, claims({ exp: nowS - 60 })), /the token ended \d+ s ago/],
    [() => token(key, claims({ nbf: nowS + 1_000 })), /begins later/],
    [() => token(key, claims({ exp: undefined })), /no exp or no iat/],
    [() => token(key, claims({ iss: 'https://elsewhere' })), /of issuer "https:\/\/elsewhere"/],
    [() => token(key, claims({ aud: 'other' })), /is for \["other"\], not for kafka or shop/],
    [() => token(key, claims({ sub: ' ' })), /no sub/],
    [() => token(key, claims({ scope: 7 })), /scope is neither/],
    [() => token(other, claims()), /signature of the token is wrong/],
    [() => token({ ...key, kid: 'gone' }, claims()), /no key gone for ES256/],
    [() => `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`, /signature of the token is wrong/],
    [() => `${none}.${body}.`, /no signed JWT/],
    [() => `${none}.${body}.x`, /signed with none; allowed are RS256/],
    [() => token(key, claims(), { alg: 'HS256' }), /signed with HS256/],
    [() => token(key, claims(), { alg: 'RS256' }), /no key es for RS256/],
    [() => token(key, claims(), { crit: ['b64'] }), /critical headers/],
    [() => 'e30.e30.e30', /signed with undefined/],
    [() => 'abc', /no signed JWT/],
  ];
  for (const [text, message] of wrong) {
    // The log takes so many lines in a while.
    clock.advance(11_000);
    assert.equal(await errorOf(text()), invalid);
    assert.match(reason(), message);
  }
  assert.match((await errorOf(token(key, claims()), 'bob'))!, /authorization id \(bob\) that is different/);
});

test('keys that change are found, and the issuer is not asked more often than need be', async (t) => {
  const [first, second] = [keyOf('1', 'ES256', ec('prime256v1')), keyOf('2', 'ES256', ec('prime256v1'))];
  const clock = new ManualClock();
  const { claims, errorOf, from } = await oauthBroker(t, [first], { clock });
  await Promise.all(Array.from({ length: 20 }, async () => assert.equal(await errorOf(token(first, claims())), null)));
  assert.equal(from.fetches, 1, 'all share one fetch');
  from.keys = [second];
  for (let tries = 0; tries < 20; tries++) assert.equal(await errorOf(token(second, claims())), invalid);
  assert.equal(from.fetches, 1, 'ids that nobody knows do not make it ask');
  clock.advance(10_000);
  assert.equal(await errorOf(token(second, claims())), null);
  assert.equal(await errorOf(token(first, claims())), invalid);
  assert.equal(from.fetches, 2);
  from.status = 503;
  clock.advance(3_600_000);
  assert.equal(await errorOf(token(second, claims())), null, 'good keys stay good while the issuer is away');
});

test('an issuer that is away lets nobody in, and is asked again', async (t) => {
  const key = keyOf('1', 'ES256', ec('prime256v1'));
  const clock = new ManualClock();
  const { claims, errorOf, from, lines } = await oauthBroker(t, [key], { clock });
  from.status = 500;
  assert.equal(await errorOf(token(key, claims())), invalid);
  const told = (what: RegExp) => assert.ok(lines.some(({ fields }) => what.test(String(fields['reason']))));
  told(/^OAUTHBEARER: the keys of the issuer cannot be read: .*answered 500/);
  told(/^http.* answered 500$/);
  assert.equal(await errorOf(token(key, claims())), invalid);
  assert.equal(from.fetches, 1, 'there is a wait between tries');
  from.status = 200;
  clock.advance(100);
  assert.equal(await errorOf(token(key, claims())), null);
});

test('the claim of the name, and passwords beside tokens', async (t) => {
  const key = keyOf('1', 'ES256', ec('prime256v1'));
  const from = await issuer(t, [key]);
  const start = await testBroker(t, {
    users: { bob: 'b' },
    oauth: { issuer: from.url, nameClaim: 'preferred_username', jwksUrl: `${from.url}/keys` },
    config: { 'authorizer.class.name': 'acls', 'super.users': 'User:ada' },
  });
  const nowS = seconds(Date.now());
  const client = await start.client();
  const text = token(key, { iss: from.url, preferred_username: 'ada', iat: nowS, exp: nowS + 60 });
  assert.equal((await show(client, text)).errorCode, 0);
  const { errorCode } = await client.call(ApiKey.DescribeUserScramCredentials, 0, { users: null });
  assert.equal(errorCode, 0, 'the token makes a super user');
  const { mechanisms } = await (await start.client()).call(ApiKey.SaslHandshake, 1, { mechanism: 'x' });
  assert.deepEqual(mechanisms, ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER']);
  const odd = await start.client();
  await handshake(odd, 'OAUTHBEARER');
  const answer = await odd.call(ApiKey.SaslAuthenticate, 2, { authBytes: Buffer.from('n,,auth=Bearer x') });
  assert.equal(answer.errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED);
});

test('OAUTHBEARER without an issuer is refused with what to set', async () => {
  const config = { listeners: 'SASL_PLAINTEXT://127.0.0.1:0', 'sasl.enabled.mechanisms': 'OAUTHBEARER' };
  const mores: Record<string, string>[] = [{}, { 'sasl.oauthbearer.expected.issuer': 'ftp://x' }];
  for (const more of mores) {
    await assert.rejects(startBroker({ config: { ...config, ...more } }), {
      code: 'HW_BROKER_CONFIG',
      message: /set sasl\.oauthbearer\.jwks\.endpoint\.url/,
    });
  }
});
