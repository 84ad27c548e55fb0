/** Services that find and call each other, on the platform's own discovery. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { startTestIssuer } from '@headwater/auth/testing';
import { startDiscovery } from '@headwater/discovery';
import { createDiscoveryClient } from '../discovery.ts';
import { createService, type Service } from '../index.ts';
import { until } from './until.ts';

type Any = Service<Record<never, never>, Record<never, never>>;

const closers: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
});

const quiet = { write: () => {} };

async function discovery() {
  const started = await startDiscovery({ port: 0 });
  closers.push(() => started.close());
  return started;
}

async function service(name: string, env: Record<string, string>, more: Record<string, unknown> = {}): Promise<Any> {
  const made = await createService({ name, env, logStream: quiet, ...more });
  closers.push(() => made.close());
  return made;
}

test('a service is called by its name, with trace, correlation id and the token of whoever called', async () => {
  const { url } = await discovery();
  await using issuer = await startTestIssuer();
  const env = { HEADWATER_DISCOVERY_URL: url, HEADWATER_IDENTITY_URL: issuer.issuer };
  const stock = await service('stock', env);
  stock.route('GET /items/:id', { roles: ['viewer'] }, ({ params, principal, http, correlationId }) => ({
    id: params.id,
    who: principal!.name,
    correlationId,
    traceparent: http.req.headers['traceparent'],
  }));
  const front = await service('front', env);
  front.route('GET /stock/:id', {}, async ({ params }) => {
    const response = await front.fetch(`http://stock/items/${params.id}?a=b`);
    return { status: response.status, ...((await response.json()) as object) };
  });
  await Promise.all([stock.start(), front.start()]);
  await until(() => front.discovery!.instances('stock').length === 1);

  const token = await issuer.token({ preferred_username: 'ada', realm_access: { roles: ['viewer'] } });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const headers = { authorization: `Bearer ${token}`, traceparent, 'x-correlation-id': 'wish-8' };
  const answer = (await (await fetch(`${front.url}/stock/7`, { headers })).json()) as Record<string, unknown>;
  assert.deepEqual(
    [answer['status'], answer['id'], answer['who'], answer['correlationId']],
    [200, '7', 'ada', 'wish-8'],
  );
  assert.match(
    String(answer['traceparent']),
    /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/,
  );

  const weak = await issuer.token({ realm_access: { roles: ['guest'] } });
  assert.equal(
    (
      (await (await fetch(`${front.url}/stock/7`, { headers: { authorization: `Bearer ${weak}` } })).json()) as {
        status: number;
      }
    ).status,
    403,
  );
  const forged = await fetch(`${front.url}/stock/7`, {
    headers: { authorization: `Bearer ${token.slice(0, -4)}AAAA` },
  });
  assert.equal(forged.status, 401, 'what does not hold is refused where nothing is asked for');
  assert.match(forged.headers.get('www-authenticate')!, /error="invalid_token"/);
  await assert.rejects(front.fetch('http://nobody/'), { code: 'HW_SERVICE_NO_INSTANCE', service: 'nobody' });
});

test('without a caller the service calls with a token of its own, which is renewed when it is refused; elsewhere no token goes', async () => {
  const { url } = await discovery();
  await using issuer = await startTestIssuer({ clients: { front: 'front-secret' } });
  const env = {
    HEADWATER_DISCOVERY_URL: url,
    HEADWATER_IDENTITY_URL: issuer.issuer,
    HEADWATER_CLIENT_ID: 'front',
    HEADWATER_CLIENT_SECRET: 'front-secret',
  };
  const seen: (string | undefined)[] = [];
  let refusals = 0;
  const stock = await service('stock', { HEADWATER_DISCOVERY_URL: url });
  stock.route('GET /items', {}, ({ http }) => {
    seen.push(http.req.headers.authorization);
    if (refusals++ === 0) http.send(401);
    else http.send(200, 'ok');
  });
  const front = await service('front', env);
  await Promise.all([stock.start(), front.start()]);
  await until(() => front.discovery!.instances('stock').length === 1);
  assert.equal((await front.fetch('http://stock/items')).status, 200);
  assert.equal(seen.length, 2);
  assert.ok(seen.every((header) => header?.startsWith('Bearer ')) && seen[0] !== seen[1]);
  await front.fetch(`${stock.url}/items`);
  assert.equal(seen[2], undefined, 'an address is not a service of the platform');
  await front.fetch('http://stock/items', { token: 'none' });
  assert.equal(seen[3], undefined);
});

/** A server that answers as it is told. */
async function server(answer: (req: IncomingMessage, number: number) => number | 'reset' | 'hang') {
  let count = 0;
  const http = createServer((req, res) => {
    const what = answer(req, ++count);
    if (what === 'reset') req.socket.destroy();
    else if (what !== 'hang')
      req.resume().on('end', () => res.writeHead(what, what === 503 ? { 'retry-after': '0' } : {}).end(String(what)));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, count: () => count, http };
}

test('what may be tried again is, and what must not be is not', async () => {
  const flaky = await server((_, number) => (number % 2 === 1 ? 503 : 200));
  const resetting = await server(() => 'reset');
  const hanging = await server(() => 'hang');
  const gone = await server(() => 200);
  gone.http.closeAllConnections();
  await new Promise((resolve) => gone.http.close(resolve));
  const good = await server(() => 200);
  const caller = await service(
    'caller',
    {},
    {
      addresses: { flaky: flaky.url, resetting: resetting.url, hanging: hanging.url, half: [gone.url, good.url] },
    },
  );
  assert.equal((await caller.fetch('http://flaky/')).status, 200);
  assert.equal(flaky.count(), 2);
  assert.equal(
    (await caller.fetch('http://flaky/', { method: 'POST', body: 'x' })).status,
    503,
    'a POST was answered: it is not sent twice',
  );
  assert.equal(flaky.count(), 3);
  assert.equal(
    (await caller.fetch('http://flaky/', { method: 'POST', body: 'x', headers: { 'Idempotency-Key': 'k' } })).status,
    200,
  );

  await assert.rejects(caller.fetch('http://resetting/', { retries: 2 }), {
    code: 'HW_SERVICE_CALL_FAILED',
    attempts: 3,
  });
  assert.equal(resetting.count(), 3);
  await assert.rejects(caller.fetch('http://resetting/', { method: 'POST', body: 'x' }), {
    code: 'HW_SERVICE_CALL_FAILED',
    attempts: 1,
  });
  assert.equal(resetting.count(), 4, 'it may have been done: nobody knows');

  await assert.rejects(caller.fetch('http://hanging/', { attemptTimeoutMs: 20, retries: 1 }), {
    code: 'HW_SERVICE_CALL_TIMEOUT',
    attempts: 2,
  });
  await assert.rejects(caller.fetch('http://hanging/', { timeoutMs: 30 }), { code: 'HW_SERVICE_CALL_TIMEOUT' });
  const abort = new AbortController();
  const waiting = caller.fetch('http://hanging/', { signal: abort.signal });
  abort.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);

  for (let i = 0; i < 10; i += 1)
    assert.equal(
      (await caller.fetch('http://half/', { method: 'POST', body: 'x' })).status,
      200,
      'nothing was sent to the one that is gone',
    );
  assert.equal(good.count(), 10);
});

