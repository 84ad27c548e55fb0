import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { backend, gatewayTo, until } from './support.ts';

const limited = (url: string, ...filters: unknown[]) => ({
  routes: [{ id: 'r', uri: url, predicates: ['Path=/r/**'], filters: ['StripPrefix=1', ...(filters as string[])] }],
});

/** So many requests, and then none for a minute: tests on slow machines must not get tokens back. */
const spring = (requests: number, more: object = {}) => ({
  name: 'RequestRateLimiter',
  args: {
    'redis-rate-limiter.replenishRate': 1,
    'redis-rate-limiter.burstCapacity': requests * 600,
    'redis-rate-limiter.requestedTokens': 600,
    'key-resolver': '#{@ipKeyResolver}',
    ...more,
  },
});

test('a limit in the words of Spring: its headers, 429 with Retry-After, and the fields of the draft', async () => {
  await using up = await backend((_, res) => res.end('ok'));
  await using gateway = await gatewayTo(up.url, limited(up.url, spring(3)));
  for (const left of [1_200, 600, 0]) {
    const answer = await fetch(`${gateway.url}/r/a`);
    assert.equal(answer.status, 200);
    const remaining = Number(answer.headers.get('x-ratelimit-remaining'));
    assert.ok(remaining >= left && remaining < left + 600, `${remaining} remain, not ${left}`);
    assert.equal(answer.headers.get('x-ratelimit-replenish-rate'), '1');
    assert.equal(answer.headers.get('x-ratelimit-burst-capacity'), '1800');
    assert.equal(answer.headers.get('x-ratelimit-requested-tokens'), '600');
    assert.equal(answer.headers.get('ratelimit-policy'), '"r";q=1800;w=1800');
    assert.match(answer.headers.get('ratelimit')!, new RegExp(`^"r";r=${left / 600};t=\\d+$`));
  }
  const refused = await fetch(`${gateway.url}/r/a`);
  assert.equal(refused.status, 429);
  const { error } = (await refused.json()) as { error: { code: string; retryAfterMs: number } };
  assert.equal(error.code, 'HW_GATEWAY_RATE_LIMITED');
  assert.ok(error.retryAfterMs > 0 && error.retryAfterMs <= 600_000);
  assert.equal(refused.headers.get('retry-after'), String(Math.ceil(error.retryAfterMs / 1_000)));
});

test('keys, tokens and refusals can be seen, and buckets filled again', async () => {
  await using up = await backend((_, res) => res.end('ok'));
  await using gateway = await gatewayTo(up.url, limited(up.url, spring(1)));
  assert.equal((await fetch(`${gateway.url}/r/a`)).status, 200);
  assert.equal((await fetch(`${gateway.url}/r/a`)).status, 429);
  type State = { store: { kind: string }; keys: Record<string, unknown>[]; refused: number };
  const state = (await (await fetch(`${gateway.url}/api/gateway/limits`)).json()) as State;
  assert.equal(state.store.kind, 'memory');
  assert.equal(state.refused, 1);
  const [{ remaining, ...shown }] = state.keys as [Record<string, unknown>];
  assert.ok(Number(remaining) < 600);
  assert.equal(state.keys.length, 1);
  assert.deepEqual(shown, {
    route: 'r',
    key: '127.0.0.1',
    resolver: '#{@ipKeyResolver}',
    replenishRate: 1,
    burstCapacity: 600,
    requestedTokens: 600,
    allowed: 1,
    refused: 1,
    source: 'memory',
  });
  const reset = await fetch(`${gateway.url}/api/gateway/limits?route=r&key=127.0.0.1`, { method: 'DELETE' });
  assert.deepEqual(await reset.json(), { reset: 1 });
  assert.equal((await fetch(`${gateway.url}/r/a`)).status, 200);
  const events = await fetch(`${gateway.url}/api/gateway/limits`, { headers: { accept: 'text/event-stream' } });
  const { value } = await events.body!.getReader().read();
  assert.match(Buffer.from(value!).toString(), /^event: limits\ndata: \{/);
});

test('routes that are replaced keep their buckets while the limit is the same', async () => {
  await using up = await backend((_, res) => res.end('ok'));
  const { routes } = limited(up.url, spring(1));
  await using gateway = await gatewayTo(up.url, { routes });
  assert.equal((await fetch(`${gateway.url}/r/a`)).status, 200);
  gateway.setRoutes(routes);
  assert.equal((await fetch(`${gateway.url}/r/a`)).status, 429);
});

test('a request that names no key is refused with 403, or passes, as configured', async () => {
  await using up = await backend((_, res) => res.end('ok'));
  const byTenant = (more: object) => limited(up.url, spring(1, { 'key-resolver': 'header:X-Tenant', ...more }));
  for (const [more, status] of [
    [{}, 403],
    [{ 'empty-key-status': 'UNAUTHORIZED' }, 401],
    [{ 'deny-empty-key': false }, 200],
  ] as const) {
    await using gateway = await gatewayTo(up.url, byTenant(more));
    assert.equal((await fetch(`${gateway.url}/r/a`)).status, status);
    assert.equal((await fetch(`${gateway.url}/r/a`, { headers: { 'x-tenant': 'a' } })).status, 200);
    assert.equal((await fetch(`${gateway.url}/r/a`, { headers: { 'x-tenant': 'b' } })).status, 200);
    assert.equal((await fetch(`${gateway.url}/r/a`, { headers: { 'x-tenant': 'b' } })).status, 429);
  }
});

test('arguments nested as YAML has them, the short form, several limits on one route', async () => {
  await using up = await backend((_, res) => res.end('ok'));
  const nested = {
    name: 'RequestRateLimiter',
    args: { 'redis-rate-limiter': { 'replenish-rate': 1, burstCapacity: 1_000 }, keyResolver: 'route' },
  };
  await using gateway = await gatewayTo(up.url, limited(up.url, nested, 'RequestRateLimiter=1,1200,address,600'));
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) statuses.push((await fetch(`${gateway.url}/r/a`)).status);
  assert.deepEqual(statuses, [200, 200, 429]);
});

