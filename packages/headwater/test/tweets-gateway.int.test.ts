import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HeadwaterProcess, startHeadwater, waitFor } from './headwater-process.ts';

// The tweets behind the gateway: two instances of one service, limits by user that change live, and answers when a service does not answer.

const data = mkdtempSync(join(tmpdir(), 'headwater-tweets-gateway-'));
const processes: HeadwaterProcess[] = [];

after(async () => {
  for (const each of processes) await each.kill();
  rmSync(data, { recursive: true, force: true });
});

interface Instance {
  service: string;
  id: string;
  url: string;
  requests: number;
}

async function instances(gateway: string): Promise<Instance[]> {
  const response = await fetch(`${gateway}/api/gateway/instances`);
  assert.equal(response.status, 200);
  return ((await response.json()) as { instances: Instance[] }).instances;
}

async function tokenOf(issuer: string, username: string): Promise<string> {
  const password = `${username}-password`;
  const body = { grant_type: 'password', client_id: 'headwater-web', scope: 'openid', username, password };
  const response = await fetch(`${issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams(body),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  assert.ok(token, `a token of ${username}: ${response.status}`);
  return token;
}

/** A route whose limit is another, as a person would write it into the config repository. */
const limitedTo = (limit: string) => `gateway:
  routes:
    - id: query-service
      uri: lb://query-service
      predicates: [Path=/query/**]
      filters: [StripPrefix=1, "RequestRateLimiter=${limit}"]
`;

test('query-service runs twice; its route is limited by user, and the limit changes live', async () => {
  const dir = join(data, 'one');
  const running = await startHeadwater(['--data', dir, '--ports', 'auto', '--example', 'tweets']);
  processes.push(running);
  const { gateway = '', identity = '' } = running.addresses as Record<string, string>;
  const documents = `${gateway}/query/documents?limit=1`;
  const first = await fetch(documents);
  assert.equal(first.status, 200, 'ready means that the routes lead somewhere');
  await first.arrayBuffer();
  for (const [name, value] of [
    ['x-ratelimit-replenish-rate', '5'],
    ['x-ratelimit-burst-capacity', '10'],
    ['x-ratelimit-requested-tokens', '1'],
  ] as const)
    assert.equal(first.headers.get(name), value);
  assert.ok(Number(first.headers.get('x-ratelimit-remaining')) < 10);

  await waitFor(
    async () => (await instances(gateway)).filter(({ service }) => service === 'query-service').length === 2,
    60_000,
    'two instances',
  );
  assert.match(running.output(), /query-service +http/);
  assert.match(running.output(), /query-service-2 +http/);

  const file = join(dir, 'config', 'gateway.yml');
  const headOf = async (name: string): Promise<string | null> => {
    const response = await fetch(documents);
    await response.arrayBuffer();
    await sleep(100);
    return response.headers.get(name);
  };
  // One an hour: whoever asks twice is refused, on a slow machine too.
  writeFileSync(file, limitedTo('1, 3600, user|address, 3600'));
  await waitFor(async () => (await headOf('x-ratelimit-burst-capacity')) === '3600', 60_000, 'the strict limit');
  const refused = await fetch(documents);
  assert.equal(refused.status, 429, await refused.text());
  assert.equal(refused.headers.get('x-ratelimit-requested-tokens'), '3600');
  assert.ok(Number(refused.headers.get('retry-after')) > 60);

  // Others have buckets of their own.
  for (const user of ['ada', 'grace']) {
    const headers = { authorization: `Bearer ${await tokenOf(identity, user)}` };
    const statuses: number[] = [];
    for (let i = 0; i < 2; i++) {
      const response = await fetch(documents, { headers });
      await response.arrayBuffer();
      statuses.push(response.status);
    }
    assert.deepEqual(statuses, [200, 429], user);
  }
  const forged = await fetch(documents, { headers: { authorization: `Bearer ${'x'.repeat(40)}` } });
  assert.equal(forged.status, 401);

  writeFileSync(file, limitedTo('500, 1000, user|address'));
  await waitFor(async () => (await headOf('x-ratelimit-burst-capacity')) === '1000', 60_000, 'the generous limit');
  for (let i = 0; i < 40; i++) {
    const response = await fetch(documents);
    await response.arrayBuffer();
    assert.equal(response.status, 200);
  }
  const both = (await instances(gateway)).filter(({ service }) => service === 'query-service');
  assert.ok(
    both.every(({ requests }) => requests > 0),
    JSON.stringify(both),
  );
  const { code } = await running.stop();
  assert.equal(code, 0);
});

test('without discovery the routes lead to what was started', async () => {
  const parts = 'kafka,registry,search,gateway';
  const flags = ['--data', join(data, 'two'), '--ports', 'auto', '--example', 'tweets', '--only', parts, '--isolate'];
  const running = await startHeadwater(flags);
  processes.push(running);
  const { gateway = '' } = running.addresses as Record<string, string>;
  await waitFor(
    async () => {
      const response = await fetch(`${gateway}/query/documents?limit=1`);
      const body = await response.json();
      await sleep(250);
      return response.ok && Array.isArray(body);
    },
    60_000,
    'documents',
  );
  for (const path of ['streams-fallback', 'query-fallback']) {
    const response = await fetch(`${gateway}/fallback/${path}`, { method: 'POST' });
    assert.equal(response.status, 200);
    const body = (await response.json()) as { wordCount?: number; fallbackMessage?: string };
    assert.ok(body.wordCount === 0 || body.fallbackMessage !== undefined, JSON.stringify(body));
  }
  const { code } = await running.stop();
  assert.equal(code, 0);
});