test('a service that fails is left alone, and the retries of a caller are bounded', async () => {
  const broken = await server(() => 500);
  const busy = await server(() => 503);
  const caller = await service('caller', {}, { addresses: { broken: broken.url, busy: busy.url } });
  for (let i = 0; i < 20; i += 1) assert.equal((await caller.fetch('http://broken/')).status, 500);
  await assert.rejects(caller.fetch('http://broken/'), { code: 'HW_SERVICE_BREAKER_OPEN' });
  assert.equal(broken.count(), 20);

  const patient = await service(
    'patient',
    {},
    {
      addresses: { busy: busy.url },
      defaults: {
        'resilience4j.circuitbreaker.instances.busy.sliding-window-size': 10_000,
        'resilience4j.circuitbreaker.instances.busy.minimum-number-of-calls': 10_000,
      },
    },
  );
  const calls = 300;
  await Promise.all(Array.from({ length: calls }, () => patient.fetch('http://busy/')));
  // A fifth of the requests, and ten a second for the ten seconds that a budget looks back.
  assert.ok(busy.count() < calls * 2, `${busy.count()} requests for ${calls} calls`);
});

test('an instance that is killed under load: no call that may be repeated is lost', async () => {
  const { url } = await discovery();
  const env = { HEADWATER_DISCOVERY_URL: url };
  const answered = new Map<string, number>();
  const count = (name: string): void => void answered.set(name, (answered.get(name) ?? 0) + 1);
  const stock = await Promise.all(
    ['leaving', 'staying'].map(async (name) => {
      const made = await service('stock', env, { renewalSeconds: 1 });
      made.route('GET /items/:id', {}, async () => {
        count(name);
        await new Promise((resolve) => setImmediate(resolve));
        return { from: name };
      });
      await made.start();
      return made;
    }),
  );
  const dying = await server(() => {
    count('dying');
    return 200;
  });
  // Registered with a lease that outlasts the test: nobody tells that it is gone.
  const registrar = createDiscoveryClient({ url, fetch: false });
  closers.push(() => registrar.close());
  await registrar.register({ service: 'stock', port: Number(new URL(dying.url).port), leaseSeconds: 600 }).registered();
  const caller = await service('caller', env);
  await caller.start();
  await until(() => caller.discovery!.instances('stock').length === 3);
  let lost = 0;
  let done = 0;
  const load = async (): Promise<void> => {
    while (done < 600) {
      done += 1;
      const response = await caller.fetch(`http://stock/items/${done}`).catch(() => undefined);
      if (response?.status !== 200) lost += 1;
      else await response.arrayBuffer();
    }
  };
  const loads = Array.from({ length: 8 }, load);
  await until(() => done > 150);
  // One dies without a word: its listener and all its connections are gone at once.
  dying.http.close();
  dying.http.closeAllConnections();
  await until(() => done > 400);
  // Another one goes as it should.
  await stock[0]!.close();
  await Promise.all(loads);
  assert.equal(lost, 0);
  assert.equal(answered.size, 3);
  assert.equal(caller.discovery!.instances('stock').length, 2, 'the dead one is still listed');
});

