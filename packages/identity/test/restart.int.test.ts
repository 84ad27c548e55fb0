import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { type IdentityOptions, type RealmRepresentation, startIdentity, type UserRepresentation } from '../index.ts';
import { BrowserSession, codeRequest, exchange, loginForCode } from './support/browser-session.ts';
import { endpoint, problem, tokenRequest, tokens } from './support/target.ts';

const dir = mkdtempSync(join(tmpdir(), 'headwater-identity-'));
const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

async function startChild(port: number): Promise<{ child: ChildProcess; issuer: string }> {
  const module = new URL('../index.ts', import.meta.url).href;
  const code = `const { startIdentity } = await import(${JSON.stringify(module)});
    const identity = await startIdentity({ port: ${port}, dataDir: ${JSON.stringify(dir)} });
    console.log(identity.issuer);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  const [issuer] = (await once(child.stdout!, 'data')) as [Buffer];
  return { child, issuer: issuer.toString().trim() };
}

test('after kill -9: users, keys, sessions and refresh tokens are there, and used ones stay used', async () => {
  const first = await startChild(0);
  const browser = new BrowserSession(first.issuer);
  const request = codeRequest(first.issuer);
  const back = await loginForCode(browser, request);
  const given = await tokens(tokenRequest(first.issuer, exchange(request, back.searchParams.get('code')!)));
  const used = { grant_type: 'refresh_token', client_id: 'headwater-web', refresh_token: given.refresh_token! };
  const rotated = await tokens(tokenRequest(first.issuer, used));
  const made = await fetch(`${new URL(first.issuer).origin}/admin/realms/headwater/users`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      username: 'alan',
      enabled: true,
      credentials: [{ type: 'password', value: 'enigma-machine' }],
    }),
  });
  assert.equal(made.status, 201);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');

  const kept = readFileSync(join(dir, 'headwater', 'journal.jsonl'), 'utf8');
  for (const secret of [given.refresh_token!, rotated.refresh_token!, 'enigma-machine', 'ada-password']) {
    assert.ok(!kept.includes(secret), 'no token or password is in the file');
  }

  const { child, issuer } = await startChild(Number(new URL(first.issuer).port));
  assert.equal(issuer, first.issuer);
  await jwtVerify(rotated.access_token, createRemoteJWKSet(new URL(endpoint(issuer, 'certs'))), { issuer });
  const silent = await browser.visit(codeRequest(issuer, { prompt: 'none' }).url);
  assert.ok(new URL(silent.url).searchParams.get('code'), 'the session in the browser holds');
  const alan = { grant_type: 'password', client_id: 'headwater-web', username: 'alan', password: 'enigma-machine' };
  await tokens(tokenRequest(issuer, alan));
  const next = await tokens(tokenRequest(issuer, { ...used, refresh_token: rotated.refresh_token! }));
  assert.deepEqual(await problem(tokenRequest(issuer, used)), { status: 400, error: 'invalid_grant' });
  const ended = await problem(tokenRequest(issuer, { ...used, refresh_token: next.refresh_token! }));
  assert.equal(ended.error, 'invalid_grant', 'the second use ended the session, also over a restart');
  await assert.rejects(startIdentity({ port: 0, dataDir: dir }), { code: 'HW_IDENTITY_LOCKED' });
  child.kill('SIGTERM');
  await once(child, 'exit');
});

test('a rotated key signs at once, and the one before is published until its tokens are over', async () => {
  const identity = await startIdentity({ port: 0 });
  const form = {
    grant_type: 'password',
    client_id: 'headwater-web',
    username: 'ada',
    password: 'ada-password',
    scope: 'openid',
  };
  const before = await tokens(tokenRequest(identity.issuer, form));
  const kid = await identity.rotateKeys();
  const after = await tokens(tokenRequest(identity.issuer, form));
  const header = (token: string): { kid: string } =>
    JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString());
  assert.equal(header(after.access_token).kid, kid);
  assert.notEqual(header(before.access_token).kid, kid);
  const published = (await (await fetch(endpoint(identity.issuer, 'certs'))).json()) as {
    keys: Record<string, unknown>[];
  };
  assert.deepEqual(
    published.keys.map((key) => key['kid']),
    [kid, header(before.access_token).kid],
  );
  for (const key of published.keys) assert.equal(key['d'], undefined, 'no private key is published');
  for (const token of [before.access_token, after.access_token]) {
    const response = await fetch(endpoint(identity.issuer, 'userinfo'), {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(response.status, 200);
  }
  const refresh = { grant_type: 'refresh_token', client_id: 'headwater-web', refresh_token: before.refresh_token! };
  await tokens(tokenRequest(identity.issuer, refresh));
  await identity.close();
  await identity.close();
});

test('secrets that everybody knows are refused where strangers may come', async () => {
  const code = { code: 'HW_IDENTITY_DEFAULT_SECRET' };
  await assert.rejects(startIdentity({ port: 0, secure: true }), code);
  await assert.rejects(startIdentity({ port: 0, host: '0.0.0.0' }), code);
  await assert.rejects(startIdentity({ port: 0, secure: true, dataDir: dir }), code, 'also those that were kept');
  const identity = await startIdentity({ port: 0, secure: true, realm: { realm: 'own', users: [], clients: [] } });
  assert.match(identity.issuer, /\/realms\/own$/);
  const admin = await fetch(`${new URL(identity.issuer).origin}/admin/realms/own/users`);
  assert.equal(admin.status, 401, 'nobody administers without a token');
  await identity.close();
});

test('a kept user with a password that everybody knows is found, and no such password is taken or let in', async () => {
  const dataDir = join(dir, 'grown');
  const settings = (users: UserRepresentation[]): IdentityOptions => ({
    port: 0,
    dataDir,
    realm: { realm: 'own', clients: [{ clientId: 'web', publicClient: true, directAccessGrantsEnabled: true }], users },
  });
  const person = (username: string, value: string): UserRepresentation => ({
    username,
    credentials: [{ type: 'password', value }],
  });
  const options = settings([person('alan', 'enigma-machine'), person('eve', 'changeit')]);
  const grown = await startIdentity(options);
  const admin = `${new URL(grown.issuer).origin}/admin/realms/own`;
  const [eve] = (await (await fetch(`${admin}/users?username=eve`)).json()) as { id: string }[];
  const refused = { code: 'HW_IDENTITY_DEFAULT_SECRET', message: /user eve .*set another/ };
  const exported = (await (await fetch(`${admin}/export`)).json()) as RealmRepresentation;
  const known = exported.users!.find(({ username }) => username === 'eve')!.credentials!;
  await grown.close();
  await assert.rejects(startIdentity({ ...options, secure: true }), refused);
  await assert.rejects(startIdentity({ port: 0, realm: exported, secure: true }), refused, 'nor imported as a hash');

  const again = await startIdentity(options);
  const json = { 'content-type': 'application/json' };
  const set = (origin: string, value: string, headers = {}): Promise<Response> =>
    fetch(`${origin}/admin/realms/own/users/${eve!.id}/reset-password`, {
      method: 'PUT',
      headers: { ...json, ...headers },
      body: JSON.stringify({ type: 'password', value, temporary: false }),
    });
  const { origin } = new URL(again.issuer);
  assert.equal((await set(origin, 'a-word-of-her-own')).status, 204);
  const role = await fetch(`${origin}/admin/realms/own/roles`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ name: 'admin' }),
  });
  assert.equal(role.status, 201);
  const admins = await (await fetch(`${origin}/admin/realms/own/roles/admin`)).json();
  const given = await fetch(`${origin}/admin/realms/own/users/${eve!.id}/role-mappings/realm`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify([admins]),
  });
  assert.equal(given.status, 204);
  await again.close();

  for (let start = 0; start < 2; start++) {
    const secure = await startIdentity({ ...options, secure: true });
    const form = { grant_type: 'password', client_id: 'web', username: 'eve', password: 'a-word-of-her-own' };
    const { access_token: token } = await tokens(tokenRequest(secure.issuer, form));
    const authorization = `Bearer ${token}`;
    const taken = await set(new URL(secure.issuer).origin, 'changeit', { authorization });
    assert.equal(taken.status, 400, await taken.text());
    if (start === 1) {
      // A hash does not say what it is of: who has it is not let in.
      const made = await fetch(`${new URL(secure.issuer).origin}/admin/realms/own/users`, {
        method: 'POST',
        headers: { ...json, authorization },
        body: JSON.stringify({ username: 'mallory', enabled: true, credentials: known }),
      });
      assert.equal(made.status, 201);
      const login = { ...form, username: 'mallory', password: 'changeit' };
      assert.deepEqual(await problem(tokenRequest(secure.issuer, login)), { status: 400, error: 'invalid_grant' });
    }
    await secure.close();
  }
});

test('guessing is slowed, and says for how long', async () => {
  const identity = await startIdentity({ port: 0 });
  const form = { grant_type: 'password', client_id: 'headwater-web', username: 'ada', password: 'wrong' };
  // On a slow machine a second may pass between two attempts; the waits double faster than that.
  const statuses: number[] = [];
  let last: Response;
  do {
    last = await tokenRequest(identity.issuer, form);
    statuses.push(last.status);
  } while (last.status !== 429 && statuses.length < 16);
  assert.ok(statuses.length > 5);
  assert.equal(last.status, 429);
  assert.ok(Number(last.headers.get('retry-after')) >= 1);
  const other = { ...form, username: 'grace', password: 'grace-password' };
  assert.equal((await tokenRequest(identity.issuer, other)).status, 200, 'another user does not wait');
  await identity.close();
});
