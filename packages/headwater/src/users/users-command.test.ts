import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { type Identity, startIdentity } from '@headwater/identity';
import { usersCommand } from './users-command.ts';

let identity: Identity;
before(async () => {
  identity = await startIdentity({ port: 0 });
});
after(() => identity?.close());

async function users(args: string[], password = '', env: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const lines: string[] = [];
  const input = Readable.from(password === '' ? [] : [`${password}\n`]);
  const { signal } = new AbortController();
  const say = (line: string): void => void lines.push(line);
  const all = ['--identity', identity.issuer, ...args];
  assert.equal(await usersCommand(all, { env, cwd: import.meta.dirname, input, say, signal }), 0);
  return lines;
}

async function login(username: string, password: string): Promise<number> {
  const form = { grant_type: 'password', client_id: 'headwater-web', username, password };
  const url = `${identity.issuer}/protocol/openid-connect/token`;
  return (await fetch(url, { method: 'POST', body: new URLSearchParams(form) })).status;
}

test('a user is added, listed, given a password and roles, and removed', async () => {
  const added = await users(['add', 'alan', '--roles', 'viewer,operator', '--email', 'alan@example.org'], 'enigma');
  assert.deepEqual(added, ['alan is there, with viewer, operator']);
  assert.equal(await login('alan', 'enigma'), 200);
  assert.ok((await users(['list'])).some((line) => /^alan +viewer, operator$/.test(line)));
  assert.deepEqual(await users(['password', 'alan'], 'bombe'), ['alan has a new password']);
  assert.equal(await login('alan', 'bombe'), 200);
  assert.deepEqual(await users(['roles', 'alan', 'admin', 'viewer']), ['alan: viewer, admin']);
  assert.deepEqual(await users(['roles', 'alan']), ['alan: viewer, admin']);
  assert.deepEqual(await users(['remove', 'alan']), ['alan is removed']);
  await assert.rejects(users(['remove', 'alan']), { code: 'HW_USERS_UNKNOWN' });
});

test('what cannot be done says what to do', async () => {
  await assert.rejects(users(['add', 'bob']), { code: 'HW_CLI_USAGE', message: /no password/ });
  await assert.rejects(users(['rename', 'bob']), { code: 'HW_CLI_USAGE', message: /list\|add/ });
  await assert.rejects(users(['list', 'bob']), { code: 'HW_CLI_USAGE' });
  await assert.rejects(users(['add', 'bob', '--roles', 'king'], 'x'), { code: 'HW_USERS_FAILED', message: /king/ });
  await assert.rejects(users(['remove', 'bob']), { code: 'HW_USERS_UNKNOWN' });
  await assert.rejects(users(['add', 'ada'], 'x'), { code: 'HW_USERS_FAILED', message: /exists/ });
  await assert.rejects(users(['list'], '', { HEADWATER_TOKEN: 'nonsense' }), { code: 'HW_USERS_REFUSED' });
  const service = { HEADWATER_CLIENT_ID: 'headwater-service', HEADWATER_CLIENT_SECRET: 'headwater-service-secret' };
  await assert.rejects(users(['list'], '', service), { code: 'HW_USERS_REFUSED', message: /role admin/ });
  await assert.rejects(users(['list', '--identity', 'http://127.0.0.1:1/realms/x']), { code: 'HW_USERS_UNREACHABLE' });
});