test('where tokens are asked for, what a service holds is for operators, and its health is told without details', async () => {
  await using issuer = await startTestIssuer();
  const made = await service('guarded', { HEADWATER_IDENTITY_URL: issuer.issuer, HEADWATER_SECURE: 'true' });
  made.health('store', () => ({ status: 'UP', details: { password: 'x' } }));
  await made.start();
  const ask = (path: string, token?: string) =>
    fetch(`${made.url}${path}`, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  assert.deepEqual(await (await ask('/health')).json(), { status: 'UP', groups: ['liveness', 'readiness'] });
  assert.deepEqual(await (await ask('/health/store')).json(), { status: 'UP' });
  for (const path of ['/actuator/env', '/actuator/loggers', '/actuator/calls', '/actuator/mappings']) {
    assert.equal((await ask(path)).status, 401, path);
    assert.equal((await ask(path, await issuer.token({ roles: ['viewer'] }))).status, 403, path);
    assert.equal((await ask(path, await issuer.token({ roles: ['operator'] }))).status, 200, path);
  }
  const operator = await issuer.token({ roles: ['admin'] });
  const health = (await (await ask('/actuator/health', operator)).json()) as { components: Record<string, unknown> };
  assert.ok(health.components['store']);
  for (const path of ['/info', '/metrics', '/actuator']) assert.equal((await ask(path)).status, 200, path);
});

test('a route whose call has no answer says whom it called, and is not tried again up the chain', async () => {
  const closed = await server(() => 200);
  await new Promise((resolve) => closed.http.close(resolve));
  const lines: string[] = [];
  const logStream = { write: (line: string) => void lines.push(line) };
  const middle = await service('middle', {}, { addresses: { stock: closed.url }, logStream });
  let asked = 0;
  middle.route('GET /items', {}, async () => {
    asked += 1;
    return (await middle.fetch('http://stock/items')).json();
  });
  middle.route('GET /nobody', {}, async () => (await middle.fetch('http://nobody/')).json());
  middle.route('GET /elsewhere', {}, async () => (await middle.fetch(`${closed.url}/secret`)).json());
  await middle.start();
  const front = await service('front', {}, { addresses: { middle: middle.url! } });

  const answer = await front.fetch('http://middle/items');
  const { error } = (await answer.json()) as { error: Record<string, unknown> };
  assert.deepEqual(
    [answer.status, answer.headers.get('x-headwater-unanswered'), error['code'], error['service'], asked],
    [502, 'stock', 'HW_SERVICE_CALL_FAILED', 'stock', 1],
  );
  assert.match(String(error['message']), /^stock did not answer: middle needs it/);
  const logged = lines.filter((line) => line.includes('request failed'));
  assert.equal(logged.length, 1);
  assert.ok(logged[0]!.includes(`stock (${closed.url}) did not answer after 4 attempts`), 'the log says where and why');

  const nobody = await front.fetch('http://middle/nobody');
  assert.deepEqual([nobody.status, nobody.headers.get('x-headwater-unanswered')], [503, 'nobody']);
  const elsewhere = await front.fetch('http://middle/elsewhere');
  assert.equal(elsewhere.status, 502);
  assert.ok(!(await elsewhere.text()).includes(new URL(closed.url).port), 'an address is not told');
});
