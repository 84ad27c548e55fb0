/**
 * Login with a browser, against Headwater's identity, or any issuer that has the same realm: `HEADWATER_TEST_ISSUER=http://127.0.0.1:28080/realms/headwater`
 * (a Keycloak).
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startTestIssuer } from '@headwater/auth/testing';
import { startIdentity } from '@headwater/identity';
import type { AuthOptions, Gateway, GatewayOptions } from '../index.ts';
import { Browser } from './browser.ts';
import { RedisServer, redisMissing } from './redis-server.ts';
import { backend, gatewayTo, raw, until as waitUntil } from './support.ts';

const given = process.env['HEADWATER_TEST_ISSUER'];

async function issuerOf(t: TestContext): Promise<string> {
  if (given !== undefined) return given;
  const identity = await startIdentity({ port: 0 });
  t.after(() => identity.close());
  return identity.issuer;
}

async function start(
  t: TestContext,
  auth: Partial<AuthOptions> = {},
  options: Partial<GatewayOptions> = {},
): Promise<{ gateway: Gateway; issuer: string; browser: Browser }> {
  const issuer = auth.issuer ?? (await issuerOf(t));
  const up = await backend((req, res) =>
    res.end(JSON.stringify({ url: req.url, authorization: req.headers.authorization, cookie: req.headers.cookie })),
  );
  const route = (id: string, ...filters: string[]) => ({
    id,
    uri: up.url,
    predicates: [`Path=/${id}/**`],
    filters: ['StripPrefix=1', ...filters],
  });
  const gateway = await gatewayTo(up.url, {
    routes: [route('r'), route('relay', 'TokenRelay=', 'SaveSession'), route('admins', 'RequireRoles=admin')],
    auth: { issuer, developer: false, login: { clientId: 'headwater-web' }, ...auth },
    ...options,
  });
  t.after(async () => {
    await gateway.close();
    await up[Symbol.asyncDispose]();
  });
  return { gateway, issuer, browser: new Browser() };
}

async function logIn(gateway: Gateway, browser: Browser, path: string, user = 'ada'): ReturnType<Browser['open']> {
  const page = await browser.open(gateway.url + path);
  assert.match(page.text, /type="password"/, `no login page at ${browser.url}: ${page.status}`);
  return await browser.logIn(page.text, user, `${user}-password`);
}

const me = async (gateway: Gateway, browser: Browser): Promise<Record<string, unknown>> =>
  (await (await browser.fetch(`${gateway.url}/oauth/me`)).json()) as Record<string, unknown>;

test('a person is led to the login and back to the page; tokens stay on the server', async (t) => {
  const { gateway, issuer, browser } = await start(t);
  const page = await logIn(gateway, browser, '/r/page?x=1');
  assert.equal(page.status, 200);
  assert.equal(browser.url, `${gateway.url}/r/page?x=1`);
  const seen = JSON.parse(page.text) as Record<string, string>;
  assert.equal(seen['authorization'], undefined);
  assert.equal(seen['cookie'], undefined, 'the session is not for upstreams');
  const session = browser.cookiesOf(gateway.url).get('headwater-session')!;
  assert.match(session, /^[\w-]{43}$/);
  assert.equal(browser.cookiesOf(gateway.url).has('headwater-login'), false);
  const { user, roles, isLoggedIn, isDeveloper, canLogIn } = await me(gateway, browser);
  assert.deepEqual(
    { user, isLoggedIn, isDeveloper, canLogIn },
    { user: 'ada', isLoggedIn: true, isDeveloper: false, canLogIn: true },
  );
  assert.ok((roles as string[]).includes('viewer'));
  const relayed = JSON.parse((await browser.open(`${gateway.url}/relay/a`)).text) as Record<string, string>;
  assert.match(relayed['authorization']!, /^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
  const claims = JSON.parse(Buffer.from(relayed['authorization']!.split('.')[1]!, 'base64url').toString()) as Record<
    string,
    string
  >;
  assert.equal(claims['iss'], issuer);
  assert.equal((await browser.fetch(`${gateway.url}/admins/a`)).status, 403);
  // A program is told 401, not led anywhere.
  assert.equal((await fetch(`${gateway.url}/r/a`)).status, 401);
});

test('the login asks as it should: PKCE S256, state, nonce; and its answer counts once, for one browser', async (t) => {
  const { gateway, browser } = await start(t);
  const page = await browser.open(`${gateway.url}/oauth/login?return_to=/r/a`);
  const asked = new URL(browser.hops.find((hop) => hop.includes('code_challenge'))!).searchParams;
  assert.equal(asked.get('code_challenge_method'), 'S256');
  for (const name of ['state', 'nonce', 'code_challenge']) assert.ok(asked.get(name)!.length >= 32, name);
  assert.equal(asked.get('redirect_uri'), `${gateway.url}/oauth/callback`);
  const loginCookie = browser.cookiesOf(gateway.url).get('headwater-login')!;
  await browser.logIn(page.text, 'ada', 'ada-password');
  const callback = browser.hops.find((hop) => hop.includes('/oauth/callback'))!;
  // Again, by the same browser, by one without the cookie, and by one that kept it.
  assert.equal((await browser.open(callback)).status, 400);
  assert.equal((await new Browser().open(callback)).status, 400);
  const thief = new Browser();
  thief.cookiesOf(gateway.url).set('headwater-login', loginCookie);
  assert.equal((await thief.open(callback)).status, 400);
  assert.equal((await me(gateway, thief))['user'], null);
});

test('an answer that was changed on its way is refused: state, code, iss, error', async (t) => {
  const { gateway } = await start(t);
  const answerOf = async (browser: Browser): Promise<URL> => {
    const page = await browser.open(`${gateway.url}/oauth/login`);
    // The browser is kept from following the last redirect.
    const { open, fetch } = browser;
    browser.fetch = async (url, init) => {
      if (url.includes('/oauth/callback')) return new Response('stopped', { status: 200 });
      return await fetch.call(browser, url, init);
    };
    await open.call(browser, browser.url);
    await browser.logIn(page.text, 'ada', 'ada-password');
    browser.fetch = fetch;
    return new URL(browser.url);
  };
  const change: Record<string, (url: URL) => void> = {
    state: (url) => url.searchParams.set('state', 'x'.repeat(43)),
    'no state': (url) => url.searchParams.delete('state'),
    code: (url) => url.searchParams.set('code', `${url.searchParams.get('code')}x`),
    'no code': (url) => url.searchParams.delete('code'),
    iss: (url) => url.searchParams.set('iss', 'https://evil.example'),
    error: (url) => url.searchParams.set('error', 'access_denied'),
    'two codes': (url) => url.searchParams.append('code', 'y'),
  };
  for (const [name, apply] of Object.entries(change)) {
    const browser = new Browser();
    const url = await answerOf(browser);
    assert.ok(url.searchParams.get('code'), `${name}: no answer at ${url}`);
    apply(url);
    const page = await browser.open(url.href);
    assert.equal(page.status, 400, name);
    assert.match(page.text, /The login did not work/);
    assert.equal((await me(gateway, browser))['user'], null, name);
  }
});

test('the session is another after each login, and ends with the logout, here and at the provider', async (t) => {
  const { gateway, browser } = await start(t);
  const origin = gateway.url;
  // An id that somebody else put there before the login opens nothing after it.
  browser.cookiesOf(origin).set('headwater-session', 'a'.repeat(43));
  await logIn(gateway, browser, '/r/a');
  const first = browser.cookiesOf(origin).get('headwater-session')!;
  assert.notEqual(first, 'a'.repeat(43));
  await browser.open(`${origin}/oauth/login`);
  const second = browser.cookiesOf(origin).get('headwater-session')!;
  assert.notEqual(second, first);
  const old = new Browser();
  old.cookiesOf(origin).set('headwater-session', first);
  assert.equal((await me(gateway, old))['user'], null);

  assert.equal((await browser.fetch(`${origin}/oauth/logout`)).status, 405);
  assert.equal((await browser.fetch(`${origin}/oauth/logout`, { method: 'POST' })).status, 403);
  const foreign = { method: 'POST', headers: { origin: 'http://127.0.0.1:1' } };
  assert.equal((await browser.fetch(`${origin}/oauth/logout`, foreign)).status, 403);
  assert.equal((await me(gateway, browser))['user'], 'ada');
  const stolen = new Browser();
  stolen.cookiesOf(origin).set('headwater-session', second);
  const answer = await browser.fetch(`${origin}/oauth/logout`, {
    method: 'POST',
    headers: { origin, accept: 'application/json' },
  });
  const { location } = (await answer.json()) as { location: string };
  assert.match(location, /logout.*id_token_hint=/);
  assert.equal((await me(gateway, browser))['user'], null);
  assert.equal((await me(gateway, stolen))['user'], null);
  const after = await browser.open(location);
  assert.ok(after.status < 400, `${after.status} at ${browser.url}`);
});

test('with the cookie only pages of the gateway change something', async (t) => {
  const { gateway, browser } = await start(t);
  await logIn(gateway, browser, '/r/a');
  const post = async (headers: Record<string, string>): Promise<number> =>
    (await browser.fetch(`${gateway.url}/r/a`, { method: 'POST', headers })).status;
  assert.equal(await post({ origin: gateway.url }), 200);
  assert.equal(await post({ 'sec-fetch-site': 'same-origin' }), 200);
  assert.equal(await post({}), 403);
  assert.equal(await post({ origin: 'http://127.0.0.1:1' }), 403);
  assert.equal(await post({ 'sec-fetch-site': 'same-site' }), 403);
  // The backend of this test answers a handshake as a plain request: it was let through.
  const session = browser.cookiesOf(gateway.url).get('headwater-session')!;
  const handshake = (more: string): Promise<string> =>
    raw(
      gateway,
      `GET /r/ws HTTP/1.1\r\nHost: ${new URL(gateway.url).host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nCookie: headwater-session=${session}\r\n${more}\r\n`,
    );
  assert.match(await handshake(''), /^HTTP\/1.1 403 [\s\S]*HW_GATEWAY_CSRF/);
  assert.match(await handshake('Origin: http://127.0.0.1:1\r\n'), /^HTTP\/1.1 403 /);
  assert.match(await handshake(`Origin: ${gateway.url}\r\n`), /^HTTP\/1.1 200 /);
});

test('no link to the login leads elsewhere', async (t) => {
  const { gateway } = await start(t);
  for (const [target, path] of [
    ['https://evil.example/', '/'],
    ['//evil.example/', '/'],
    ['/\\evil.example/', '/'],
    ['/%09/evil.example', '/%09/evil.example'],
    ['javascript:alert(1)', '/'],
    ['/r/a?x=1#y', '/r/a?x=1#y'],
    ['/oauth/logout', '/'],
  ] as const) {
    const browser = new Browser();
    const page = await browser.open(`${gateway.url}/oauth/login?return_to=${encodeURIComponent(target)}`);
    await browser.logIn(page.text, 'ada', 'ada-password');
    const { hops } = browser;
    const back = hops[hops.findIndex((hop) => hop.includes('/oauth/callback')) + 1];
    assert.equal(back, gateway.url + path, target);
  }
});

test('two gateways share the sessions of one Redis, which can read none of it; Redis being down is no logout', {
  skip: redisMissing,
}, async (t) => {
  const redis = await RedisServer.start();
  t.after(() => redis.down());
  const options = { redis: { url: redis.url, timeoutMs: 5_000 } };
  const { gateway, issuer, browser } = await start(t, {}, options);
  const second = await start(t, { issuer }, options);
  await logIn(gateway, browser, '/r/a');
  // The session is in Redis, and the other gateway knows it.
  const token = async (at: Gateway): Promise<string> => {
    const answer = await browser.fetch(`${at.url}/relay/a`);
    assert.equal(answer.status, 200);
    return ((await answer.json()) as { authorization: string }).authorization;
  };
  const first = await token(gateway);
  assert.equal(await token(second.gateway), first);
  const raw = await redis.dump();
  assert.ok(raw.length > 0);
  const id = browser.cookiesOf(gateway.url).get('headwater-session')!;
  // Long enough not to stand there by chance.
  for (const secret of [id, first.slice('Bearer '.length), 'preferred_username', 'ada@example.org'])
    assert.ok(!raw.includes(secret), `readable in Redis: ${secret}`);
  await redis.down();
  const away = await browser.fetch(`${gateway.url}/r/a`);
  assert.equal(away.status, 503);
  assert.ok(browser.cookiesOf(gateway.url).has('headwater-session'), 'Redis being down is no logout');
});

test('a token that has ended is renewed once, whichever of two gateways is asked, and however often at once', {
  skip: redisMissing,
}, async (t) => {
  const redis = await RedisServer.start();
  t.after(() => redis.down());
  const issuer = await startTestIssuer({ publicClients: ['headwater-web'] });
  t.after(() => issuer[Symbol.asyncDispose]());
  const options = { redis: { url: redis.url, timeoutMs: 5_000 } };
  const first = await start(t, { issuer: issuer.issuer }, options);
  const second = await start(t, { issuer: issuer.issuer }, options);
  issuer.lifetimeSeconds = 1;
  const { browser } = first;
  const page = await browser.open(`${first.gateway.url}/oauth/login?return_to=/relay/a`);
  assert.equal(page.status, 200, page.text);
  const token = async ({ gateway }: { gateway: Gateway }): Promise<string> => {
    const answer = await browser.fetch(`${gateway.url}/relay/a`);
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    return (JSON.parse(text) as { authorization: string }).authorization.slice('Bearer '.length);
  };
  const before = await token(first);
  await waitUntil(() => Date.now() > endOf(before), 'the end of the token');
  issuer.lifetimeSeconds = 300;
  const renewals = issuer.granted['refresh_token'] ?? 0;
  const tokens = await Promise.all(Array.from({ length: 20 }, (_, i) => token(i % 2 === 0 ? first : second)));
  const [fresh] = tokens;
  assert.notEqual(fresh, before);
  assert.ok(endOf(fresh!) > Date.now() + 60_000);
  assert.deepEqual(
    tokens.filter((each) => each !== fresh),
    [],
    'all have the same one',
  );
  assert.equal(issuer.granted['refresh_token'], renewals + 1);
  assert.equal(await token(second), fresh);
  assert.equal(await token(first), fresh);
  assert.equal(issuer.granted['refresh_token'], renewals + 1, 'and it is kept');
});

/** When a token ends, in milliseconds since 1970. */
function endOf(token: string): number {
  const { exp } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { exp: number };
  return exp * 1_000;
}

