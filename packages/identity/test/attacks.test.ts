import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { CompactSign, SignJWT } from 'jose';
import { BrowserSession, codeRequest, exchange, formsOf, loginForCode } from './support/browser-session.ts';
import {
  claimsOf,
  endpoint,
  passwordForm,
  post,
  problem,
  serviceBasic,
  startTarget,
  type Target,
  tokenRequest,
  tokens,
} from './support/target.ts';

// What an attacker tries at an OpenID provider (RFC 9700, RFC 6819); on the identity server or on a real Keycloak.
let target: Target;
before(async () => {
  target = await startTarget();
});
after(async () => {
  await target?.close();
});

const onlyHere =
  process.env['HEADWATER_KEYCLOAK_URL'] === undefined ? false : 'the guard is of this server: Keycloak has others';

async function userinfo(token: string): Promise<number> {
  return (await fetch(endpoint(target.issuer, 'userinfo'), { headers: { authorization: `Bearer ${token}` } })).status;
}

async function newCode(changes: Record<string, string | undefined> = {}) {
  const request = codeRequest(target.issuer, changes);
  const back = await loginForCode(new BrowserSession(target.issuer), request);
  return { request, back, code: back.searchParams.get('code') ?? '' };
}

test('a redirect to an address that is not registered is refused on the spot, never followed', async () => {
  const attempts = [
    'https://evil.example/callback',
    'http://127.0.0.1.evil.example:5555/',
    'http://127.0.0.1:5555@evil.example/',
    'http://localhost.evil.example:80/',
    '//evil.example/',
    'javascript:alert(1)',
    'http://127.0.0.1:5555/callback#fragment',
    'http://user:password@127.0.0.1:5555/',
  ];
  for (const redirect of attempts) {
    const visit = await new BrowserSession(target.issuer).visit(
      codeRequest(target.issuer, { redirect_uri: redirect }).url,
    );
    // Keycloak takes user information in front of a registered loopback address, and a fragment, which it cuts off.
    if (target.isKeycloak && /user:password|#/.test(redirect)) continue;
    assert.equal(visit.status, 400, redirect);
    assert.ok(visit.url.startsWith(target.issuer), `${redirect} led to ${visit.url}`);
    assert.ok(!visit.text.includes('type="password"'), redirect);
  }
});

test('no redirect address, no client, an unknown client: told on our own page', async () => {
  for (const changes of [{ redirect_uri: undefined }, { client_id: undefined }, { client_id: 'nobody' }]) {
    const visit = await new BrowserSession(target.issuer).visit(codeRequest(target.issuer, changes).url);
    assert.ok(visit.status >= 400, JSON.stringify(changes));
    assert.ok(visit.url.startsWith(target.issuer));
  }
});

test('a code is for one use: the second ends the tokens of the first', async () => {
  const { request, code } = await newCode();
  const first = await tokens(tokenRequest(target.issuer, exchange(request, code)));
  assert.equal(await userinfo(first.access_token), 200);
  const again = await problem(tokenRequest(target.issuer, exchange(request, code)));
  assert.deepEqual(again, { status: 400, error: 'invalid_grant' });
  assert.equal(await userinfo(first.access_token), 401);
  const refresh = { grant_type: 'refresh_token', client_id: 'headwater-web', refresh_token: first.refresh_token! };
  assert.equal((await problem(tokenRequest(target.issuer, refresh))).error, 'invalid_grant');
});

test('PKCE: demanded, S256 only, and the verifier must be the one', async () => {
  const without = { code_challenge: undefined, code_challenge_method: undefined };
  for (const changes of [without, { code_challenge_method: 'plain' }, { code_challenge_method: undefined }]) {
    const visit = await new BrowserSession(target.issuer).visit(codeRequest(target.issuer, changes).url);
    const back = new URL(visit.url);
    assert.equal(back.searchParams.get('error'), 'invalid_request', JSON.stringify(changes));
    assert.equal(back.searchParams.get('code'), null);
    assert.equal(back.searchParams.get('iss'), target.issuer);
  }
  for (const verifier of [undefined, 'x'.repeat(43), '']) {
    const { request, code } = await newCode();
    const form: Record<string, string> = exchange(request, code);
    delete form['code_verifier'];
    if (verifier !== undefined) form['code_verifier'] = verifier;
    assert.equal((await problem(tokenRequest(target.issuer, form))).status, 400);
  }
});

test('a code is good for its own client and its own redirect address', async () => {
  const one = await newCode();
  const form = exchange(one.request, one.code);
  const { client_id: _, ...withoutClient } = form;
  assert.ok((await tokenRequest(target.issuer, withoutClient, serviceBasic)).status >= 400);
  const two = await newCode();
  const moved = { ...exchange(two.request, two.code), redirect_uri: 'http://127.0.0.1:5555/other' };
  assert.deepEqual(await problem(tokenRequest(target.issuer, moved)), { status: 400, error: 'invalid_grant' });
});

test('tokens that are forged: alg none, HS256 with the public key, another key, changed, over, of another issuer', async () => {
  const { access_token: good } = await tokens(tokenRequest(target.issuer, passwordForm));
  const claims = claimsOf(good);
  const header = JSON.parse(Buffer.from(good.split('.')[0]!, 'base64url').toString()) as { kid: string };
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const keys = (await (await fetch(endpoint(target.issuer, 'certs'))).json()) as {
    keys: { kid: string; n: string; e: string; kty: string }[];
  };
  const jwk = keys.keys.find(({ kid }) => kid === header.kid)!;
  const { createPublicKey } = await import('node:crypto');
  const pem = createPublicKey({ key: jwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' }) as string;
  const unsigned = `${part({ alg: 'HS256', typ: 'JWT', kid: header.kid })}.${part(claims)}`;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const signed = (payload: object) =>
    new CompactSign(Buffer.from(JSON.stringify(payload)))
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: header.kid })
      .sign(privateKey);
  const embedded = await new SignJWT(claims as never)
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', jwk: { kty: 'RSA', n: jwk.n, e: jwk.e } } as never)
    .sign(privateKey);
  const forged = [
    `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`,
    `${part({ alg: 'None', typ: 'JWT', kid: header.kid })}.${part(claims)}.`,
    `${unsigned}.${createHmac('sha256', pem).update(unsigned).digest('base64url')}`,
    await signed(claims),
    await signed({ ...claims, iss: 'https://evil.example' }),
    embedded,
    [good.split('.')[0], part({ ...claims, realm_access: { roles: ['admin'] } }), good.split('.')[2]].join('.'),
    `${good.slice(0, -8)}AAAAAAAA`,
    `${good}.x`,
    good.split('.').slice(0, 2).join('.'),
  ];
  for (const token of forged) assert.equal(await userinfo(token), 401, token.slice(0, 60));
  assert.equal(await userinfo(good), 200);
});

test('a token that is over is refused', async () => {
  const clientId = `short-${Date.now()}`;
  const made = await target.admin('POST', '/clients', {
    clientId,
    publicClient: true,
    directAccessGrantsEnabled: true,
    attributes: { 'access.token.lifespan': '1' },
  });
  assert.equal(made.status, 201);
  const { access_token: token, expires_in: seconds } = await tokens(
    tokenRequest(target.issuer, { ...passwordForm, client_id: clientId }),
  );
  assert.equal(seconds, 1);
  while ((await userinfo(token)) === 200) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(await userinfo(token), 401);
});

test('an ID token and a refresh token are no access tokens', async () => {
  const answer = await tokens(tokenRequest(target.issuer, passwordForm));
  assert.equal(await userinfo(answer.id_token!), 401);
  assert.equal(await userinfo(answer.refresh_token!), 401);
});

test('refresh: a scope that was not given is not got', async () => {
  const answer = await tokens(tokenRequest(target.issuer, { ...passwordForm, scope: 'profile' }));
  const form = { grant_type: 'refresh_token', client_id: 'headwater-web', refresh_token: answer.refresh_token! };
  const wider = await tokenRequest(target.issuer, { ...form, scope: 'openid phone' });
  if (wider.status === 200) {
    const got = await tokens(wider);
    assert.ok(!got.scope.includes('phone') && got.id_token === undefined, got.scope);
  } else assert.equal((await problem(wider)).error, 'invalid_scope');
});

test('refresh tokens are used once: a second use ends the session of both', async () => {
  if (target.isKeycloak) await target.admin('PUT', '', { revokeRefreshToken: true, refreshTokenMaxReuse: 0 });
  try {
    const first = await tokens(tokenRequest(target.issuer, passwordForm));
    const form = { grant_type: 'refresh_token', client_id: 'headwater-web', refresh_token: first.refresh_token! };
    const second = await tokens(tokenRequest(target.issuer, form));
    assert.notEqual(second.refresh_token, first.refresh_token);
    assert.deepEqual(await problem(tokenRequest(target.issuer, form)), { status: 400, error: 'invalid_grant' });
    const mine = await tokenRequest(target.issuer, { ...form, refresh_token: second.refresh_token! });
    assert.deepEqual(await problem(mine), { status: 400, error: 'invalid_grant' });
    assert.equal(await userinfo(second.access_token), 401);
  } finally {
    if (target.isKeycloak) await target.admin('PUT', '', { revokeRefreshToken: false });
  }
});

test('parameters that are there twice are refused', async () => {
  const twice = 'grant_type=client_credentials&grant_type=password';
  assert.equal((await problem(tokenRequest(target.issuer, twice, serviceBasic))).status, 400);
  const { url } = codeRequest(target.issuer);
  const visit = await new BrowserSession(target.issuer).visit(`${url}&redirect_uri=https%3A%2F%2Fevil.example%2F`);
  assert.ok(!visit.url.includes('evil.example/?') && !visit.text.includes('type="password"'), visit.url);
});

test('a body that is too large, of another type, or no form at all, is refused', async () => {
  const large = await tokenRequest(target.issuer, `grant_type=password&x=${'a'.repeat(200_000)}`).catch(
    () => undefined,
  );
  // Keycloak takes a large body, and says what else is wrong.
  assert.ok(large === undefined || large.status >= 400);
  const json = await fetch(endpoint(target.issuer, 'token'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...serviceBasic },
    body: '{"grant_type":"client_credentials"}',
  });
  assert.ok(json.status >= 400 && json.status < 500);
  const get = await fetch(`${endpoint(target.issuer, 'token')}?grant_type=client_credentials`, {
    headers: serviceBasic,
  });
  assert.ok(get.status >= 400 && get.status < 500);
});

