import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RealmRepresentation, startIdentity } from '../index.ts';
import { BrowserSession, codeRequest, exchange, loginForCode } from './support/browser-session.ts';
import { basic, claimsOf, tokenRequest, tokens } from './support/target.ts';

// Going to Keycloak is an import: needs a real one, HEADWATER_KEYCLOAK_URL=http://127.0.0.1:28080 with admin/admin.
const keycloak = process.env['HEADWATER_KEYCLOAK_URL'];
const skip = keycloak === undefined ? 'needs HEADWATER_KEYCLOAK_URL, a real Keycloak' : false;

test('a realm that grew here is imported by Keycloak: the same ids, secrets, passwords and roles', {
  skip,
}, async () => {
  const identity = await startIdentity({ port: 0 });
  const admin = `${new URL(identity.issuer).origin}/admin/realms/headwater`;
  const json = { 'content-type': 'application/json' };
  const send = async (method: string, path: string, body: unknown): Promise<Response> => {
    const response = await fetch(admin + path, { method, headers: json, body: JSON.stringify(body) });
    assert.ok(response.ok, `${path}: ${await response.clone().text()}`);
    return response;
  };
  const made = await send('POST', '/users', {
    username: 'alan',
    enabled: true,
    email: 'alan@example.org',
    firstName: 'Alan',
    lastName: 'Turing',
    attributes: { desk: ['hut-8'] },
    credentials: [{ type: 'password', value: 'enigma-machine' }],
  });
  const id = made.headers.get('location')!.split('/').at(-1)!;
  await send('POST', '/roles', { name: 'codebreaker', description: 'Reads what is hidden' });
  await send('POST', `/users/${id}/role-mappings/realm`, [{ name: 'codebreaker' }]);
  await send('POST', '/clients', { clientId: 'bombe', serviceAccountsEnabled: true, standardFlowEnabled: false });
  const realm = (await (await fetch(`${admin}/export`)).json()) as RealmRepresentation;
  await identity.close();

  const { access_token: token } = await tokens(
    tokenRequest(`${keycloak}/realms/master`, {
      grant_type: 'password',
      client_id: 'admin-cli',
      username: 'admin',
      password: 'admin',
    }),
  );
  const authorization = `Bearer ${token}`;
  const name = `imported-${Date.now()}`;
  const taken = await fetch(`${keycloak}/admin/realms`, {
    method: 'POST',
    headers: { ...json, authorization },
    body: JSON.stringify({ ...realm, realm: name, sslRequired: 'none' }),
  });
  assert.equal(taken.status, 201, await taken.text());
  const issuer = `${keycloak}/realms/${name}`;
  try {
    const form = { grant_type: 'password', client_id: 'headwater-web', username: 'alan', password: 'enigma-machine' };
    const claims = claimsOf((await tokens(tokenRequest(issuer, form))).access_token);
    assert.equal(claims['sub'], id);
    assert.ok((claims['realm_access'] as { roles: string[] }).roles.includes('codebreaker'));
    assert.equal(claims['email'], 'alan@example.org');
    assert.equal([claims['aud']].flat().includes('headwater'), true);
    for (const client of realm.clients!.filter(({ serviceAccountsEnabled }) => serviceAccountsEnabled)) {
      await tokens(tokenRequest(issuer, { grant_type: 'client_credentials' }, basic(client.clientId, client.secret!)));
    }
    const request = codeRequest(issuer);
    const back = await loginForCode(new BrowserSession(issuer), request, 'ada', 'ada-password');
    const answer = await tokens(tokenRequest(issuer, exchange(request, back.searchParams.get('code')!)));
    assert.equal(claimsOf(answer.access_token)['preferred_username'], 'ada');
  } finally {
    if (process.env['HEADWATER_KEYCLOAK_KEEP']) console.log(`kept: HEADWATER_KEYCLOAK_REALM=${name}`);
    else await fetch(`${keycloak}/admin/realms/${name}`, { method: 'DELETE', headers: { authorization } });
  }
});