test('tokens of the issuer: access tokens of services and people open, its ID and refresh tokens do not', async (t) => {
  const { gateway, issuer } = await start(t);
  const metadata = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as {
    token_endpoint: string;
  };
  const ask = async (
    form: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Record<string, string>> => {
    const answer = await fetch(metadata.token_endpoint, { method: 'POST', headers, body: new URLSearchParams(form) });
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()) as Record<string, string>;
  };
  const basic = `Basic ${Buffer.from('headwater-service:headwater-service-secret').toString('base64')}`;
  const service = await ask({ grant_type: 'client_credentials' }, { authorization: basic });
  const password = { grant_type: 'password', client_id: 'headwater-web', scope: 'openid' };
  const ada = await ask({ ...password, username: 'ada', password: 'ada-password' });
  const grace = await ask({ ...password, username: 'grace', password: 'grace-password' });
  const status = async (path: string, token: string): Promise<number> =>
    (await fetch(gateway.url + path, { headers: { authorization: `Bearer ${token}` } })).status;
  assert.equal(await status('/r/a', service['access_token']!), 200);
  assert.equal(await status('/r/a', ada['access_token']!), 200);
  assert.equal(await status('/admins/a', ada['access_token']!), 403);
  assert.equal(await status('/admins/a', grace['access_token']!), 200);
  for (const name of ['id_token', 'refresh_token']) assert.equal(await status('/r/a', ada[name]!), 401, name);
  const me = await fetch(`${gateway.url}/oauth/me`, {
    headers: { authorization: `Bearer ${service['access_token']}` },
  });
  const { roles, isLoggedIn } = (await me.json()) as { roles: string[]; isLoggedIn: boolean };
  assert.ok(roles.includes('operator'));
  assert.equal(isLoggedIn, false);
});
