import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startConfig } from '@headwater/config';
import { startGateway } from '../index.ts';
import { backend, until } from './support.ts';

test('routes of a Config Server follow its files, all or none, and calls under way are not disturbed', async () => {
  const repo = mkdtempSync(join(tmpdir(), 'headwater-gateway-'));
  try {
    const waiting: ServerResponse[] = [];
    await using upstream = await backend((req, res) => {
      if (req.url === '/slow') waiting.push(res);
      else res.end(`${req.url}`);
    });
    // A file appears whole or not at all.
    const save = (text: string): void => {
      writeFileSync(join(repo, 'new'), text);
      renameSync(join(repo, 'new'), join(repo, 'gateway.yml'));
    };
    const routes = (paths: readonly string[], extra = ''): string =>
      `spring.cloud.gateway.routes:\n${paths
        .map(
          (path) =>
            `  - id: ${path}\n    uri: ${upstream.url}\n    predicates: [Path=/${path}/**]\n    filters: [StripPrefix=1${extra}]\n`,
        )
        .join('')}resilience4j.circuitbreaker.instances.b.slidingWindowSize: ${paths.length}\n`;
    save(routes(['one'], ', CircuitBreaker=b'));
    const config = await startConfig({ repo, port: 0 });
    await using gateway = await startGateway({
      parts: {},
      routes: [
        { id: 'own', uri: upstream.url, predicates: ['Path=/own/**'] },
        { id: 'one', uri: 'http://127.0.0.1:1', predicates: ['Path=/one/**'] },
      ],
      configServer: { url: config.url },
    });
    const status = async (path: string): Promise<number> => {
      const answer = await fetch(`${gateway.url}${path}`);
      await answer.text();
      return answer.status;
    };
    const state = async (): Promise<{ problem: string | null; routes: number }> => {
      const answer = await fetch(`${gateway.url}/api/gateway/configuration`);
      return ((await answer.json()) as { configServer: { problem: string | null; routes: number } }).configServer;
    };
    const eventually = async (condition: () => Promise<boolean>, what: string): Promise<void> => {
      let holds = false;
      let isAsking = false;
      await until(() => {
        if (!isAsking) {
          isAsking = true;
          void condition().then((result) => {
            holds = result;
            isAsking = false;
          });
        }
        return holds;
      }, what);
    };
    await eventually(
      async () => (await status('/one/x')) === 200,
      'the first route: it replaces the one of the same id',
    );
    assert.equal(await status('/own/x'), 200);

    const slow = fetch(`${gateway.url}/one/slow`);
    await until(() => waiting.length === 1, 'a call is under way');
    save(routes(['two', 'three'], ', CircuitBreaker=b'));
    await eventually(async () => (await status('/two/x')) === 200, 'the new routes');
    assert.equal(await status('/three/x'), 200);
    waiting[0]!.end('done');
    assert.equal(await (await slow).text(), 'done', 'the call under way kept its route');
    const { breakers } = (await (await fetch(`${gateway.url}/api/gateway/breakers`)).json()) as {
      breakers: { config: { slidingWindowSize: number } }[];
    };
    assert.equal(breakers[0]!.config.slidingWindowSize, 2);

    save(routes(['four'], ', NoSuchFilter=1'));
    await eventually(async () => (await state()).problem !== null, 'the refusal');
    assert.match((await state()).problem!, /route "four": unknown filter "NoSuchFilter"/);
    assert.deepEqual([await status('/two/x'), await status('/four/x')], [200, 404]);

    save(routes(['five']));
    await eventually(async () => (await status('/five/x')) === 200, 'mended');
    assert.equal((await state()).problem, null);
    await config.close();
    assert.equal(await status('/five/x'), 200, 'without the server the last routes stay');
  } finally {
    rmSync(repo, { recursive: true, force: true });
  }
});