test('what cannot be meant is refused when the route is read', async () => {
  const refused = async (args: object): Promise<string> => {
    const filter = { name: 'RequestRateLimiter', args };
    return await gatewayTo('http://127.0.0.1:1', limited('http://127.0.0.1:1', filter)).then(
      () => assert.fail(JSON.stringify(args)),
      (error: Error) => error.message,
    );
  };
  assert.match(await refused({}), /replenishRate is missing/);
  assert.match(await refused({ replenishRate: 0 }), /at least 1 token/);
  assert.match(await refused({ replenishRate: 'ten' }), /whole number/);
  assert.match(await refused({ replenishRate: 10, burstCapacity: 5 }), /must not be less/);
  assert.match(await refused({ replenishRate: 1, burstCapacity: 1, requestedTokens: 2 }), /ever holds/);
  assert.match(await refused({ replenishRate: 1, keyResolver: '#{@myBean}' }), /"myBean" is not known/);
  assert.match(await refused({ replenishRate: 1, 'rate-limiter': '#{@mine}' }), /only redis-rate-limiter/);
});

test('requests under way at once are limited, and their places come back however they end', async () => {
  const waiting = new Map<string, () => void>();
  await using up = await backend(
    (req, res) => void waiting.set(req.url!, () => (req.url === '/cut' ? res.destroy() : res.end('ok'))),
  );
  await using gateway = await gatewayTo(up.url, limited(up.url, 'ConcurrencyLimit=2'));
  const leaving = new AbortController();
  const first = fetch(`${gateway.url}/r/cut`, { method: 'POST' });
  const second = assert.rejects(fetch(`${gateway.url}/r/left`, { signal: leaving.signal }));
  await until(() => waiting.size === 2, 'two requests under way');
  const third = await fetch(`${gateway.url}/r/c`);
  assert.equal(third.status, 429);
  assert.equal(third.headers.get('retry-after'), '1');
  const inFlight = async (): Promise<unknown[]> =>
    ((await (await fetch(`${gateway.url}/api/gateway/limits`)).json()) as { inFlight: unknown[] }).inFlight;
  assert.deepEqual(await inFlight(), [{ route: 'r', key: 'r', max: 2, count: 2, refused: 1 }]);
  waiting.get('/cut')!();
  leaving.abort();
  assert.equal((await first).status, 502);
  await second;
  while ((await inFlight()).length > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  const last = fetch(`${gateway.url}/r/d`);
  await until(() => waiting.has('/d'), 'a place again');
  waiting.get('/d')!();
  assert.equal((await last).status, 200);
});

test('Redis that does not answer: this gateway goes on with its share and says so, or nothing passes', async (t) => {
  await using up = await backend((_, res) => res.end('ok'));
  // Takes connections and stays silent: the worst way to be down.
  const silent = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  t.after(() => silent.close());
  const redis = { url: `redis://:pass-word@127.0.0.1:${(silent.address() as AddressInfo).port}`, timeoutMs: 50 };
  {
    await using gateway = await gatewayTo(up.url, { ...limited(up.url, spring(4)), redis, limits: { gateways: 2 } });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) {
      const answer = await fetch(`${gateway.url}/r/a`);
      statuses.push(answer.status);
      assert.equal(answer.headers.get('x-ratelimit-source'), 'local');
    }
    assert.deepEqual(statuses, [200, 200, 429, 429]);
    const read = async () => {
      const state = (await (await fetch(`${gateway.url}/api/gateway/limits`)).json()) as Record<string, unknown>;
      return state['store'] as Record<string, unknown>;
    };
    while ((await read())['state'] !== 'down') await new Promise((resolve) => setTimeout(resolve, 5));
    const { kind, share, fail, error } = await read();
    assert.deepEqual({ kind, share, fail }, { kind: 'redis', share: 0.5, fail: 'local' });
    assert.ok(typeof error === 'string' && !error.includes('pass-word'), String(error));
    const health = await fetch(`${gateway.url}/health`);
    assert.deepEqual(
      [health.status, await health.json()],
      [200, { status: 'UP', components: { redis: { status: 'DOWN' } } }],
    );
    const metrics = await (await fetch(`${gateway.url}/api/gateway/metrics`)).text();
    assert.match(metrics, /^headwater_gateway_redis_up 0$/m);
    assert.match(metrics, /^headwater_gateway_limit_without_redis_total\{policy="local"\} 4$/m);
    assert.match(metrics, /^headwater_gateway_limit_decisions_total\{outcome="refused"\} 2$/m);
  }
  await using gateway = await gatewayTo(up.url, {
    ...limited(up.url, spring(4)),
    redis,
    limits: { fail: 'closed' },
  });
  const answer = await fetch(`${gateway.url}/r/a`);
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get('retry-after'), '1');
  assert.equal(answer.headers.get('x-ratelimit-source'), 'closed');
  const health = await fetch(`${gateway.url}/actuator/health`);
  assert.deepEqual([health.status, ((await health.json()) as { status: string }).status], [503, 'DOWN']);
});
