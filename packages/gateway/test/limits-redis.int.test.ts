import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Gateway } from '../index.ts';
import { RedisServer, redisMissing } from './redis-server.ts';
import { backend, gatewayTo } from './support.ts';

const limit = (replenishRate: number, burstCapacity: number, requestedTokens = 1) => ({
  name: 'RequestRateLimiter',
  args: { replenishRate, burstCapacity, requestedTokens, 'key-resolver': 'header:X-User' },
});

const routes = (uri: string, filter: object) => [
  { id: 'r', uri, predicates: ['Path=/r/**'], filters: ['StripPrefix=1', filter as { name: string }] },
];

async function ask(gateway: Gateway, user: string): Promise<Response> {
  const answer = await fetch(`${gateway.url}/r/a`, { headers: { 'x-user': user } });
  await answer.arrayBuffer();
  return answer;
}

async function store(gateway: Gateway): Promise<Record<string, unknown>> {
  const state = (await (await fetch(`${gateway.url}/api/gateway/limits`)).json()) as Record<string, unknown>;
  return state['store'] as Record<string, unknown>;
}

async function untilState(gateway: Gateway, state: string): Promise<void> {
  while ((await store(gateway))['state'] !== state) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('two gateways with one Redis: what passes is the burst and what time brings, to the token', {
  skip: redisMissing,
}, async () => {
  await using redis = await RedisServer.start();
  await using up = await backend((_, res) => res.end('ok'));
  const [rate, burst, offered] = [10, 500, 700];
  const options = { routes: routes(up.url, limit(rate, burst)), redis: { url: redis.url, timeoutMs: 10_000 } };
  await using first = await gatewayTo(up.url, options);
  await using second = await gatewayTo(up.url, options);
  const passed: Record<string, number> = { ada: 0, grace: 0 };
  const refused: Record<string, number> = { ada: 0, grace: 0 };
  let sent = 0;
  const startMs = performance.now();
  await Promise.all(
    Array.from({ length: 16 }, async (_, worker) => {
      while (sent < offered * 2) {
        const user = sent++ % 2 === 0 ? 'ada' : 'grace';
        const answer = await ask(worker % 2 === 0 ? first : second, user);
        assert.equal(answer.headers.get('x-ratelimit-source'), null);
        if (answer.status === 200) passed[user]!++;
        else if (answer.status === 429) refused[user]!++;
        else assert.fail(String(answer.status));
      }
    }),
  );
  const seconds = (performance.now() - startMs) / 1_000;
  for (const user of ['ada', 'grace']) {
    const most = burst + rate * seconds + 1;
    assert.equal(passed[user]! + refused[user]!, offered);
    const isEnough = passed[user]! >= Math.min(burst, offered);
    assert.ok(isEnough && passed[user]! <= most, `${passed[user]} passed in ${seconds} s, at most ${most} may`);
  }
  const reset = await fetch(`${second.url}/api/gateway/limits?key=ada`, { method: 'DELETE' });
  assert.equal(reset.status, 200);
  assert.equal((await ask(first, 'ada')).headers.get('x-ratelimit-remaining'), String(burst - 1));
});

test('Redis that is killed, frozen and back: never silent, and healed without a restart', {
  skip: redisMissing,
}, async () => {
  await using redis = await RedisServer.start();
  await using up = await backend((_, res) => res.end('ok'));
  const options = { routes: routes(up.url, limit(1, 2_400, 600)), redis: { url: redis.url, timeoutMs: 500 } };
  await using open = await gatewayTo(up.url, { ...options });
  await using closed = await gatewayTo(up.url, { ...options, limits: { fail: 'closed' } });
  // They count each other every five seconds.
  while ((await store(open))['share'] !== 0.5) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal((await ask(open, 'ada')).status, 200);
  await redis.down();
  await untilState(open, 'down');
  await untilState(closed, 'down');
  const local = await ask(open, 'ada');
  assert.deepEqual([local.status, local.headers.get('x-ratelimit-source')], [200, 'local']);
  // Three of four were left, half of that is this gateway's.
  assert.equal((await ask(open, 'ada')).status, 429);
  assert.equal((await ask(closed, 'ada')).status, 503);
  await redis.up();
  await untilState(open, 'up');
  await untilState(closed, 'up');
  assert.equal((await ask(closed, 'ada')).headers.get('x-ratelimit-source'), null);

  redis.freeze();
  const frozen = await Promise.all([ask(open, 'bob'), ask(open, 'bob')]);
  for (const answer of frozen) assert.equal(answer.headers.get('x-ratelimit-source'), 'local');
  assert.equal((await store(open))['state'], 'down');
  redis.thaw();
  await untilState(open, 'up');
  assert.equal((await ask(open, 'carol')).headers.get('x-ratelimit-source'), null);
});
