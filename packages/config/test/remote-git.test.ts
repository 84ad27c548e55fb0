import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startConfig } from '../index.ts';
import { openEvents } from './support/event-stream.ts';
import { skipGitHttp, startGitHttp } from './support/git-http-server.ts';
import { TestRepository } from './support/git-repository.ts';

const root = mkdtempSync(join(tmpdir(), 'headwater-config-remote-'));
const closers: (() => Promise<void> | void)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
  rmSync(root, { recursive: true, force: true });
});

interface Answer {
  version: string;
  propertySources: { name: string; source: Record<string, unknown> }[];
}

test('a repository behind http is copied, followed, and served on while it is away', {
  skip: skipGitHttp,
}, async () => {
  const repository = await TestRepository.create(join(root, 'repo'));
  const first = await repository.commit({ 'orders.yml': 'v: 1\n' });
  await repository.tag('v1');
  const remote = await startGitHttp(root, 'reader:pass word');
  closers.push(() => remote.close());
  const repo = `${remote.url.replace('://', '://reader:pass%20word@')}/repo/.git`;
  const cacheDir = join(root, 'cache');
  const server = await startConfig({ repo, port: 0, cacheDir, refreshEveryMs: 3_600_000 });
  closers.push(() => server.close());
  const get = async (path: string): Promise<Answer> => (await (await fetch(server.url + path)).json()) as Answer;
  const answer = await get('/orders/dev');
  assert.equal(answer.version, first);
  assert.deepEqual(answer.propertySources, [{ name: `${remote.url}/repo/.git/orders.yml`, source: { v: 1 } }]);

  const stream = await openEvents(`${server.url}/api/watch?application=orders&profile=dev`);
  closers.push(() => stream.close());
  await stream.next();
  const second = await repository.commit({ 'orders.yml': 'v: 2\n' }, 'second', 'Grace');
  await repository.branch('feature/y');
  const third = await repository.commit({ 'orders.yml': 'v: 3\n' });
  const push = { headers: { 'x-github-event': 'push', 'content-type': 'application/json' } };
  const body = JSON.stringify({ commits: [{ added: [], removed: [], modified: ['orders.yml'] }] });
  const told = await fetch(`${server.url}/monitor`, { method: 'POST', ...push, body });
  assert.deepEqual(await told.json(), ['orders']);
  const change = await stream.next();
  assert.deepEqual([change.data['version'], change.data['author']], [second, 'Grace <grace@example.org>']);
  assert.equal((await get('/orders/dev/feature(_)y')).version, third);
  assert.equal((await get('/orders/dev/v1')).version, first);

  await remote.close();
  assert.equal((await get('/orders/dev')).version, second);
  const again = await startConfig({ repo, port: 0, cacheDir, refreshEveryMs: 3_600_000 });
  closers.push(() => again.close());
  assert.equal(((await (await fetch(`${again.url}/orders/dev`)).json()) as Answer).version, second);
});

test('a remote that is away or refuses is told of, and others are not taken', async () => {
  const server = await startConfig({ repo: 'http://127.0.0.1:9/none.git', port: 0 });
  closers.push(() => server.close());
  const answer = await fetch(`${server.url}/orders/dev`);
  assert.equal(answer.status, 404);
  assert.match(await answer.text(), /HW_CONFIG_NO_REPOSITORY/);
  assert.equal((await fetch(`${server.url}/actuator/health`)).status, 503);
  for (const repo of ['git@example.org:a/b.git', 'ssh://example.org/a.git', join(root, 'nothing')]) {
    await assert.rejects(startConfig({ repo, port: 0 }), /HW_CONFIG_OPTION|repo/);
  }
});
