import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BrowserSession, codeRequest, exchange, formsOf, loginForCode } from './support/browser-session.ts';
import { claimsOf, endpoint, post, problem, startTarget, type Target, tokenRequest, tokens } from './support/target.ts';

// Users, roles and clients kept by Keycloak's admin REST, and the flows that need a client of their own; on either system.
let target: Target;
before(async () => {
  target = await startTarget();
});
after(async () => {
  await target?.close();
});

async function create(path: string, body: unknown): Promise<string> {
  const response = await target.admin('POST', path, body);
  assert.equal(response.status, 201, await response.text());
  return response.headers.get('location')!.split('/').at(-1)!;
}

async function read<Result>(path: string): Promise<Result> {
  const response = await target.admin('GET', path);
  assert.equal(response.status, 200);
  return (await response.json()) as Result;
}

test('a user is made, found, given a role and a password, switched off, and removed', async () => {
  const username = `user-${Date.now()}`;
  const id = await create('/users', {
    username,
    enabled: true,
    email: `${username}@example.org`,
    firstName: 'First',
    lastName: 'Last',
    credentials: [{ type: 'password', value: 'first-password', temporary: false }],
  });
  assert.equal((await target.admin('POST', '/users', { username })).status, 409);
  const found = await read<{ id: string; credentials?: unknown }[]>(`/users?username=${username}&exact=true`);
  assert.deepEqual(
    found.map((user) => user.id),
    [id],
  );
  assert.equal(found[0]!.credentials, undefined);

  const role = await read<{ id: string; name: string }>('/roles/operator');
  assert.equal((await target.admin('POST', `/users/${id}/role-mappings/realm`, [role])).status, 204);
  const form = {
    grant_type: 'password',
    client_id: 'headwater-web',
    username,
    password: 'first-password',
    scope: 'openid',
  };
  const first = await tokens(tokenRequest(target.issuer, form));
  assert.ok((claimsOf(first.access_token)['realm_access'] as { roles: string[] }).roles.includes('operator'));
  assert.equal(claimsOf(first.access_token)['sub'], id);

  const sessions = await read<unknown[]>(`/users/${id}/sessions`);
  assert.equal(sessions.length, 1);
  assert.equal((await target.admin('POST', `/users/${id}/logout`)).status, 204);
  const refresh = { grant_type: 'refresh_token', client_id: 'headwater-web', refresh_token: first.refresh_token! };
  assert.deepEqual(await problem(tokenRequest(target.issuer, refresh)), { status: 400, error: 'invalid_grant' });

  const reset = { type: 'password', value: 'second-password', temporary: false };
  assert.equal((await target.admin('PUT', `/users/${id}/reset-password`, reset)).status, 204);
  assert.equal((await tokenRequest(target.issuer, form)).status, 400);
  await tokens(tokenRequest(target.issuer, { ...form, password: 'second-password' }));

  assert.equal((await target.admin('DELETE', `/users/${id}/role-mappings/realm`, [role])).status, 204);
  assert.equal((await target.admin('PUT', `/users/${id}`, { enabled: false })).status, 204);
  assert.equal((await tokenRequest(target.issuer, { ...form, password: 'second-password' })).status, 400);
  assert.equal((await target.admin('DELETE', `/users/${id}`)).status, 204);
  assert.equal((await target.admin('GET', `/users/${id}`)).status, 404);
});

test('a role is made, and taken from everybody when it is removed', async () => {
  const name = `role-${Date.now()}`;
  await create('/roles', { name, description: 'for a test' });
  assert.equal((await target.admin('POST', '/roles', { name })).status, 409);
  const role = await read<{ name: string; description: string }>(`/roles/${name}`);
  assert.equal(role.description, 'for a test');
  const [ada] = await read<{ id: string }[]>('/users?username=ada&exact=true');
  await target.admin('POST', `/users/${ada!.id}/role-mappings/realm`, [role]);
  const users = await read<{ username: string }[]>(`/roles/${name}/users`);
  assert.deepEqual(
    users.map(({ username }) => username),
    ['ada'],
  );
  assert.equal((await target.admin('DELETE', `/roles/${name}`)).status, 204);
  const mapped = await read<{ name: string }[]>(`/users/${ada!.id}/role-mappings/realm`);
  assert.ok(!mapped.some((one) => one.name === name));
});

