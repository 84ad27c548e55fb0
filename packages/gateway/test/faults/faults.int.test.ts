import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '@headwater/resilience';
import { type Call, startGateway } from '../../index.ts';
import { backend, until } from '../support.ts';
import { CountedInstance } from './counted-instance.ts';
import { type Fault, FaultProxy } from './fault-proxy.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
console.log(`SEED=${seed}`);

interface Ended {
  id: string;
  method: string;
  status: number;
  retries: number;
  outcome: string;
  error: string;
}

/** Runs a job for each number, so many side by side. */
async function sideBySide(count: number, width: number, job: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < count) await job(next++);
    }),
  );
}

function randomFault(random: () => number): Fault {
  const dice = random();
  const upTo = (max: number): number => 1 + Math.floor(random() * max);
  if (dice < 0.15) return { kind: 'none' };
  if (dice < 0.3) return { kind: 'latency', ms: upTo(20) };
  if (dice < 0.55) return { kind: 'resetRequest', afterBytes: upTo(6_000) };
  if (dice < 0.88) return { kind: 'resetAnswer', afterBytes: upTo(20_000) };
  if (dice < 0.92) return { kind: 'silent' };
  return { kind: 'trickle', pieceBytes: 200 + upTo(400), everyMs: 2 };
}

test('under faults of the network and kill -9: what may be sent again is, what must not be is not', {
  timeout: 240_000,
}, async () => {
  const random = seededRandom(seed);
  const directory = mkdtempSync(join(tmpdir(), 'headwater-faults-'));
  const instances = [0, 1, 2].map((i) => new CountedInstance(join(directory, `instance-${i}`)));
  await Promise.all(instances.map((instance) => instance.start()));
  const proxies = await Promise.all(
    instances.map((instance) => FaultProxy.start(instance.port, () => randomFault(random))),
  );
  const ended: Ended[] = [];
  const retries = 4;
  const gateway = await startGateway({
    parts: {},
    routes: [
      {
        id: 'orders',
        uri: 'lb://orders',
        predicates: ['Path=/**'],
        filters: [{ name: 'Retry', args: { retries, methods: 'GET,POST', series: 'SERVER_ERROR' } }],
        metadata: { 'response-timeout': 300 },
      },
    ],
    instances: { orders: proxies.map(({ url }) => url) },
    timeouts: { bodyIdleTimeoutMs: 2_000 },
    retryBudget: { retryRatio: 100 },
    loadBalancer: { outlierDetection: { baseEjectionTimeMs: 200, intervalMs: 100 } },
    modules: [
      () => ({
        name: 'test',
        observers: [
          {
            ended: (call: Call) =>
              ended.push({
                id: String(call.req.headers['x-id']),
                method: call.method,
                status: call.status,
                retries: call.retries,
                outcome: String(call.outcome),
                error: call.errorCode,
              }),
          },
        ],
      }),
    ],
  });
  try {
    const answers = new Map<string, number>();
    const count = 600;
    let killed: Promise<void> | undefined;
    await sideBySide(count, 12, async (n) => {
      // One instance dies in the midst of it, and comes back at the same address.
      if (n === 150) killed = instances[1]!.kill();
      if (n === 350) {
        await killed;
        await instances[1]!.start();
      }
      const method = n % 3 === 0 ? 'POST' : 'GET';
      const id = `${method}-${n}`;
      const body = method === 'POST' ? 'b'.repeat(n) : undefined;
      try {
        const answer = await fetch(`${gateway.url}/${n}`, {
          method,
          headers: { 'x-id': id },
          ...(body !== undefined && { body }),
        });
        const text = await answer.text();
        answers.set(id, answer.status);
        if (answer.status === 200)
          assert.ok(text.startsWith(`${id} ${body?.length ?? 0} `), `${id}: ${text.slice(0, 60)}`);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        // Its answer was broken off: that is not hidden from the caller.
        answers.set(id, 0);
      }
    });
    await until(() => ended.length >= count, 'all calls have ended');
    const done = new Map<string, number>();
    for (const line of instances.flatMap((instance) => instance.done)) {
      const id = line.split(' ')[1]!;
      done.set(id, (done.get(id) ?? 0) + 1);
    }
    for (const [id, status] of answers) {
      const times = done.get(id) ?? 0;
      if (id.startsWith('POST')) assert.ok(times <= 1, `${id} was done ${times} times`);
      if (status === 200) assert.ok(times >= 1, `${id} was answered and not done`);
      assert.ok(times <= retries + 1, `${id} was sent ${times} times`);
    }
    for (const { id, method, status, retries: made, outcome, error } of ended) {
      if (status < 500 && outcome === 'answered') continue;
      // Once an answer has begun it cannot be taken back.
      if (outcome === 'cut' || outcome === 'cancelled') continue;
      const mayBeSentAgain = method === 'GET' || error === 'HW_GATEWAY_UPSTREAM_DOWN';
      if (mayBeSentAgain)
        assert.equal(made, retries, `${id} ended with ${status} ${error} and could have been tried again`);
    }
    const counts = { answered: 0, cut: 0, failed: 0, retried: 0 };
    for (const each of ended) {
      if (each.outcome === 'cut' || each.outcome === 'cancelled') counts.cut++;
      else if (each.status === 200) counts.answered++;
      else counts.failed++;
      if (each.retries > 0) counts.retried++;
    }
    console.log(JSON.stringify(counts));
    // Chance says which: a connection that lives long keeps its fault.
    assert.ok(counts.retried + counts.cut + counts.failed > 5, 'the faults were felt');
    const gets = ended.filter(
      ({ method, outcome }) => method === 'GET' && outcome !== 'cut' && outcome !== 'cancelled',
    );
    assert.ok(gets.filter(({ status }) => status === 200).length > gets.length * 0.9, JSON.stringify(counts));
  } finally {
    await gateway.close();
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await Promise.all(instances.map((instance) => instance.kill()));
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a breaker under an error burst: its window, its rest, its trial', { timeout: 120_000 }, async () => {
  let isBursting = true;
  let seen = 0;
  const held: (() => void)[] = [];
  let isHolding = false;
  await using upstream = await backend(async (_req, res) => {
    seen++;
    if (isHolding) await new Promise<void>((resolve) => held.push(resolve));
    res.writeHead(isBursting ? 503 : 200).end();
  });
  await using gateway = await startGateway({
    parts: {},
    routes: [
      {
        id: 'orders',
        uri: upstream.url,
        predicates: ['Path=/orders/**'],
        filters: [{ name: 'CircuitBreaker', args: { statusCodes: '503' } }],
      },
    ],
    circuitBreakers: {
      orders: {
        slidingWindowSize: 20,
        minimumNumberOfCalls: 10,
        waitDurationInOpenState: '1s',
        permittedNumberOfCallsInHalfOpenState: 3,
        automaticTransitionFromOpenToHalfOpenEnabled: true,
      },
    },
  });
  const ask = async (): Promise<number> => {
    const answer = await fetch(`${gateway.url}/orders/1`);
    await answer.text();
    return answer.status;
  };
  const state = async (): Promise<string> => {
    const answer = await fetch(`${gateway.url}/api/gateway/breakers/orders`);
    return ((await answer.json()) as { state: string }).state;
  };
  for (let i = 0; i < 10; i++) await ask();
  assert.equal(seen, 10);
  const opened = await state();
  // On a machine that stood still for a second the trial may have begun.
  assert.ok(opened === 'OPEN' || opened === 'HALF_OPEN', opened);
  while ((await state()) !== 'HALF_OPEN') assert.equal(seen, 10, 'nothing comes through while it is open');
  isBursting = false;
  isHolding = true;
  const trial = Promise.all(Array.from({ length: 12 }, ask));
  await until(() => held.length === 3, 'the permitted calls');
  isHolding = false;
  while ((await state()) === 'HALF_OPEN' && held.length > 0) for (const release of held.splice(0)) release();
  const statuses = await trial;
  // Calls that came after the close went through.
  assert.ok(statuses.filter((status) => status === 200).length >= 3);
  assert.equal(await state(), 'CLOSED');
  assert.equal(await ask(), 200);
});

test('a slow instance gets few calls by least requests and power of two, its turn by round robin', {
  timeout: 120_000,
}, async () => {
  const counts = [0, 0, 0];
  const backends = await Promise.all(
    counts.map((_, i) =>
      backend((_req, res) => {
        counts[i]!++;
        if (i === 0) setTimeout(() => res.end(), 150);
        else res.end();
      }),
    ),
  );
  await using gateway = await startGateway({
    parts: {},
    routes: ['roundRobin', 'leastRequests', 'powerOfTwo'].map((strategy) => ({
      id: strategy,
      uri: 'lb://orders',
      predicates: [`Path=/${strategy}/**`],
      metadata: { 'load-balancer': strategy },
    })),
    instances: { orders: backends.map(({ url }) => url) },
  });
  for (const strategy of ['roundRobin', 'leastRequests', 'powerOfTwo']) {
    counts.fill(0);
    await sideBySide(240, 8, async (n) => {
      await (await fetch(`${gateway.url}/${strategy}/${n}`)).text();
    });
    console.log(`${strategy}: ${counts.join(', ')} of 240, the first one slow`);
    if (strategy === 'roundRobin') assert.deepEqual(counts, [80, 80, 80]);
    else assert.ok(counts[0]! < 72, `${strategy}: ${counts.join(', ')}`);
  }
  for (const each of backends) await each[Symbol.asyncDispose]();
});

test('an instance that recovers gets calls again when its ejection is over', { timeout: 120_000 }, async () => {
  let isBad = true;
  const counts = [0, 0];
  const backends = await Promise.all(
    counts.map((_, i) =>
      backend((_req, res) => {
        counts[i]!++;
        res.writeHead(i === 0 && isBad ? 500 : 200).end();
      }),
    ),
  );
  await using gateway = await startGateway({
    parts: {},
    routes: [{ id: 'orders', uri: 'lb://orders', predicates: ['Path=/orders/**'] }],
    instances: { orders: backends.map(({ url }) => url) },
    loadBalancer: { outlierDetection: { consecutive5xx: 3, intervalMs: 200, baseEjectionTimeMs: 1_000 } },
  });
  const ask = async (): Promise<unknown> => (await fetch(`${gateway.url}/orders/x`)).text();
  const instances = async (): Promise<{ isEjected: boolean }[]> => {
    const answer = await fetch(`${gateway.url}/api/gateway/instances`);
    return ((await answer.json()) as { instances: { isEjected: boolean }[] }).instances;
  };
  while (counts[0]! < 3) await ask();
  await until(() => counts[0] === 3, 'three failures');
  assert.equal((await instances())[0]!.isEjected, true);
  isBad = false;
  while ((await instances())[0]!.isEjected) await ask();
  const before = counts[0]!;
  for (let i = 0; i < 10; i++) await ask();
  assert.ok(counts[0]! > before);
  for (const each of backends) await each[Symbol.asyncDispose]();
});
