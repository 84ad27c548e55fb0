import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { type DiscoveredInstance, GatewayError, type InstanceSource, startGateway } from '../index.ts';
import { type Backend, backend, bodyOf, until } from './support.ts';

/** Discovery in the hands of a test. */
class TestDiscovery implements InstanceSource {
  state: InstanceSource['state'] = { status: 'current', lastFetchMs: Date.now(), error: null };
  readonly #instances = new Map<string, DiscoveredInstance[]>();
  readonly #listeners = new Set<(services: ReadonlySet<string>) => void>();

  set(service: string, instances: readonly (Backend | string)[], metadata: Record<string, string>[] = []): void {
    this.#instances.set(
      service,
      instances.map((each, i) => {
        const url = typeof each === 'string' ? each : each.url;
        return { instanceId: `${service}-${new URL(url).port}`, url, metadata: metadata[i] ?? {} };
      }),
    );
    for (const listener of this.#listeners) listener(new Set([service]));
  }

  instances(service: string): readonly DiscoveredInstance[] {
    return this.#instances.get(service.toLowerCase()) ?? [];
  }

  onChange(listener: (services: ReadonlySet<string>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Backends that answer with their number and count what they got. */
async function backends(
  count: number,
  answer: (i: number, req: IncomingMessage, res: ServerResponse) => unknown = (i, _req, res) => res.end(String(i)),
): Promise<{ list: Backend[]; seen: string[][] } & AsyncDisposable> {
  const seen: string[][] = Array.from({ length: count }, () => []);
  const list = await Promise.all(
    seen.map((requests, i) =>
      backend(async (req, res) => {
        requests.push(`${req.method} ${req.url} ${await bodyOf(req)}`.trim());
        await answer(i, req, res);
      }),
    ),
  );
  return {
    list,
    seen,
    async [Symbol.asyncDispose]() {
      for (const each of list) await each[Symbol.asyncDispose]();
    },
  };
}

test('a gateway tells when the services of its routes have instances', async () => {
  const discovery = new TestDiscovery();
  await using gateway = await startGateway({
    routes: ['orders', 'bills'].map((name) => ({ uri: `lb://${name}`, predicates: [`Path=/${name}`] })),
    parts: {},
    discovery,
  });
  const never = new AbortController().signal;
  const both = gateway.whenAllHaveInstances(['orders', 'bills'], never);
  discovery.set('orders', ['http://127.0.0.1:1']);
  assert.equal(await gateway.whenAllHaveInstances(['orders'], never), true);
  const gaveUp = new AbortController();
  const given = gateway.whenAllHaveInstances(['bills'], gaveUp.signal);
  gaveUp.abort();
  assert.equal(await given, false);
  discovery.set('bills', ['http://127.0.0.1:2']);
  assert.equal(await both, true);
});

/** An address where nothing listens. */
async function deadAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

const lb = (filters: string[] | object[] = [], metadata: Record<string, unknown> = {}, uri = 'lb://Orders') => ({
  id: 'orders',
  uri,
  predicates: ['Path=/orders/**'],
  filters: filters as string[],
  metadata,
});

test('lb:// follows discovery: in turn, by a name in any case, added and removed at once', async () => {
  await using three = await backends(3);
  const discovery = new TestDiscovery();
  discovery.set('orders', three.list.slice(0, 2));
  await using gateway = await startGateway({ parts: {}, routes: [lb()], discovery });
  const ask = async (count: number): Promise<string> => {
    const answers: string[] = [];
    for (let i = 0; i < count; i++) answers.push(await (await fetch(`${gateway.url}/orders/${i}`)).text());
    return answers.join('');
  };
  assert.equal(await ask(4), '0101');
  discovery.set('orders', three.list);
  assert.equal([...(await ask(6))].sort().join(''), '001122');
  discovery.set('orders', [three.list[2]!]);
  assert.equal(await ask(2), '22');
  discovery.set('orders', []);
  const none = await fetch(`${gateway.url}/orders/x`);
  assert.equal(none.status, 503);
  assert.equal(none.headers.get('retry-after'), '1');
  const { error } = (await none.json()) as { error: { code: string; message: string } };
  assert.equal(error.code, 'HW_GATEWAY_NO_INSTANCE');
  assert.match(error.message, /no instance of "orders" is UP \(as discovery said \d+ s ago\)/);
  discovery.state = { status: 'stale', lastFetchMs: Date.now() - 60_000, error: 'ECONNREFUSED' };
  assert.match(
    await (await fetch(`${gateway.url}/orders/x`)).text(),
    /said 6\d s ago; it does not answer now \(ECONNREFUSED\)/,
  );
});

test('a call that cannot be sent goes to another instance, whatever its method, and arrives once', async () => {
  await using two = await backends(2);
  const discovery = new TestDiscovery();
  discovery.set('orders', [await deadAddress(), ...two.list, await deadAddress()]);
  await using gateway = await startGateway({ parts: {}, routes: [lb()], discovery });
  const large = 'x'.repeat(3_000_000);
  for (let i = 0; i < 12; i++) {
    const body = i === 5 ? large : `body ${i}`;
    const answer = await fetch(`${gateway.url}/orders/${i}`, { method: 'POST', body });
    assert.equal(answer.status, 200, `call ${i}: ${await answer.text()}`);
  }
  const bodies = two.seen.flat().map((text) => text.replace(large, 'large'));
  assert.deepEqual(
    bodies.map((text) => Number(/orders\/(\d+)/.exec(text)![1])).sort((a, b) => a - b),
    Array.from({ length: 12 }, (_, i) => i),
  );
  assert.ok(bodies.includes('POST /orders/5 large'));
});

test('an instance that fails is ejected, and gets no calls', async () => {
  await using three = await backends(3, (i, _req, res) => res.writeHead(i === 0 ? 500 : 200).end(String(i)));
  await using gateway = await startGateway({
    parts: {},
    routes: [lb()],
    instances: { Orders: three.list.map(({ url }) => url) },
    loadBalancer: { outlierDetection: { consecutive5xx: 3 } },
  });
  for (let i = 0; i < 30; i++) await (await fetch(`${gateway.url}/orders/${i}`)).text();
  assert.equal(three.seen[0]!.length, 3);
  assert.equal(three.seen[1]!.length + three.seen[2]!.length, 27);
  const shown = async () => {
    const { instances } = (await (await fetch(`${gateway.url}/api/gateway/instances`)).json()) as {
      instances: { id: string; isEjected: boolean; reason: string | null; requests: number; source: string }[];
    };
    return instances;
  };
  const [first] = await shown();
  assert.deepEqual(
    [first!.id, first!.isEjected, first!.reason, first!.requests, first!.source],
    [three.list[0]!.url, true, '3 answers of 5xx in a row', 3, 'configuration'],
  );
  const back = await fetch(`${gateway.url}/api/gateway/instances/orders/${encodeURIComponent(first!.id)}`, {
    method: 'POST',
    body: '{"isEjected":false}',
  });
  assert.equal(back.status, 200);
  assert.equal((await shown())[0]!.isEjected, false);
});

test('sticky by header, by cookie, and by the id of an instance; least requests', async () => {
  await using three = await backends(3);
  const discovery = new TestDiscovery();
  discovery.set('orders', three.list);
  await using gateway = await startGateway({
    parts: {},
    routes: [lb([], { 'sticky-header': 'X-User', 'sticky-cookie': 'sid', 'load-balancer': 'least-requests' })],
    discovery,
  });
  const ask = async (headers: Record<string, string>): Promise<string> => {
    const answers = new Set<string>();
    for (let i = 0; i < 6; i++) answers.add(await (await fetch(`${gateway.url}/orders/${i}`, { headers })).text());
    return [...answers].join('');
  };
  const callers: Record<string, string>[] = [{ 'x-user': 'ada' }, { cookie: 'a=1; sid=grace' }];
  for (const headers of callers) assert.equal((await ask(headers)).length, 1);
  const { port } = new URL(three.list[1]!.url);
  assert.equal(await ask({ cookie: `sid=orders-${port}` }), '1');
});

test('Retry: another instance answers, and what must not be sent twice is not', async () => {
  let failing = 2;
  await using two = await backends(2, (i, _req, res) => {
    if (failing-- > 0) res.writeHead(502).end('no');
    else res.end(String(i));
  });
  await using gateway = await startGateway({
    parts: {},
    routes: [lb([{ name: 'Retry', args: { retries: 3, methods: 'GET,POST', backoff: { firstBackoff: '1ms' } } }])],
    instances: { Orders: two.list.map(({ url }) => url) },
    loadBalancer: { outlierDetection: { enforcingConsecutive5xx: 0 } },
  });
  const ask = async (init: RequestInit, failures = 2): Promise<[number, number]> => {
    failing = failures;
    const before = two.seen.flat().length;
    const answer = await fetch(`${gateway.url}/orders/1`, init);
    await answer.text();
    return [answer.status, two.seen.flat().length - before];
  };
  assert.deepEqual(await ask({}), [200, 3]);
  assert.deepEqual(await ask({}, 9), [502, 4], 'no more than the retries');
  assert.deepEqual(await ask({ method: 'POST', body: 'b' }), [502, 1], 'a POST may have been done');
  assert.deepEqual(await ask({ method: 'POST', body: 'b', headers: { 'idempotency-key': '1' } }), [200, 3]);
  assert.deepEqual(await ask({ method: 'DELETE' }), [502, 1], 'not among the methods');
});

test('Retry: a service that has asked another in vain, again and again, is not asked once more', async () => {
  const headers: Record<string, string> = { 'x-headwater-unanswered': 'stock' };
  await using two = await backends(2, (_i, _req, res) => res.writeHead(503, headers).end('stock is away'));
  await using gateway = await startGateway({
    parts: {},
    routes: [lb(['Retry=3,SERVICE_UNAVAILABLE,GET'])],
    instances: { Orders: two.list.map(({ url }) => url) },
    loadBalancer: { outlierDetection: { enforcingConsecutive5xx: 0 } },
  });
  const ask = async (): Promise<[number, string | null, number]> => {
    const before = two.seen.flat().length;
    const answer = await fetch(`${gateway.url}/orders/1`);
    await answer.text();
    return [answer.status, answer.headers.get('x-headwater-unanswered'), two.seen.flat().length - before];
  };
  assert.deepEqual(await ask(), [503, 'stock', 1]);
  delete headers['x-headwater-unanswered'];
  assert.deepEqual(await ask(), [503, null, 4]);
});

test('Retry: waits for Retry-After when it is short, leaves a long one to the caller, and keeps its budget', async () => {
  let after = '1';
  const times: number[] = [];
  await using one = await backends(1, (_i, _req, res) => {
    times.push(performance.now());
    if (times.length % 2 === 1) res.writeHead(503, { 'retry-after': after }).end();
    else res.end('ok');
  });
  await using gateway = await startGateway({
    parts: {},
    routes: [lb(['Retry=3,SERVICE_UNAVAILABLE,GET'])],
    instances: { Orders: [one.list[0]!.url] },
    retryBudget: { ttlMs: 60_000, minRetriesPerSecond: 1 / 60, retryRatio: 0 },
  });
  assert.equal((await fetch(`${gateway.url}/orders/1`)).status, 200);
  assert.ok(times[1]! - times[0]! >= 990, `${times[1]! - times[0]!} ms`);
  after = '60';
  times.length = 0;
  const long = await fetch(`${gateway.url}/orders/1`);
  assert.deepEqual([long.status, long.headers.get('retry-after'), times.length], [503, '60', 1]);
  after = '0';
  times.length = 0;
  assert.equal((await fetch(`${gateway.url}/orders/1`)).status, 503, 'the one retry in a minute is spent');
  assert.equal(times.length, 1);
});

test('CircuitBreaker: opens, refuses with Retry-After, tries again, and closes', async () => {
  let status = 500;
  await using one = await backends(1, (_i, _req, res) => res.writeHead(status).end('x'));
  await using gateway = await startGateway({
    parts: {},
    routes: [lb([{ name: 'CircuitBreaker', args: { name: 'b', statusCodes: [500, 'BAD_GATEWAY'] } }])],
    instances: { Orders: [one.list[0]!.url] },
    circuitBreakers: { b: { slidingWindowSize: 4, 'wait-duration-in-open-state': '10m' } },
    properties: {
      'resilience4j.circuitbreaker.instances.b.minimumNumberOfCalls': 4,
      'resilience4j.circuitbreaker.instances.b.permittedNumberOfCallsInHalfOpenState': 2,
    },
  });
  const ask = async (): Promise<Response> => {
    const answer = await fetch(`${gateway.url}/orders/1`);
    await answer.clone().text();
    return answer;
  };
  for (let i = 0; i < 4; i++) assert.equal((await ask()).status, 500);
  const refused = await ask();
  assert.equal(refused.status, 503);
  assert.ok(Number(refused.headers.get('retry-after')) > 500);
  const { error } = (await refused.json()) as { error: { code: string; message: string } };
  assert.equal(error.code, 'HW_GATEWAY_BREAKER_OPEN');
  assert.match(error.message, /"b" is OPEN: 4 of 4 calls failed \(100 %, threshold 50 %\)/);
  assert.equal(one.seen[0]!.length, 4, 'the service had its rest');
  status = 200;
  const change = (state: string): Promise<Response> =>
    fetch(`${gateway.url}/api/gateway/breakers/b`, {
      method: 'POST',
      body: JSON.stringify({ state, reason: 'a test' }),
    });
  assert.equal((await change('HALF_OPEN')).status, 200);
  assert.equal((await ask()).status, 200);
  const seen = async () => {
    const { breakers } = (await (await fetch(`${gateway.url}/api/gateway/breakers`)).json()) as {
      breakers: { state: string; permitsLeft: number | null; calls: Record<string, number> }[];
    };
    return breakers[0]!;
  };
  assert.deepEqual([(await seen()).state, (await seen()).permitsLeft], ['HALF_OPEN', 1]);
  assert.equal((await ask()).status, 200);
  assert.equal((await seen()).state, 'CLOSED');
  assert.deepEqual((await seen()).calls, { successful: 2, failed: 4, ignored: 0, notPermitted: 1 });
  assert.equal((await change('HALF_OPEN')).status, 409);
  assert.equal((await change('AJAR')).status, 400);
  assert.equal((await fetch(`${gateway.url}/api/gateway/breakers/c`)).status, 404);
  const { changes } = (await (await fetch(`${gateway.url}/api/gateway/changes`)).json()) as {
    changes: { change: string; reason: string }[];
  };
  assert.deepEqual(
    changes.map((each) => each.change),
    ['OPEN', 'HALF_OPEN', 'CLOSED'],
  );
  assert.equal(changes[1]!.reason, 'a test (developer)');
  for (let i = 0; i < 3; i++) assert.equal((await ask()).status, 200);
});

test('a fallback answers for a service that is down, and is told why', async () => {
  const got: Record<string, unknown>[] = [];
  await using helper = await backend(async (req, res) => {
    got.push({ ...req.headers, body: await bodyOf(req), url: req.url });
    res.end('from the fallback');
  });
  const dead = await deadAddress();
  await using gateway = await startGateway({
    parts: {},
    routes: [
      {
        id: 'orders',
        uri: dead,
        predicates: ['Path=/orders/**'],
        filters: ['CircuitBreaker=b,forward:/fallback/orders'],
      },
      { id: 'fallback', uri: helper.url, predicates: ['Path=/fallback/**'], filters: ['FallbackHeaders'] },
    ],
    circuitBreakers: { default: { slidingWindowSize: 2, minimumNumberOfCalls: 2 } },
  });
  for (let i = 0; i < 3; i++) {
    const answer = await fetch(`${gateway.url}/orders/1?q=1`, {
      method: 'POST',
      body: 'text',
      headers: { 'execution-exception-type': 'forged' },
    });
    assert.equal(await answer.text(), 'from the fallback');
    assert.equal(answer.headers.get('retry-after'), null);
  }
  assert.deepEqual(
    got.map((each) => [each['execution-exception-type'], each['root-cause-exception-type'], each['body'], each['url']]),
    [
      ['HW_GATEWAY_UPSTREAM_DOWN', 'ECONNREFUSED', 'text', '/fallback/orders?q=1'],
      ['HW_GATEWAY_UPSTREAM_DOWN', 'ECONNREFUSED', 'text', '/fallback/orders?q=1'],
      ['HW_GATEWAY_BREAKER_OPEN', 'HW_GATEWAY_BREAKER_OPEN', 'text', '/fallback/orders?q=1'],
    ],
  );
  const direct = await fetch(`${gateway.url}/fallback/x`, { headers: { 'execution-exception-type': 'forged' } });
  await direct.text();
  assert.equal(got.at(-1)!['execution-exception-type'], undefined);
});

test('a caller that leaves gives its permission back', async () => {
  let waiting = 0;
  let isSlow = false;
  await using one = await backends(1, (_i, _req, res) => {
    if (isSlow) waiting++;
    else res.writeHead(500).end();
  });
  await using gateway = await startGateway({
    parts: {},
    routes: [lb([{ name: 'CircuitBreaker', args: { statusCodes: '500' } }])],
    instances: { Orders: [one.list[0]!.url] },
    circuitBreakers: {
      orders: {
        slidingWindowSize: 1,
        minimumNumberOfCalls: 1,
        waitDurationInOpenState: 1,
        permittedNumberOfCallsInHalfOpenState: 1,
      },
    },
  });
  await (await fetch(`${gateway.url}/orders/1`)).text();
  isSlow = true;
  for (let i = 0; i < 3; i++) {
    const leaving = new AbortController();
    const asked = fetch(`${gateway.url}/orders/1`, { signal: leaving.signal }).then(
      (answer) => answer.status,
      () => 'left',
    );
    const before = waiting;
    let isOver = false;
    void asked.then(() => (isOver = true));
    await until(() => waiting > before || isOver, 'the call arrives');
    if (isOver) {
      // The last permission is not back yet, or the wait is not over.
      i--;
      continue;
    }
    leaving.abort();
    assert.equal(await asked, 'left');
  }
  assert.equal(waiting, 3);
});

test('wrong settings are refused by name, and the old routes stay', async () => {
  await using one = await backends(1);
  await using gateway = await startGateway({
    parts: {},
    routes: [lb()],
    instances: { Orders: [one.list[0]!.url] },
  });
  for (const [route, message] of [
    [lb(['Retry=0']), /retries must be from 1/],
    [lb(['Retry=3,NOT_A_STATUS']), /NOT_A_STATUS/],
    [lb([{ name: 'Retry', args: { exceptions: ['java.lang.OutOfMemoryError'] } }]), /OutOfMemoryError/],
    [lb([{ name: 'Retry', args: { backoff: { firstBackoff: 'soon' } } }]), /firstBackoff must be a duration/],
    [lb([{ name: 'Retry', args: { backoff: { first: 'soon' } } }]), /does not know the argument "backoff.first"/],
    [lb(['Retry', 'Retry=2']), /more than one filter that retries/],
    [lb(['CircuitBreaker=x,http://elsewhere']), /fallbackUri must be a path/],
    [lb([{ name: 'CircuitBreaker', args: { statusCodes: 'many' } }]), /"many" is not a status/],
    [lb([], { 'load-balancer': 'fastest' }), /load-balancer must be one of/],
    [lb([], { 'sticky-header': 'a b' }), /must be the name of a header/],
    [lb([], {}, 'lb://unknown'), /needs the addresses of "unknown"/],
  ] as const)
    assert.throws(() => gateway.setRoutes([route]), { name: 'GatewayError', message });
  assert.equal((await fetch(`${gateway.url}/orders/1`)).status, 200);
  await assert.rejects(
    startGateway({ parts: {}, routes: [], circuitBreakers: { b: { failureRateThreshold: 0 } } }),
    (error: Error) => error instanceof GatewayError && /"b": failureRateThreshold/.test(error.message),
  );
});