test('a user without the role does not administer, nor does who has no token or a bad one', async () => {
  const form = { grant_type: 'password', client_id: 'headwater-web', username: 'ada', password: 'ada-password' };
  const { access_token: token } = await tokens(tokenRequest(target.issuer, form));
  const url = `${target.issuer.replace('/realms/', '/admin/realms/')}/users`;
  assert.equal((await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status, 403);
  assert.equal((await fetch(url, { headers: { authorization: 'Bearer nonsense' } })).status, 401);
});

test('a client with roles of its own: they are in resource_access', async () => {
  const clientId = `client-${Date.now()}`;
  const id = await create('/clients', {
    clientId,
    publicClient: true,
    directAccessGrantsEnabled: true,
    standardFlowEnabled: false,
  });
  const [found] = await read<{ id: string }[]>(`/clients?clientId=${clientId}`);
  assert.equal(found!.id, id);
  await create(`/clients/${id}/roles`, { name: 'clerk' });
  const role = await read<object>(`/clients/${id}/roles/clerk`);
  const [ada] = await read<{ id: string }[]>('/users?username=ada&exact=true');
  assert.equal((await target.admin('POST', `/users/${ada!.id}/role-mappings/clients/${id}`, [role])).status, 204);
  const form = { grant_type: 'password', client_id: clientId, username: 'ada', password: 'ada-password' };
  const claims = claimsOf((await tokens(tokenRequest(target.issuer, form))).access_token);
  assert.deepEqual((claims['resource_access'] as Record<string, unknown>)[clientId], { roles: ['clerk'] });
  assert.equal((await target.admin('DELETE', `/clients/${id}`)).status, 204);
  assert.equal((await tokenRequest(target.issuer, form)).status, 401);
  const again = claimsOf(
    (await tokens(tokenRequest(target.issuer, { ...form, client_id: 'headwater-web' }))).access_token,
  );
  assert.equal((again['resource_access'] as Record<string, unknown> | undefined)?.[clientId], undefined);
});

test('mappers: fixed claims, members of a user, roles; one of another kind is told', async () => {
  const clientId = `mapped-${Date.now()}`;
  const mapper = (name: string, protocolMapper: string, config: Record<string, string>) => ({
    name,
    protocol: 'openid-connect',
    protocolMapper,
    config: { 'access.token.claim': 'true', 'id.token.claim': 'true', 'userinfo.token.claim': 'true', ...config },
  });
  const id = await create('/clients', {
    clientId,
    secret: 'a-secret-of-its-own',
    serviceAccountsEnabled: true,
    standardFlowEnabled: false,
    protocolMappers: [
      mapper('fixed', 'oidc-hardcoded-claim-mapper', {
        'claim.name': 'tenant.id',
        'claim.value': '7',
        'jsonType.label': 'int',
      }),
      mapper('dotted', 'oidc-hardcoded-claim-mapper', {
        'claim.name': 'https://example\\.org/tenant',
        'claim.value': '{"id":7}',
        'jsonType.label': 'JSON',
      }),
      mapper('roles', 'oidc-usermodel-realm-role-mapper', { 'claim.name': 'groups', multivalued: 'true' }),
      mapper('one role', 'oidc-usermodel-realm-role-mapper', {
        'claim.name': 'group',
        'usermodel.realmRoleMapping.rolePrefix': 'ROLE_',
      }),
      mapper('own roles', 'oidc-usermodel-client-role-mapper', {
        'claim.name': 'own',
        multivalued: 'true',
        'usermodel.clientRoleMapping.clientId': clientId,
        'usermodel.clientRoleMapping.rolePrefix': 'own-',
      }),
      mapper('login', 'oidc-usermodel-property-mapper', { 'claim.name': 'login', 'user.attribute': 'username' }),
      mapper('enabled', 'oidc-usermodel-property-mapper', {
        'claim.name': 'isEnabled',
        'user.attribute': 'enabled',
        'jsonType.label': 'boolean',
      }),
      mapper('name', 'oidc-usermodel-attribute-mapper', { 'claim.name': 'nick', 'user.attribute': 'username' }),
      mapper('subject', 'oidc-sub-mapper', {}),
      mapper('teams', 'oidc-group-membership-mapper', { 'claim.name': 'teams' }),
    ],
  });
  const account = await read<{ id: string }>(`/clients/${id}/service-account-user`);
  await target.admin('POST', `/users/${account.id}/role-mappings/realm`, [await read<object>('/roles/viewer')]);
  await create(`/clients/${id}/roles`, { name: 'turn' });
  const turn = await read<object>(`/clients/${id}/roles/turn`);
  await target.admin('POST', `/users/${account.id}/role-mappings/clients/${id}`, [turn]);
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: 'a-secret-of-its-own' };
  const claims = claimsOf((await tokens(tokenRequest(target.issuer, form))).access_token);
  assert.deepEqual(claims['tenant'], { id: 7 });
  assert.ok((claims['groups'] as string[]).includes('viewer'));
  assert.match(String(claims['group']), /^ROLE_\w+$/, 'without multivalued it is one of them');
  assert.deepEqual(claims['https://example.org/tenant'], { id: 7 });
  assert.deepEqual(claims['own'], ['own-turn']);
  assert.equal(claims['login'], `service-account-${clientId}`);
  assert.equal(claims['nick'], claims['login']);
  assert.equal(claims['isEnabled'], true);
  if (!target.isKeycloak) {
    const { warnings } = await read<{ warnings: { where: string; mapper: string }[] }>('/overview');
    assert.deepEqual(
      warnings.map(({ where, mapper }) => `${where}: ${mapper}`),
      [`client ${clientId}: teams`],
    );
  }
  const renewed = (await (await target.admin('POST', `/clients/${id}/client-secret`)).json()) as { value: string };
  assert.equal((await tokenRequest(target.issuer, form)).status, 401);
  await tokens(tokenRequest(target.issuer, { ...form, client_secret: renewed.value }));
  await target.admin('DELETE', `/clients/${id}`);
});

