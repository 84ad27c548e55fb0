import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startHeadwater, waitFor } from './headwater-process.ts';

interface Configuration {
  own: { routes: number; appliedAtMs: number; problem: string | null };
}

test('routes of headwater.yaml follow the file: added, changed, broken, mended; calls under way are not disturbed', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'headwater-routes-'));
  const waiting: ServerResponse[] = [];
  const upstream = createServer((req, res) => {
    if (req.url === '/slow') waiting.push(res);
    else res.end(req.url);
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const uri = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const file = join(dir, 'headwater.yaml');
  // A file appears whole or not at all.
  const save = (text: string): void => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  const route = (id: string, filter = 'StripPrefix=1'): string =>
    `    - { id: ${id}, uri: "${uri}", predicates: ["Path=/${id}/**"], filters: ["${filter}"] }\n`;
  const routes = (...lines: string[]): string => `gateway:\n  routes:\n${lines.join('')}`;
  save(routes(route('one')));
  const running = await startHeadwater([
    '--config',
    file,
    '--data',
    join(dir, 'data'),
    '--ports',
    'auto',
    '--only',
    'gateway',
  ]);
  t.after(async () => {
    await running.kill();
    upstream.closeAllConnections();
    upstream.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const gateway = running.addresses['gateway']!;
  const ask = async (path: string): Promise<string> => {
    const answer = await fetch(gateway + path);
    const text = await answer.text();
    return answer.ok ? text : String(answer.status);
  };
  const own = async (): Promise<Configuration['own']> =>
    (JSON.parse(await ask('/api/gateway/configuration')) as Configuration).own;
  const becomes = (path: string, expected: string): Promise<unknown> =>
    waitFor(async () => (await ask(path)) === expected, 60_000, `${path} to answer ${expected}`);

  assert.equal(await ask('/one/x'), '/x');
  assert.deepEqual([await ask('/two/x'), (await own()).problem], ['404', null]);
  const slow = fetch(`${gateway}/one/slow`);
  await waitFor(() => waiting.length === 1, 60_000, 'a call under way');

  save(routes(route('one'), route('two')));
  await becomes('/two/x', '/x');
  save(routes(route('one', 'SetPath=/changed'), route('two')));
  await becomes('/one/x', '/changed');

  // Wrong for the gateway, and no YAML at all: the old routes go on, and why is told.
  for (const [broken, reason] of [
    [routes(route('one'), route('three', 'NoSuchFilter=1')), /route "three": unknown filter "NoSuchFilter"/],
    ['gateway: { routes: [ {', /headwater\.yaml/],
  ] as const) {
    save(broken);
    const problem = await waitFor(
      async () => {
        const { problem } = await own();
        return problem !== null && reason.test(problem) ? problem : undefined;
      },
      60_000,
      `the refusal ${reason}`,
    );
    assert.match(running.output(), /is refused, the old routes stay/, problem);
    assert.deepEqual([await ask('/one/x'), await ask('/two/x'), await ask('/three/x')], ['/changed', '/x', '404']);
  }
  // As it was before: nothing is wrong any more.
  save(routes(route('one', 'SetPath=/changed'), route('two')));
  await waitFor(async () => (await own()).problem === null, 60_000, 'the problem to be over');
  save(routes(route('three')));
  await becomes('/three/x', '/x');
  assert.deepEqual([await ask('/two/x'), (await own()).problem, (await own()).routes], ['404', null, 1]);

  waiting[0]!.end('done');
  assert.equal(await (await slow).text(), 'done', 'the call under way kept its route, which is gone by now');
});
