import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startConfig } from '../index.ts';
import { TestRepository } from './support/git-repository.ts';

const root = mkdtempSync(join(tmpdir(), 'headwater-config-git-'));
const closers: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closers) await close();
  rmSync(root, { recursive: true, force: true });
});

interface Answer {
  label: string | null;
  version: string;
  state: string;
  propertySources: { name: string; source: Record<string, unknown> }[];
}

async function start(repo: string, more: object = {}): Promise<(path: string) => Promise<Response>> {
  const server = await startConfig({ repo, port: 0, ...more });
  closers.push(() => server.close());
  return (path) => fetch(server.url + path);
}

test('labels are branches, tags and commits, of a working copy and of a bare repository', async () => {
  const repository = await TestRepository.create(join(root, 'labels'));
  const first = await repository.commit({ 'orders.yml': 'v: 1\n', 'sub/orders.yml': 'deep: 1\n', 'a.txt': 'one' });
  await repository.tag('v1');
  await repository.branch('feature/x');
  const featured = await repository.commit({ 'orders.yml': 'v: featured\n' });
  await repository.tag('two', true);
  await repository.checkout('main');
  const second = await repository.commit({ 'orders.yml': 'v: 2\n' });
  const bare = join(root, 'bare.git');
  cpSync(join(repository.dir, '.git'), bare, { recursive: true });

  for (const repo of [repository.dir, bare]) {
    const get = await start(repo, { isCommittedOnly: true });
    const uri = `file://${repo}`;
    const answers = async (path: string): Promise<unknown[]> => {
      const { label, version, state, propertySources } = (await (await get(path)).json()) as Answer;
      return [label, version, state, propertySources.map(({ name, source }) => [name, source])];
    };
    const source = (v: unknown) => [[`${uri}/orders.yml`, { v }]];
    assert.deepEqual(await answers('/orders/dev'), [null, second, '', source(2)]);
    assert.deepEqual(await answers('/orders/dev/main'), ['main', second, '', source(2)]);
    assert.deepEqual(await answers('/orders/dev/feature(_)x'), ['feature/x', featured, '', source('featured')]);
    assert.deepEqual(await answers('/orders/dev/v1'), ['v1', first, '', source(1)]);
    assert.deepEqual(await answers('/orders/dev/two'), ['two', featured, '', source('featured')]);
    assert.deepEqual(await answers(`/orders/dev/${first.slice(0, 8)}`), [first.slice(0, 8), first, '', source(1)]);
    assert.deepEqual(await answers('/orders/dev/v1,feature(_)x'), [
      'v1,feature/x',
      `${first},${featured}`,
      '',
      [...source('featured'), ...source(1)],
    ]);
    assert.equal((await get('/orders/dev/nothing')).status, 404);
    assert.equal((await get('/orders/dev/v1,nothing')).status, 404);
    assert.equal(await (await get('/orders/dev/v1/a.txt')).text(), 'one');
    const searched = await start(repo, { searchPaths: ['s*'], isCommittedOnly: true });
    const found = (await (await searched('/orders/dev')).json()) as Answer;
    assert.deepEqual(
      found.propertySources.map(({ name }) => name),
      [`${uri}/sub/orders.yml`, `${uri}/orders.yml`],
    );
  }
});

test('the branch that is checked out is served as its files are; others are never checked out', async () => {
  const repository = await TestRepository.create(join(root, 'work'), 'master');
  await repository.commit({ 'orders.yml': 'v: 1\n' });
  const get = await start(repository.dir);
  const value = async (path = '/orders/dev') =>
    ((await (await get(path)).json()) as Answer).propertySources[0]!.source['v'];
  assert.equal(await value(), 1, 'main falls back to master');
  writeFileSync(join(repository.dir, 'orders.yml'), 'v: not yet committed\n');
  assert.equal(await value(), 'not yet committed');
  assert.equal(await value('/orders/dev/master'), 'not yet committed');
  await repository.branch('other');
  assert.equal(await value('/orders/dev/master'), 1, 'another branch is checked out now');
  assert.equal((await get('/orders/dev/master/.git/config')).status, 404);
});

test('a commit is seen by the next request; links stay inside', async () => {
  const repository = await TestRepository.create(join(root, 'links'));
  writeFileSync(join(root, 'outside.txt'), 'outside');
  symlinkSync('../outside.txt', join(repository.dir, 'out.txt'));
  symlinkSync('in.txt', join(repository.dir, 'link.txt'));
  await repository.commit({ 'in.txt': 'inside', 'orders.yml': 'v: 1\n' });
  const get = await start(repository.dir, { isCommittedOnly: true });
  for (const name of ['out.txt', 'link.txt']) {
    const text = await (await get(`/orders/dev/main/${name}`)).text();
    assert.ok(!text.includes('outside'), name);
  }
  const second = await repository.commit({ 'orders.yml': 'v: 2\n' });
  assert.equal(((await (await get('/orders/dev')).json()) as Answer).version, second);
});