test('logout goes nowhere that is not registered', async () => {
  const browser = new BrowserSession(target.issuer);
  const request = codeRequest(target.issuer);
  const back = await loginForCode(browser, request);
  const { id_token: hint } = await tokens(
    tokenRequest(target.issuer, exchange(request, back.searchParams.get('code')!)),
  );
  for (const params of [
    { id_token_hint: hint!, post_logout_redirect_uri: 'https://evil.example/' },
    { client_id: 'headwater-web', post_logout_redirect_uri: 'https://evil.example/' },
    { post_logout_redirect_uri: 'https://evil.example/' },
    { post_logout_redirect_uri: 'http://127.0.0.1:5555@evil.example/', client_id: 'headwater-web' },
  ]) {
    const visit = await browser.visit(`${endpoint(target.issuer, 'logout')}?${new URLSearchParams(params as never)}`);
    assert.ok(visit.url.startsWith(target.issuer), visit.url);
  }
});

test('a page cannot log a visitor out by a link: without the ID token it is asked', async () => {
  const browser = new BrowserSession(target.issuer);
  await loginForCode(browser, codeRequest(target.issuer));
  await browser.visit(endpoint(target.issuer, 'logout'));
  const silent = await browser.visit(codeRequest(target.issuer, { prompt: 'none' }).url);
  assert.ok(new URL(silent.url).searchParams.get('code'));
});

