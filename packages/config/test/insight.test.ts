import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startConfig } from '../index.ts';
import { TestRepository } from './support/git-repository.ts';

const root = mkdtempSync(join(tmpdir(), 'headwater-config-insight-'));
const closers: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closers) await close();
  rmSync(root, { recursive: true, force: true });
});

async function start(repo: string, more: object = {}) {
  const server = await startConfig({ repo, port: 0, ...more });
  closers.push(() => server.close());
  return async (path: string) => {
    const response = await fetch(server.url + path);
    return { status: response.status, body: JSON.parse(await response.text()) };
  };
}

test('explain tells who wins, who lost, and shows no secret', async () => {
  const repo = join(root, 'explain');
  mkdirSync(repo);
  const cipher = '88d56c507e61cb7c3dd8774f0efc40cf7578d5437791d9a33eb68c771d1372c0';
  writeFileSync(join(repo, 'application.yml'), 'size: 1\ngreeting: "hello ${size}"\nurl: "db://${db.password}@x"\n');
  writeFileSync(join(repo, 'orders.yml'), `size: 2\ndb.password: visible\nsealed: '{cipher}${cipher}'\n`);
  writeFileSync(join(repo, 'orders-dev.yml'), 'size: 1.50\n');
  const get = await start(repo, { encryptKey: 'peer-encrypt-key' });
  const { body } = await get('/api/explain?application=orders&profiles=dev&key=size');
  assert.deepEqual(body.keys, [
    {
      key: 'size',
      source: `file:${repo}/orders-dev.yml`,
      path: 'orders-dev.yml',
      origin: '1:7',
      value: '1.5',
      overridden: [
        { source: `file:${repo}/orders.yml`, path: 'orders.yml', origin: '1:7', value: 2 },
        { source: `file:${repo}/application.yml`, path: 'application.yml', origin: '1:7', value: 1 },
      ],
    },
  ]);
  const all = (await get('/api/explain?application=orders&profiles=dev')).body.keys;
  const values = Object.fromEntries(all.map((one: { key: string; value: unknown }) => [one.key, one.value]));
  assert.deepEqual(values, {
    'db.password': '******',
    greeting: 'hello ${size}',
    sealed: '******',
    size: '1.5',
    url: 'db://${db.password}@x',
  });
  assert.equal(all.find((one: { key: string }) => one.key === 'greeting').resolved, 'hello 1.5');
  assert.equal(all.find((one: { key: string }) => one.key === 'url').resolved, 'db://******@x');
  const diff = await get('/api/diff?application=orders&profile=default&toProfile=dev');
  assert.deepEqual(diff.body.changes, [{ key: 'size', kind: 'changed', from: 2, to: '1.5' }]);
  const other = await get('/api/diff?application=orders&profile=default&toApplication=nobody');
  assert.deepEqual(other.body.changes, [
    { key: 'db.password', kind: 'removed', from: '******', to: null },
    { key: 'sealed', kind: 'removed', from: '******', to: null },
    { key: 'size', kind: 'changed', from: 2, to: 1 },
  ]);
  const { body: known } = await get('/api/applications');
  assert.deepEqual(known.applications, [
    { name: 'application', profiles: [] },
    { name: 'orders', profiles: ['dev'] },
  ]);
  assert.equal((await get('/api/explain')).status, 400);
  assert.equal((await get('/api/explain?application=../x')).status, 400);
});

test('history has the commits with the keys that each changed', async () => {
  const repository = await TestRepository.create(join(root, 'history'));
  await repository.commit({ 'application.yml': 'a: 1\n', 'my-app.yml': 'x: 1\n' }, 'begin');
  await repository.commit({ 'my-app-dev.yml': 'x: 2\n' }, 'for developers', 'Grace');
  const last = await repository.commit({ 'my-app.yml': 'x: 1\ny: 2\n', 'billing.yml': 'b: 1\n' }, 'more');
  const get = await start(repository.dir, { isCommittedOnly: true });
  const { body } = await get('/api/history?application=my-app');
  const told = body.entries.map((entry: { message: string; author: string; files: object[] }) => [
    entry.message,
    entry.author,
    entry.files,
  ]);
  assert.deepEqual(told, [
    ['more', 'Ada <ada@example.org>', [{ path: 'my-app.yml', kind: 'changed', keys: [{ key: 'y', kind: 'added' }] }]],
    [
      'for developers',
      'Grace <grace@example.org>',
      [{ path: 'my-app-dev.yml', kind: 'added', keys: [{ key: 'x', kind: 'added' }] }],
    ],
    [
      'begin',
      'Ada <ada@example.org>',
      [
        { path: 'application.yml', kind: 'added', keys: [{ key: 'a', kind: 'added' }] },
        { path: 'my-app.yml', kind: 'added', keys: [{ key: 'x', kind: 'added' }] },
      ],
    ],
  ]);
  const first = (await get('/api/history?limit=1')).body;
  assert.equal(first.entries[0].version, last);
  const second = (await get(`/api/history?limit=5&before=${first.next}`)).body;
  assert.deepEqual(
    second.entries.map((entry: { message: string }) => entry.message),
    ['for developers', 'begin'],
  );
  assert.equal(second.next, null);
  assert.equal((await get('/api/history?label=nothing')).status, 404);
  const { body: known } = await get('/api/applications');
  assert.deepEqual(known.labels, ['main']);
  assert.deepEqual(
    known.applications.map((one: { name: string; profiles: string[] }) => [one.name, one.profiles]),
    [
      ['application', []],
      ['billing', []],
      ['my-app', ['dev']],
    ],
  );
});