test('device flow: pending, confirmed by the user in a browser, tokens; a second exchange is refused', async () => {
  const clientId = `tv-${Date.now()}`;
  const id = await create('/clients', {
    clientId,
    name: 'Television',
    publicClient: true,
    standardFlowEnabled: false,
    attributes: { 'oauth2.device.authorization.grant.enabled': 'true' },
  });
  const begun = await post(endpoint(target.issuer, 'auth/device'), { client_id: clientId, scope: 'openid' });
  assert.equal(begun.status, 200, await begun.clone().text());
  const device = (await begun.json()) as Record<string, string>;
  assert.match(device['user_code']!, /^[A-Z]{4}-[A-Z]{4}$/);
  assert.ok(Number(device['expires_in']) > 0);
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: clientId,
    device_code: device['device_code']!,
  };
  assert.equal((await problem(tokenRequest(target.issuer, form))).error, 'authorization_pending');
  const browser = new BrowserSession(target.issuer);
  let page = await browser.visit(device['verification_uri']!);
  page = await browser.submit(page, { user_code: device['user_code']!, device_user_code: device['user_code']! });
  for (let step = 0; step < 4 && formsOf(page).length > 0; step++) {
    const isLogin = page.text.includes('type="password"');
    page = await browser.submit(
      page,
      isLogin
        ? { username: 'ada', password: 'ada-password', credentialId: '' }
        : target.isKeycloak
          ? { accept: 'Yes' }
          : {},
    );
  }
  assert.match(page.text, /Device (connected|Login Successful)/i);
  const waitMs = target.isKeycloak ? 5_100 : 0;
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  const answer = await tokens(tokenRequest(target.issuer, form));
  assert.equal(claimsOf(answer.access_token)['preferred_username'], 'ada');
  assert.equal(claimsOf(answer.access_token)['azp'], clientId);
  assert.equal((await tokenRequest(target.issuer, form)).status, 400);
  await target.admin('DELETE', `/clients/${id}`);
});

