import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HeadwaterProcess, startHeadwater } from './headwater-process.ts';
import { SecureCaller } from './secure-caller.ts';

// The example under `--secure`: its services log in at the event store, ask for tokens and bring theirs, and one trace goes through all of them.

const dir = mkdtempSync(join(tmpdir(), 'headwater-secure-'));
const caller = new SecureCaller(dir);
let system: HeadwaterProcess;
let token: string;

before(async () => {
  system = await startHeadwater(['--secure', '--data', dir, '--ports', 'auto', '--example', 'tweets']);
  token = `Bearer ${await caller.tokenOf('query-service', system.addresses['identity']!)}`;
});
after(async () => {
  await system.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function until<Value>(
  ask: () => Promise<Value>,
  isFine: (value: Value) => boolean,
  what: string,
): Promise<Value> {
  for (let i = 0; i < 600; i++) {
    const value = await ask();
    if (isFine(value)) return value;
    await sleep(100);
  }
  throw new Error(`not within a minute: ${what}`);
}

test('tweets come to the query store, and are found with a token only', async () => {
  const url = `${system.addresses['gateway']}/query/documents/get-document-by-text`;
  assert.equal((await caller.ask(url, undefined, { text: 'kafka' })).status, 401);
  const { text } = await until(
    () => caller.ask(url, token, { text: 'kafka' }),
    ({ status, text }) => status === 200 && JSON.parse(text).total > 0 && JSON.parse(text).wordCount > 0,
    'a tweet with its word count',
  );
  assert.ok(JSON.parse(text).queryResponseModels.length > 0);
});

test('a call is one trace from the gateway to the word count', async () => {
  const links = `${system.addresses['zipkin']}/api/v2/dependencies?endTs=${Date.now() + 60_000}&lookback=3600000`;
  const wanted = ['gateway > query-service', 'query-service > streams'];
  await until(
    async () => {
      const { text } = await caller.ask(links, caller.basic('admin'));
      return (JSON.parse(text) as { parent: string; child: string }[]).map(
        ({ parent, child }) => `${parent} > ${child}`,
      );
    },
    (found) => wanted.every((link) => found.includes(link)),
    wanted.join(', '),
  );
});

test('counts come to the rows of analytics, and both instances of query-service are there', async () => {
  const url = `${system.addresses['gateway']}/analytics/get-word-count-by-word/kafka`;
  assert.equal((await caller.ask(url)).status, 401);
  await until(
    async () => {
      await sleep(250);
      return await caller.ask(url, token);
    },
    ({ status, text }) => status === 200 && JSON.parse(text).id !== undefined && JSON.parse(text).wordCount > 0,
    'a row of analytics',
  );
  await until(
    () => caller.ask(`${system.addresses['discovery']}/api/instances`, caller.basic('admin')),
    ({ status, text }) => {
      if (status !== 200) return false;
      const { services } = JSON.parse(text) as { services: { name: string; instances: unknown[] }[] };
      return services.find(({ name }) => name === 'QUERY-SERVICE')?.instances.length === 2;
    },
    'two instances of query-service',
  );
});

test('services have no door beside the gateway that is open', async () => {
  const { text } = await caller.ask(`${system.addresses['discovery']}/eureka/apps`, caller.basic('admin'));
  const addresses = [...text.matchAll(/<homePageUrl>([^<]+)</g)].map(([, url]) => url!);
  assert.ok(addresses.length >= 4, text.slice(0, 500));
  for (const address of addresses) {
    assert.match(address, /^https:/);
    assert.equal((await caller.ask(`${address}health`)).status, 200);
    for (const path of ['actuator/env', 'documents', 'get-word-count-by-word/kafka'])
      assert.ok([401, 404].includes((await caller.ask(`${address}${path}`)).status), `${address}${path}`);
  }
});

test('the services are watched: the monitor asks them, prometheus scrapes them', async () => {
  const ask = (part: string, path: string) => caller.ask(`${system.addresses[part]}${path}`, caller.basic('admin'));
  const wanted = ['twitter-to-kafka', 'kafka-to-elastic', 'streams', 'analytics', 'query-service'];
  await until(
    () => ask('monitor', '/services'),
    ({ status, text }) => {
      if (status !== 200) return false;
      const { services } = JSON.parse(text) as { services: { service: string; status: string }[] };
      return wanted.every((name) => services.some(({ service, status: is }) => service === name && is === 'UP'));
    },
    'each service UP in the monitor',
  );
  await until(
    () => ask('prometheus', '/api/v1/targets'),
    ({ status, text }) => {
      if (status !== 200) return false;
      const { activeTargets } = JSON.parse(text).data as {
        activeTargets: { health: string; labels: { job?: string } }[];
      };
      return wanted.every((name) => activeTargets.some(({ health, labels }) => labels.job === name && health === 'up'));
    },
    'a scrape of each service',
  );
});