test('the login form cannot be sent from elsewhere, nor for another login', async () => {
  const victim = new BrowserSession(target.issuer);
  const page = await victim.visit(codeRequest(target.issuer).url);
  const form = formsOf(page)[0]!;
  const url = new URL(form.action, page.url).href;
  const fields = { ...form.fields, username: 'grace', password: 'grace-password', credentialId: '' };
  // No cookies: whoever has the address alone.
  const stranger = await post(url, fields);
  assert.ok(!(stranger.headers.get('location') ?? '').includes('code='));
});

test('the login form cannot be sent by another page of the same browser, nor without its token', {
  skip: onlyHere,
}, async () => {
  const victim = new BrowserSession(target.issuer);
  const page = await victim.visit(codeRequest(target.issuer).url);
  const form = formsOf(page)[0]!;
  const url = new URL(form.action, page.url).href;
  const fields = { ...form.fields, username: 'grace', password: 'grace-password' };
  const cookie = [...victim.cookies].map(([name, { value }]) => `${name.split('\n')[0]}=${value}`).join('; ');
  const foreign = await post(url, fields, { cookie, origin: 'https://evil.example' });
  assert.equal(foreign.status, 403);
  const crossSite = await post(url, fields, { cookie, 'sec-fetch-site': 'cross-site' });
  assert.equal(crossSite.status, 403);
  const withoutToken = await post(url, { ...fields, csrf: '' }, { cookie });
  assert.equal(withoutToken.status, 403);
  // A path that only looks like one of the protocol's does not open the guard.
  const disguised = await post(`${url}?/realms/headwater/protocol/openid-connect/token`, fields, {
    cookie,
    origin: 'https://evil.example',
  });
  assert.equal(disguised.status, 403);
});

test('the session has another name after login: one that an attacker planted is worth nothing', async () => {
  const browser = new BrowserSession(target.issuer);
  await browser.visit(codeRequest(target.issuer).url);
  const sessionNames = target.isKeycloak ? ['AUTH_SESSION_ID', 'KEYCLOAK_IDENTITY'] : ['HW_IDENTITY'];
  const beforeLogin = sessionNames.map((name) => browser.cookieValue(name));
  await loginForCode(browser, codeRequest(target.issuer));
  const planted = new BrowserSession(target.issuer);
  sessionNames.forEach((name, index) => {
    const value = beforeLogin[index];
    if (value !== undefined) planted.setCookie(name, value, '/realms/headwater');
  });
  const silent = await planted.visit(codeRequest(target.issuer, { prompt: 'none' }).url);
  assert.equal(new URL(silent.url).searchParams.get('error'), 'login_required');
});

