import assert from 'node:assert/strict';
import { createHmac, createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { startTestIssuer } from '../testing/index.ts';
import { TokenError, type TokenErrorCode } from './token-error.ts';
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts';

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

async function refused(verifier: TokenVerifier, token: string, code: TokenErrorCode): Promise<TokenError> {
  const error = await verifier.verify(token).then(
    () => assert.fail(`taken, not refused with ${code}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof TokenError, String(error));
  assert.equal(error.code, code, error.message);
  assert.ok(!error.message.includes(token.slice(0, 40)) || token.length < 40, 'the message holds the token');
  return error;
}

test('a good token says who it speaks for, in the words of Keycloak', async () => {
  await using issuer = await startTestIssuer();
  const verifier = createTokenVerifier({ issuer: issuer.issuer, audience: 'headwater' });
  const token = await issuer.token({
    typ: 'Bearer',
    sub: 'f81d4fae',
    azp: 'headwater-web',
    preferred_username: 'grace',
    scope: 'openid  profile',
    realm_access: { roles: ['viewer', 'admin'] },
    resource_access: { account: { roles: ['manage'] }, odd: 3 },
    aud: ['account', 'headwater'],
  });
  const principal = await verifier.verify(token);
  assert.equal(principal.subject, 'f81d4fae');
  assert.equal(principal.name, 'grace');
  assert.equal(principal.clientId, 'headwater-web');
  assert.deepEqual(principal.roles, ['viewer', 'admin', 'account:manage']);
  assert.deepEqual(principal.scopes, ['openid', 'profile']);
  assert.equal(principal.expiresAtMs, Number(principal.claims['exp']) * 1_000);
  assert.equal(verifier.peek(token), principal);
});

test('roles are taken from where the configuration says, a claim with dots in its name too', async () => {
  await using issuer = await startTestIssuer();
  const roleClaims = ['groups', 'https://example.org/roles', 'a.b'];
  const verifier = createTokenVerifier({ issuer: issuer.issuer, roleClaims });
  const claims = { groups: ['/ops'], 'https://example.org/roles': 'x y', a: { b: ['z', 4] }, roles: ['not-asked-for'] };
  const { roles } = await verifier.verify(await issuer.token(claims));
  assert.deepEqual(roles, ['/ops', 'x', 'y', 'z']);
});

test('a service is known by its client id', async () => {
  await using issuer = await startTestIssuer();
  const verifier = createTokenVerifier({ issuer: issuer.issuer });
  const principal = await verifier.verify(await issuer.token({ sub: undefined, client_id: 'tweets', scp: ['a', 'b'] }));
  assert.deepEqual([principal.subject, principal.name, principal.scopes], ['tweets', 'tweets', ['a', 'b']]);
  await refused(verifier, await issuer.token({ sub: undefined }), 'HW_AUTH_CLAIMS');
});

test('time, issuer and audience are checked, and the challenge is that of RFC 6750', async () => {
  await using issuer = await startTestIssuer();
  let nowMs = Date.now();
  const verifier = createTokenVerifier({ issuer: issuer.issuer, audience: ['headwater', 'other'], now: () => nowMs });
  const token = await issuer.token({}, { expiresInSeconds: 60 });
  await verifier.verify(token);
  nowMs += 64_000;
  await verifier.verify(token);
  nowMs += 2_000;
  assert.equal(verifier.peek(token), undefined);
  const error = await refused(verifier, token, 'HW_AUTH_EXPIRED');
  assert.equal(error.status, 401);
  assert.equal(
    error.wwwAuthenticate,
    'Bearer realm="headwater", error="invalid_token", error_description="the token has expired"',
  );
  const soon = Math.floor(nowMs / 1_000) + 30;
  const fresh = { nowMs };
  await refused(verifier, await issuer.token({ nbf: soon }, fresh), 'HW_AUTH_NOT_YET');
  await refused(verifier, await issuer.token({ iss: `${issuer.issuer}/` }, fresh), 'HW_AUTH_ISSUER');
  await refused(verifier, await issuer.token({ iss: undefined }, fresh), 'HW_AUTH_ISSUER');
  await refused(verifier, await issuer.token({ aud: ['account'] }, fresh), 'HW_AUTH_AUDIENCE');
  await refused(verifier, await issuer.token({ aud: undefined }, fresh), 'HW_AUTH_AUDIENCE');
  await refused(verifier, await issuer.token({ exp: undefined }, fresh), 'HW_AUTH_CLAIMS');
  await refused(verifier, await issuer.token({ exp: '2999' }, fresh), 'HW_AUTH_CLAIMS');
});

test('no algorithm, and a public key used as a shared secret, are refused', async () => {
  await using issuer = await startTestIssuer({ algorithm: 'RS256' });
  const verifier = createTokenVerifier({ issuer: issuer.issuer });
  const good = await issuer.token();
  await verifier.verify(good);
  const [, payload] = good.split('.') as [string, string, string];
  for (const alg of ['none', 'None', 'NONE', ''])
    for (const signature of ['', 'AAAA']) {
      const { code } = await verifier.verify(`${encode({ alg, typ: 'JWT' })}.${payload}.${signature}`).catch((e) => e);
      assert.match(code, /HW_AUTH_(ALGORITHM|MALFORMED)/, `alg ${alg}`);
    }
  const pem = createPublicKey({ key: issuer.publicKey as never, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  });
  for (const secret of [pem, JSON.stringify(issuer.publicKey), String(issuer.publicKey.n)]) {
    const head = `${encode({ alg: 'HS256', typ: 'JWT', kid: 'key-1' })}.${payload}`;
    const mac = createHmac('sha256', secret).update(head).digest('base64url');
    await refused(verifier, `${head}.${mac}`, 'HW_AUTH_ALGORITHM');
  }
  assert.throws(
    () => createTokenVerifier({ issuer: issuer.issuer, algorithms: ['RS256', 'HS256'] }),
    (error: TokenError) => error.code === 'HW_AUTH_CONFIG',
  );
});

test('keys that the token brings along or points at count for nothing', async () => {
  await using issuer = await startTestIssuer();
  await using foreign = await startTestIssuer();
  const verifier = createTokenVerifier({ issuer: issuer.issuer });
  const own = await generateKeyPair('ES256', { extractable: true });
  const jwk = (await exportJWK(own.publicKey)) as JWK;
  const claims = { iss: issuer.issuer, sub: 'mallory', exp: Math.floor(Date.now() / 1_000) + 300 };
  const forge = (header: Record<string, unknown>): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', ...header }).sign(own.privateKey);
  for (const header of [
    { kid: 'key-1', jwk },
    { jwk },
    { kid: 'key-1', jku: `${foreign.issuer}/keys` },
    { kid: 'key-1', x5u: `${foreign.issuer}/keys` },
    { kid: 'key-1' },
  ])
    await refused(verifier, await forge(header), 'HW_AUTH_SIGNATURE');
  await refused(verifier, await forge({ kid: '../../etc/passwd' }), 'HW_AUTH_KEY');
  assert.deepEqual(foreign.requests, {});
});

test('what is not understood is refused: crit, an unencoded payload, changed and broken tokens, long ones', async () => {
  await using issuer = await startTestIssuer();
  const verifier = createTokenVerifier({ issuer: issuer.issuer });
  const good = await issuer.token();
  const [head, payload, signature] = good.split('.') as [string, string, string];
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  await refused(verifier, `${head}.${encode({ ...claims, sub: 'root' })}.${signature}`, 'HW_AUTH_SIGNATURE');
  const critical = encode({ alg: 'ES256', kid: 'key-1', crit: ['exp2'], exp2: 1 });
  await refused(verifier, `${critical}.${payload}.${signature}`, 'HW_AUTH_MALFORMED');
  const unencoded = encode({ alg: 'ES256', kid: 'key-1', crit: ['b64'], b64: false });
  assert.match((await verifier.verify(`${unencoded}.${payload}.${signature}`).catch((e) => e)).code, /^HW_AUTH_/);
  for (const broken of ['', '.', '..', 'a.b.c', `${head}.${payload}`, `${good}.x`, 'null'])
    await refused(verifier, broken, 'HW_AUTH_MALFORMED');
  await refused(verifier, `${head}..${signature}`, 'HW_AUTH_SIGNATURE');
  await refused(verifier, `${head}.${encode([1])}.${signature}`, 'HW_AUTH_SIGNATURE');
  await refused(verifier, 'a'.repeat(16_385), 'HW_AUTH_TOO_LARGE');
});

test('only access tokens are taken: no ID, refresh or logout token, none that is bound to a key', async () => {
  await using issuer = await startTestIssuer();
  const verifier = createTokenVerifier({ issuer: issuer.issuer });
  for (const typ of ['ID', 'Refresh', 'Offline', 'Logout', 'DPoP', 'Bogus'])
    await refused(verifier, await issuer.token({ typ }), 'HW_AUTH_TYPE');
  for (const typ of ['logout+jwt', 'dpop+jwt', 'id+jwt', 'JOSE', 7])
    await refused(verifier, await issuer.token({}, { header: { typ } }), 'HW_AUTH_TYPE');
  await refused(verifier, await issuer.token({ nonce: 'n' }), 'HW_AUTH_TYPE');
  await refused(verifier, await issuer.token({ at_hash: 'h' }), 'HW_AUTH_TYPE');
  await refused(verifier, await issuer.token({ events: {} }), 'HW_AUTH_TYPE');
  await refused(verifier, await issuer.token({ cnf: { jkt: 'x' } }), 'HW_AUTH_TYPE');
  await verifier.verify(await issuer.token({}, { header: { typ: 'at+jwt' } }));
  await verifier.verify(await issuer.token({}, { header: { typ: 'application/at+JWT' } }));
  await verifier.verify(await issuer.token({}, { header: { typ: undefined } }));
  await verifier.verify(await issuer.token({ typ: 'Bearer', nonce: 'as old Keycloaks have it' }));
});

test('a new key is fetched when a token names it; unknown keys do not make the issuer be asked again and again', async () => {
  await using issuer = await startTestIssuer();
  let nowMs = Date.now();
  const verifier = createTokenVerifier({ issuer: issuer.issuer, now: () => nowMs });
  const keysPath = '/realms/test/keys';
  const old = await issuer.token();
  await Promise.all(Array.from({ length: 20 }, () => verifier.verify(old)));
  assert.equal(issuer.requests[keysPath], 1);
  await issuer.rotate({ keepOld: true });
  const fresh = await issuer.token();
  await Promise.all(Array.from({ length: 20 }, () => verifier.verify(fresh)));
  await verifier.verify(old);
  assert.equal(issuer.requests[keysPath], 2);
  for (let i = 0; i < 50; i++)
    await refused(verifier, await issuer.token({}, { header: { kid: `no-${i}` } }), 'HW_AUTH_KEY');
  assert.equal(issuer.requests[keysPath], 2);
  nowMs += 10_000;
  await refused(verifier, await issuer.token({}, { header: { kid: 'no' } }), 'HW_AUTH_KEY');
  assert.equal(issuer.requests[keysPath], 3);
});

test('a key that is taken back takes its tokens with it, also those that were verified before', async () => {
  await using issuer = await startTestIssuer();
  const verifier = createTokenVerifier({ issuer: issuer.issuer });
  const old = await issuer.token();
  await verifier.verify(old);
  await issuer.rotate();
  await verifier.verify(await issuer.token());
  assert.equal(verifier.peek(old), undefined);
  await refused(verifier, old, 'HW_AUTH_KEY');
});

test('keys are refreshed by age beside their use', async () => {
  await using issuer = await startTestIssuer();
  let nowMs = Date.now();
  const verifier = createTokenVerifier({ issuer: issuer.issuer, now: () => nowMs, keyMaxAgeMs: 1_000 });
  const old = await issuer.token({}, { expiresInSeconds: 3_600 });
  await verifier.verify(old);
  await issuer.rotate();
  nowMs += 1_000;
  // Served still by the key that is held, while the new ones are fetched.
  assert.ok(verifier.peek(old));
  while (verifier.peek(old) !== undefined) await new Promise((resolve) => setTimeout(resolve, 2));
  await refused(verifier, old, 'HW_AUTH_KEY');
});

test('an issuer that is down: what is known goes on, a start without keys is 503, and it heals', async () => {
  await using issuer = await startTestIssuer();
  let nowMs = Date.now();
  const warm = createTokenVerifier({ issuer: issuer.issuer, now: () => nowMs });
  const cold = createTokenVerifier({ issuer: issuer.issuer, now: () => nowMs });
  const first = await issuer.token({}, { expiresInSeconds: 7_200 });
  const second = await issuer.token({ sub: 'bob' }, { expiresInSeconds: 7_200 });
  await warm.verify(first);
  await issuer.down();
  nowMs += 3_600_000;
  assert.equal((await warm.verify(first)).subject, 'ada');
  assert.equal((await warm.verify(second)).subject, 'bob');
  const unknownKey = await issuer.token({}, { header: { kid: 'new' }, nowMs });
  assert.equal((await refused(warm, unknownKey, 'HW_AUTH_ISSUER_DOWN')).status, 503);
  const error = await refused(cold, first, 'HW_AUTH_ISSUER_DOWN');
  assert.deepEqual([error.status, error.wwwAuthenticate], [503, '']);
  await issuer.up();
  // Within a second of the failure nobody asks again.
  await refused(cold, first, 'HW_AUTH_ISSUER_DOWN');
  nowMs += 1_000;
  assert.equal((await cold.verify(first)).subject, 'ada');
});

test('an issuer that describes itself as another is not believed', async () => {
  await using issuer = await startTestIssuer();
  const verifier = createTokenVerifier({ issuer: `${issuer.issuer}/` });
  const error = await refused(verifier, await issuer.token(), 'HW_AUTH_ISSUER_DOWN');
  assert.match(error.message, /describes the issuer/);
  const direct = createTokenVerifier({ issuer: 'https://id.example.org', jwksUrl: `${issuer.issuer}/keys` });
  await direct.verify(await issuer.token({ iss: 'https://id.example.org' }));
});

test('a token that does not name its key is tried with those that fit', async () => {
  await using issuer = await startTestIssuer();
  const old = await issuer.token({}, { header: { kid: undefined } });
  await issuer.rotate({ keepOld: true });
  const fresh = await issuer.token({}, { header: { kid: undefined } });
  const verifier = createTokenVerifier({ issuer: issuer.issuer });
  await verifier.verify(fresh);
  await verifier.verify(old);
  await refused(verifier, `${old.slice(0, -8)}AAAAAAAA`, 'HW_AUTH_SIGNATURE');
});

test('the cache is bounded: the token used longest ago goes', async () => {
  await using issuer = await startTestIssuer();
  const verifier = createTokenVerifier({ issuer: issuer.issuer, maxCachedTokens: 2 });
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((sub) => issuer.token({ sub })));
  await verifier.verify(a!);
  await verifier.verify(b!);
  verifier.peek(a!);
  await verifier.verify(c!);
  assert.deepEqual(
    [a, b, c].map((token) => verifier.peek(token!)?.subject),
    ['a', undefined, 'c'],
  );
});

test('a logout token says whose sessions end, and nothing else passes for one', async () => {
  await using issuer = await startTestIssuer();
  const verifier = createTokenVerifier({ issuer: issuer.issuer, audience: 'headwater' });
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const typ = { header: { typ: 'logout+jwt' } };
  const good = { aud: 'headwater-web', events, sid: 's-1' };
  const notice = await verifier.verifyLogout(await issuer.token(good, typ), 'headwater-web');
  assert.deepEqual(notice, { subject: 'ada', sessionId: 's-1' });
  for (const wrong of [
    { ...good, aud: 'headwater' },
    { ...good, events: undefined },
    { ...good, events: { other: {} } },
    { ...good, nonce: 'n' },
    { ...good, sub: undefined, sid: undefined },
  ])
    await assert.rejects(
      async () => verifier.verifyLogout(await issuer.token(wrong, typ), 'headwater-web'),
      TokenError,
    );
  await refused(verifier, await issuer.token(good, typ), 'HW_AUTH_AUDIENCE');
});