test('consent: asked once, remembered, and a no goes back as access_denied', async () => {
  const clientId = `asks-${Date.now()}`;
  const id = await create('/clients', {
    clientId,
    name: 'An application that asks',
    publicClient: true,
    consentRequired: true,
    redirectUris: ['http://127.0.0.1:5555/*'],
    attributes: { 'pkce.code.challenge.method': 'S256' },
  });
  const consent = (page: Awaited<ReturnType<BrowserSession['visit']>>, browser: BrowserSession, isYes: boolean) =>
    browser.submit(
      page,
      target.isKeycloak ? (isYes ? { accept: 'Yes' } : { cancel: 'No' }) : { consent: isYes ? 'yes' : 'no' },
    );
  const login = async (browser: BrowserSession, request: ReturnType<typeof codeRequest>) => {
    const page = await browser.visit(request.url);
    return await browser.submit(page, { username: 'ada', password: 'ada-password', credentialId: '' });
  };
  const refusing = new BrowserSession(target.issuer);
  const refused = await consent(
    await login(refusing, codeRequest(target.issuer, { client_id: clientId })),
    refusing,
    false,
  );
  assert.equal(new URL(refused.url).searchParams.get('error'), 'access_denied');

  const browser = new BrowserSession(target.issuer);
  const request = codeRequest(target.issuer, { client_id: clientId });
  const asked = await login(browser, request);
  assert.match(asked.text, /An application that asks/);
  const back = new URL((await consent(asked, browser, true)).url);
  const code = back.searchParams.get('code')!;
  await tokens(tokenRequest(target.issuer, { ...exchange(request, code), client_id: clientId }));

  const later = new BrowserSession(target.issuer);
  const again = await login(later, codeRequest(target.issuer, { client_id: clientId }));
  assert.ok(new URL(again.url).searchParams.get('code'), 'a consent that was given is not asked for again');
  await target.admin('DELETE', `/clients/${id}`);
});

test('a password for one use has to be changed at the first login', async () => {
  const username = `temporary-${Date.now()}`;
  const id = await create('/users', {
    username,
    enabled: true,
    email: `${username}@example.org`,
    firstName: 'T',
    lastName: 'T',
    credentials: [{ type: 'password', value: 'for-one-use', temporary: true }],
  });
  const form = { grant_type: 'password', client_id: 'headwater-web', username, password: 'for-one-use' };
  assert.equal((await problem(tokenRequest(target.issuer, form))).error, 'invalid_grant');
  const browser = new BrowserSession(target.issuer);
  const page = await browser.visit(codeRequest(target.issuer).url);
  const asked = await browser.submit(page, { username, password: 'for-one-use', credentialId: '' });
  const fields: Record<string, string> = target.isKeycloak
    ? { 'password-new': 'my-own-password', 'password-confirm': 'my-own-password' }
    : { newPassword: 'my-own-password', repeated: 'my-own-password' };
  const back = await browser.submit(asked, fields);
  assert.ok(new URL(back.url).searchParams.get('code'));
  await tokens(tokenRequest(target.issuer, { ...form, password: 'my-own-password' }));
  await target.admin('DELETE', `/users/${id}`);
});

test('a single sign-on session serves other clients; logout of one ends the tokens of all', async () => {
  const clientId = `second-${Date.now()}`;
  const id = await create('/clients', {
    clientId,
    publicClient: true,
    redirectUris: ['http://127.0.0.1:5555/*'],
    attributes: { 'pkce.code.challenge.method': 'S256' },
  });
  const browser = new BrowserSession(target.issuer);
  const one = codeRequest(target.issuer);
  const first = await loginForCode(browser, one, 'ada', 'ada-password');
  const mine = await tokens(tokenRequest(target.issuer, exchange(one, first.searchParams.get('code')!)));
  const two = codeRequest(target.issuer, { client_id: clientId });
  const second = await browser.visit(two.url);
  const code = new URL(second.url).searchParams.get('code')!;
  const theirs = await tokens(tokenRequest(target.issuer, { ...exchange(two, code), client_id: clientId }));
  const logout = new URL(endpoint(target.issuer, 'logout'));
  logout.searchParams.set('id_token_hint', mine.id_token!);
  await browser.visit(logout.href);
  const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token: theirs.refresh_token! };
  assert.deepEqual(await problem(tokenRequest(target.issuer, form)), { status: 400, error: 'invalid_grant' });
  await target.admin('DELETE', `/clients/${id}`);
});
