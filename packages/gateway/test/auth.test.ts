import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startTestIssuer, type TestIssuer } from '@headwater/auth/testing';
import type { AuthOptions, Gateway, GatewayOptions } from '../index.ts';
import { backend, gatewayTo, raw } from './support.ts';

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** A gateway where everybody must say who they are; the backend answers with what it was asked. */
async function secured(
  t: TestContext,
  auth: Partial<AuthOptions> = {},
  options: Partial<GatewayOptions> = {},
): Promise<{ gateway: Gateway; issuer: TestIssuer }> {
  const issuer = await startTestIssuer();
  const up = await backend((req, res) => res.end(JSON.stringify({ url: req.url, headers: req.headers })));
  const route = (id: string, filters: string[], metadata = {}) => ({
    id,
    uri: up.url,
    predicates: [`Path=/${id}/**`],
    filters: ['StripPrefix=1', ...filters],
    metadata,
  });
  const gateway = await gatewayTo(up.url, {
    routes: [
      route('r', []),
      route('admins', ['RequireRoles=admin,operator']),
      route('orders', ['RequireScopes=orders:read,orders:write']),
      route('either', ["Authorize=hasRole('admin') or hasAnyRole('a', 'b')"]),
      route('open', [], { authentication: 'none' }),
    ],
    auth: { issuer: issuer.issuer, developer: false, ...auth },
    ...options,
  });
  t.after(async () => {
    await gateway.close();
    await up[Symbol.asyncDispose]();
    await issuer[Symbol.asyncDispose]();
  });
  return { gateway, issuer };
}