test('pages cannot be framed, are not kept, and run nothing that they are given', async () => {
  const visit = await new BrowserSession(target.issuer).visit(
    codeRequest(target.issuer, { login_hint: '"><script>alert(1)</script>', state: '<script>alert(2)</script>' }).url,
  );
  assert.match(visit.text, /type="password"/);
  assert.ok(!visit.text.includes('<script>alert'));
  assert.match(visit.headers.get('content-security-policy') ?? '', /frame-ancestors ('none'|'self')/);
  assert.match(visit.headers.get('x-frame-options') ?? '', /DENY|SAMEORIGIN/);
  assert.match(visit.headers.get('cache-control') ?? '', /no-store/);
  if (!target.isKeycloak) {
    const policy = visit.headers.get('content-security-policy')!;
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /form-action 'self' http:\/\/127\.0\.0\.1:5555;/);
    assert.ok(!policy.includes('script-src') && !visit.text.includes('<script'));
  }
  const browser = new BrowserSession(target.issuer);
  const page = await browser.visit(codeRequest(target.issuer).url);
  const again = await browser.submit(page, {
    username: '"><img src=x onerror=alert(1)>',
    password: 'x',
    credentialId: '',
  });
  assert.ok(!again.text.includes('<img src=x'));
  const error = await browser.visit(codeRequest(target.issuer, { client_id: '<script>alert(3)</script>' }).url);
  assert.ok(!error.text.includes('<script>alert'));
});

test('cookies of the session are for the server and this site only', async () => {
  const response = await fetch(codeRequest(target.issuer).url, { redirect: 'manual' });
  const cookies = response.headers.getSetCookie();
  assert.ok(cookies.length > 0);
  for (const cookie of cookies.filter((text) => !target.isKeycloak || /AUTH_SESSION_ID/.test(text))) {
    assert.match(cookie, /httponly/i);
    // Keycloak has SameSite=None where the browser allows it on loopback.
    if (!target.isKeycloak) assert.match(cookie, /samesite=lax/i);
  }
});

test('answers with tokens are not kept by anybody between', async () => {
  const response = await tokenRequest(target.issuer, passwordForm);
  assert.match(response.headers.get('cache-control') ?? '', /no-store/);
});

test('what a page of an origin that is not registered may read: nothing of a client', { skip: onlyHere }, async () => {
  const made = await target.admin('POST', '/clients', {
    clientId: `origins-${Date.now()}`,
    publicClient: true,
    directAccessGrantsEnabled: true,
    redirectUris: ['https://app.example/*'],
    webOrigins: ['+'],
  });
  const id = made.headers.get('location')!.split('/').at(-1)!;
  const { clientId } = (await (await target.admin('GET', `/clients/${id}`)).json()) as { clientId: string };
  const form = { ...passwordForm, client_id: clientId };
  const evil = await tokenRequest(target.issuer, form, { origin: 'https://evil.example' });
  assert.equal(evil.headers.get('access-control-allow-origin'), null);
  assert.equal(evil.status, 400);
  const good = await tokenRequest(target.issuer, form, { origin: 'https://app.example' });
  assert.equal(good.headers.get('access-control-allow-origin'), 'https://app.example');
  const { access_token: token } = await tokens(good);
  const read = await fetch(endpoint(target.issuer, 'userinfo'), {
    headers: { authorization: `Bearer ${token}`, origin: 'https://evil.example' },
  });
  assert.equal(read.headers.get('access-control-allow-origin'), null);
});

test('administration is closed to pages of other origins, and to names that are not ours', {
  skip: onlyHere,
}, async () => {
  const url = `${target.issuer.replace('/realms/', '/admin/realms/')}/users`;
  assert.equal((await fetch(url, { headers: { origin: 'https://evil.example' } })).status, 403);
  const { request } = await import('node:http');
  const status = await new Promise<number>((resolve, reject) => {
    const { hostname, port, pathname } = new URL(url);
    request({ hostname, port, path: pathname, headers: { host: 'rebound.evil.example' } }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    })
      .on('error', reject)
      .end();
  });
  assert.equal(status, 421);
});

test('addresses in answers are the issuer, whatever Host or forwarded header says', { skip: onlyHere }, async () => {
  const response = await fetch(`${target.issuer.replace('127.0.0.1', 'localhost')}/.well-known/openid-configuration`, {
    headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
  });
  const document = (await response.json()) as Record<string, string>;
  assert.equal(document['token_endpoint'], endpoint(target.issuer, 'token'));
});