const get = (gateway: Gateway, path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(gateway.url + path, { headers, redirect: 'manual' });

test('a token opens a route, a part and the gateway itself; none is 401 with a bare challenge', async (t) => {
  const { gateway, issuer } = await secured(t);
  const token = await issuer.token();
  for (const path of ['/r/a', '/api/b/a', '/api/gateway/routes', '/api', '/', '/nothing-here']) {
    const refused = await get(gateway, path);
    assert.equal(refused.status, 401, path);
    assert.equal(refused.headers.get('www-authenticate'), 'Bearer realm="headwater"');
    assert.ok(refused.headers.get('x-correlation-id'));
    const passed = await get(gateway, path, bearer(token));
    assert.ok([200, 302, 404].includes(passed.status), `${path}: ${passed.status}`);
  }
  assert.equal((await get(gateway, '/health')).status, 200, 'a load balancer holds no token');
  const { headers } = (await (await get(gateway, '/r/a', bearer(token))).json()) as { headers: Record<string, string> };
  assert.equal(headers['authorization'], `Bearer ${token}`);
});

test('wrong tokens are refused with why, on every path, also on loopback where none is needed', async (t) => {
  for (const developer of [true, false]) {
    const { gateway, issuer } = await secured(t, { developer });
    const forged = `${(await issuer.token()).slice(0, -6)}AAAAAA`;
    for (const [token, code] of [
      [forged, 'HW_AUTH_SIGNATURE'],
      [await issuer.token({}, { expiresInSeconds: -60 }), 'HW_AUTH_EXPIRED'],
      [await issuer.token({ aud: 'another' }), 'HW_AUTH_AUDIENCE'],
      [await issuer.token({ typ: 'ID' }), 'HW_AUTH_TYPE'],
      ['not-a-token', 'HW_AUTH_MALFORMED'],
    ] as const)
      for (const path of ['/r/a', '/api/b/a', '/api/gateway/routes', '/ui/']) {
        const answer = await get(gateway, path, bearer(token));
        assert.equal(answer.status, 401, `${path} ${code}`);
        assert.match(answer.headers.get('www-authenticate')!, /error="invalid_token"/);
        assert.equal(((await answer.json()) as { error: { code: string } }).error.code, code);
      }
    await issuer.down();
    assert.equal((await get(gateway, '/r/a', bearer(await issuer.token()))).status, 200, 'keys at hand go on');
  }
});

test('roles and scopes of a route: 403 says what is missing', async (t) => {
  const { gateway, issuer } = await secured(t);
  const viewer = bearer(await issuer.token({ realm_access: { roles: ['viewer'] }, scope: 'orders:read' }));
  const operator = bearer(
    await issuer.token({ realm_access: { roles: ['operator'] }, scope: 'orders:read orders:write' }),
  );
  const b = bearer(await issuer.token({ realm_access: { roles: ['b'] } }));
  for (const [path, headers, status] of [
    ['/admins/a', viewer, 403],
    ['/admins/a', operator, 200],
    ['/admins/a', {}, 401],
    ['/orders/a', viewer, 403],
    ['/orders/a', operator, 200],
    ['/either/a', viewer, 403],
    ['/either/a', b, 200],
  ] as const)
    assert.equal((await get(gateway, path, headers)).status, status, path);
  const refused = await get(gateway, '/orders/a', viewer);
  assert.equal(
    refused.headers.get('www-authenticate'),
    'Bearer realm="headwater", error="insufficient_scope", scope="orders:read orders:write"',
  );
});

test('rules by path and method, as authorizeExchange has them; the first that fits counts', async (t) => {
  const { gateway, issuer } = await secured(t, {
    rules: [
      { paths: '/r/public/**', access: 'permitAll' },
      { paths: ['/r/**'], methods: 'GET', access: "hasAnyRole('viewer', 'admin')" },
      { paths: '/r/**', access: "hasRole('admin')" },
      { paths: '/api/b/secret/**', access: 'denyAll' },
    ],
  });
  const viewer = bearer(await issuer.token({ roles: ['viewer'] }));
  const admin = bearer(await issuer.token({ roles: ['admin'] }));
  const ask = async (method: string, path: string, headers: Record<string, string> = {}): Promise<number> =>
    (await fetch(gateway.url + path, { method, headers })).status;
  assert.equal(await ask('GET', '/r/public/a'), 200);
  assert.equal(await ask('POST', '/r/public/a'), 200);
  assert.equal(await ask('GET', '/r/a'), 401);
  assert.equal(await ask('GET', '/r/a', viewer), 200);
  assert.equal(await ask('HEAD', '/r/a', viewer), 200);
  assert.equal(await ask('POST', '/r/a', viewer), 403);
  assert.equal(await ask('POST', '/r/a', admin), 200);
  assert.equal(await ask('GET', '/api/b/secret/a', admin), 403);
  assert.equal(await ask('GET', '/api/b/a', viewer), 200);
  assert.equal(await ask('DELETE', '/api/gateway/limits', viewer), 403);
  assert.equal(await ask('DELETE', '/api/gateway/limits', admin), 200);
  // Other spellings of a path are the same path to the rules.
  for (const path of ['/r//a', '/r/%61', '//r/a', '/r/a/']) assert.notEqual(await ask('POST', path, viewer), 200, path);
  const dots = 'GET /r/public/%2e%2e/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
  assert.match(await raw(gateway, dots), /^HTTP\/1.1 400 /);
});

test('on loopback who brings no credentials is the developer, unless the request came from elsewhere', async (t) => {
  const { gateway } = await secured(t, { developer: true, rules: [{ paths: '/r/never', access: 'denyAll' }] });
  for (const path of ['/r/a', '/admins/a', '/orders/a', '/api/b/a', '/api/gateway/routes'])
    assert.equal((await get(gateway, path)).status, 200, path);
  assert.equal((await get(gateway, '/r/never')).status, 403);
  for (const headers of [
    { 'x-forwarded-for': '203.0.113.7' },
    { 'x-forwarded-for': '127.0.0.1, 203.0.113.7' },
    { 'x-real-ip': '203.0.113.7' },
    { forwarded: 'for=203.0.113.7' },
  ] as Record<string, string>[])
    assert.equal((await get(gateway, '/r/a', headers)).status, 401, JSON.stringify(headers));
  assert.equal((await get(gateway, '/r/a', { 'x-forwarded-for': '127.0.0.1' })).status, 200);
  const me = (await (await get(gateway, '/oauth/me')).json()) as Record<string, unknown>;
  assert.deepEqual(
    [me['user'], me['isDeveloper'], me['isLoggedIn'], me['canLogIn']],
    ['developer', true, false, false],
  );
});

test('credentials that could be read in two ways, or that stand in the query, are refused', async (t) => {
  const { gateway, issuer } = await secured(t, { developer: true });
  const token = await issuer.token();
  const answer = await get(gateway, `/r/a?x=1&access_token=${token}`);
  assert.equal(answer.status, 400);
  assert.match(answer.headers.get('www-authenticate')!, /error="invalid_request"/);
  assert.equal((await get(gateway, '/r/a?q=access_token')).status, 200);
  for (const value of ['Bearer', 'Bearer ', 'Bearer a b', 'bearer "x"'])
    assert.equal((await get(gateway, '/r/a', { authorization: value })).status, 400, value);
  const two = await raw(
    gateway,
    `GET /r/a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nauthorization: Bearer other\r\nConnection: close\r\n\r\n`,
  );
  assert.match(two, /^HTTP\/1.1 400 /);
});

test('who calls cannot be said from outside, and is told to upstreams where configured', async (t) => {
  const spoofed = {
    'x-user': 'root',
    'X-User-Roles': 'admin',
    x_user_id: '0',
    'remote-user': 'root',
    'x-forwarded-user': 'root',
  };
  const seen = async (gateway: Gateway, headers: Record<string, string>): Promise<Record<string, string>> =>
    (
      (await (await get(gateway, '/r/a', { ...spoofed, 'x-using': 'kept', ...headers })).json()) as {
        headers: Record<string, string>;
      }
    ).headers;
  const plain = await secured(t);
  const token = bearer(await plain.issuer.token({ preferred_username: 'ada', roles: ['viewer', 'x'] }));
  const without = await seen(plain.gateway, token);
  for (const name of Object.keys(spoofed)) assert.equal(without[name.toLowerCase()], undefined, name);
  assert.equal(without['x-using'], 'kept');
  const telling = await secured(t, { identityHeaders: true });
  const other = bearer(await telling.issuer.token({ sub: 's-1', preferred_username: 'ada', roles: ['viewer', 'x'] }));
  const told = await seen(telling.gateway, other);
  assert.deepEqual([told['x-user'], told['x-user-id'], told['x-user-roles']], ['ada', 's-1', 'viewer,x']);
  assert.equal(told['x_user_id'], undefined);
});

test('a route whose service checks its callers itself is left alone', async (t) => {
  const { gateway } = await secured(t);
  const answer = await get(gateway, '/open/a?access_token=own', bearer('of-another-issuer'));
  assert.equal(answer.status, 200);
  const { headers } = (await answer.json()) as { headers: Record<string, string> };
  assert.equal(headers['authorization'], 'Bearer of-another-issuer');
});

test('without an issuer credentials pass as they are, and what asks for a caller is refused elsewhere than on loopback', async () => {
  await using up = await backend((req, res) => res.end(req.headers.authorization));
  const routes = [
    { id: 'r', uri: up.url, predicates: ['Path=/r/**'] },
    { id: 'a', uri: up.url, predicates: ['Path=/a/**'], filters: ['RequireRoles=admin'] },
  ];
  await using gateway = await gatewayTo(up.url, { routes });
  assert.equal(await (await get(gateway, '/r/a', bearer('anything'))).text(), 'Bearer anything');
  assert.equal((await get(gateway, '/a/a')).status, 200);
  await using closed = await gatewayTo(up.url, { routes, auth: { developer: false } });
  assert.match(await (await get(closed, '/a/a', bearer('anything'))).text(), /no issuer of tokens is configured/);
});

test('an event stream and a WebSocket end with the token that opened them', async (t) => {
  const issuer = await startTestIssuer();
  const server = createServer((_, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write('data: one\n\n');
  });
  server.on('upgrade', (_, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello');
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = await gatewayTo(url, { auth: { issuer: issuer.issuer, developer: false, clockToleranceSeconds: 0 } });
  t.after(async () => {
    await gateway.close();
    server.closeAllConnections();
    server.close();
    await issuer[Symbol.asyncDispose]();
  });
  const handshake = (token: string): string =>
    `GET /r/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n${token}\r\n`;
  const refused = await raw(gateway, handshake(''));
  assert.match(refused, /^HTTP\/1.1 401 [\s\S]*WWW-Authenticate: Bearer realm="headwater"/i);
  for (const expiresInSeconds of [2, 10, 60]) {
    const token = await issuer.token({}, { expiresInSeconds });
    const stream = await get(gateway, '/r/events', bearer(token));
    const socket = raw(gateway, handshake(`Authorization: Bearer ${token}\r\n`));
    const [events, answer] = await Promise.allSettled([stream.text(), socket]);
    const said = answer.status === 'fulfilled' ? answer.value : '';
    // A machine that takes longer than the token lives gets one that lives longer.
    if (stream.status === 401 || said.startsWith('HTTP/1.1 401 ')) continue;
    assert.equal(stream.status, 200);
    assert.equal(events.status, 'rejected', 'the stream was cut, not completed');
    assert.match(said, /^HTTP\/1.1 101 [\s\S]*hello$/);
    return;
  }
  assert.fail('no token lasted for two requests');
});

test('what is configured wrong is refused at the start', async () => {
  const refused = async (auth: unknown, pattern: RegExp): Promise<void> => {
    await assert.rejects(gatewayTo('http://127.0.0.1:1', { auth: auth as AuthOptions }), pattern);
  };
  await refused({ issuer: 'id.example.org' }, /not the URL/);
  await refused({ login: { clientId: 'x' } }, /needs auth.issuer/);
  await refused({ rules: {} }, /must be a list/);
  await refused({ rules: [{ paths: '/a' }] }, /rule 1: access is missing/);
  await refused({ rules: [{ access: 'authenticated' }, { access: 'maybe' }] }, /rule 2: "maybe" is no access/);
  await refused({ rules: [{ path: 'a', access: 'denyAll' }] }, /must start with/);
  await refused({ rules: [{ url: '/a', access: 'denyAll' }] }, /unknown key "url"/);
});

test("the provider's own logout is taken by its signature only", async (t) => {
  const { gateway, issuer } = await secured(t, { login: { clientId: 'headwater-web' } });
  const send = async (form: Record<string, string>): Promise<number> =>
    (await fetch(`${gateway.url}/oauth/backchannel-logout`, { method: 'POST', body: new URLSearchParams(form) }))
      .status;
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const good = { aud: 'headwater-web', events, sid: 's-1' };
  const shape = { header: { typ: 'logout+jwt' } };
  assert.equal(await send({ logout_token: await issuer.token(good, shape) }), 200);
  assert.equal(await send({}), 400);
  assert.equal(await send({ logout_token: 'x' }), 400);
  assert.equal(await send({ logout_token: `${(await issuer.token(good, shape)).slice(0, -6)}AAAAAA` }), 400);
  assert.equal(await send({ logout_token: await issuer.token({ ...good, aud: 'other' }, shape) }), 400);
  assert.equal(await send({ logout_token: await issuer.token() }), 400);
  // A logout token is no access token.
  const token = await issuer.token({ ...good, aud: 'headwater' }, shape);
  assert.equal((await get(gateway, '/r/a', bearer(token))).status, 401);
});

test('no upstream gets a cookie that opens a session, however many fields cookies come in', async (t) => {
  const { gateway, issuer } = await secured(t, { login: { clientId: 'headwater-web' } });
  const token = await issuer.token();
  const fields = ['a=1', `headwater-session=${'s'.repeat(43)}; b=2`, `__Host-headwater-login=${'l'.repeat(43)}`, 'c=3'];
  const answer = await raw(
    gateway,
    `GET /r/a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n${fields.map((field) => `Cookie: ${field}\r\n`).join('')}Connection: close\r\n\r\n`,
  );
  assert.match(answer, /^HTTP\/1.1 200 /);
  assert.match(answer, /"cookie":"a=1; b=2; c=3"/);
  assert.doesNotMatch(answer, /sss|lll/);
});
