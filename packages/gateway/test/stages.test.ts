import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpError } from '@headwater/http';
import { type Call, type End, type GatewayModule, type Guard, type RetryPolicy, startGateway } from '../index.ts';
import type { FilterKind } from '../src/routes/filters/filter.ts';
import { backend, bodyOf, raw, rawSocket, until } from './support.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Filters as a module beside the core brings them. */
function testFilters(log: string[]): readonly FilterKind[] {
  const stage = (name: string, phase: 'authenticate' | 'limit'): FilterKind => ({
    name,
    shape: { fields: ['answer'] },
    create(args, route) {
      const answer = args.optionalText('answer');
      return {
        stage: {
          phase,
          async begin(call) {
            await turn();
            log.push(`${name} of ${route.id}`);
            call.addAnswerHeader(`X-${name}`, 'yes');
            if (answer === 'refuse') throw new HttpError(401, 'HW_TEST', 'refused');
            return answer === undefined ? undefined : { status: 302, headers: ['Location', answer] };
          },
        },
      };
    },
  });
  const breaker: FilterKind = {
    name: 'TestBreaker',
    shape: { fields: ['fallback', 'open'] },
    create(args) {
      const fallback = args.optionalText('fallback');
      const isOpen = args.flag('open', false);
      const guard: Guard = {
        admit() {
          if (isOpen) throw new HttpError(503, 'HW_TEST_OPEN', 'open');
          log.push('admitted');
        },
        settled: (_call, end) => void log.push(`settled ${end.status} ${end.error?.code ?? 'well'}`),
        fallback: (_call, end) => (end.error !== undefined || end.status >= 500 ? fallback : undefined),
      };
      return { guard };
    },
  };
  const retry: FilterKind = {
    name: 'TestRetry',
    shape: { fields: ['retries', 'delay'] },
    create(args) {
      const retries = args.integer('retries');
      const delayMs = args.integer('delay', 0);
      const policy: RetryPolicy = {
        maxBodyBytes: 1_000,
        delayMs: (call, end) =>
          call.retries < retries && (end.error !== undefined || end.status >= 500) ? delayMs : undefined,
      };
      return { retry: policy };
    },
  };
  return [stage('TestAuth', 'authenticate'), stage('TestLimit', 'limit'), breaker, retry];
}

function recorder(): { module: GatewayModule; ended: Call[]; attempts: End[]; log: string[] } {
  const ended: Call[] = [];
  const attempts: End[] = [];
  const log: string[] = [];
  const module: GatewayModule = {
    name: 'test',
    filters: testFilters(log),
    observers: [
      {
        sending: (call, headers) => headers.set('X-Attempt', String(call.retries)),
        attempted: (_call, _instance, end) => void attempts.push(end),
        ended: (call) => void ended.push(call),
      },
    ],
    endpoints: [{ path: '/api/gateway/test', methods: ['GET'], serve: (ctx) => ctx.sendJson(200, { test: true }) }],
  };
  return { module, ended, attempts, log };
}

test('stages run by phase, may wait, refuse, answer, and leave headers for every answer', async () => {
  await using upstream = await backend((_req, res) => res.end('ok'));
  const { module, ended, log } = recorder();
  await using gateway = await startGateway({
    modules: [() => module],
    parts: {},
    routes: [
      { id: 'two', uri: upstream.url, predicates: ['Path=/two'], filters: ['TestLimit', 'TestAuth'] },
      { id: 'no', uri: upstream.url, predicates: ['Path=/no'], filters: ['TestLimit', 'TestAuth=refuse'] },
      { id: 'login', uri: upstream.url, predicates: ['Path=/login'], filters: ['TestAuth=/elsewhere'] },
    ],
  });
  const two = await fetch(`${gateway.url}/two`);
  assert.equal(await two.text(), 'ok');
  assert.deepEqual([two.headers.get('x-testauth'), two.headers.get('x-testlimit')], ['yes', 'yes']);
  assert.deepEqual(log.splice(0), ['TestAuth of two', 'TestLimit of two']);
  const no = await fetch(`${gateway.url}/no`, { method: 'POST', body: 'x' });
  assert.deepEqual([no.status, no.headers.get('x-testauth'), no.headers.get('x-testlimit')], [401, 'yes', null]);
  const login = await fetch(`${gateway.url}/login`, { redirect: 'manual' });
  assert.deepEqual([login.status, login.headers.get('location')], [302, '/elsewhere']);
  assert.deepEqual(await (await fetch(`${gateway.url}/api/gateway/test`)).json(), { test: true });
  assert.equal((await fetch(`${gateway.url}/api/gateway/test`, { method: 'DELETE' })).status, 405);
  await until(() => ended.length === 5, 'five ends');
  assert.deepEqual(
    ended.map((call) => [call.name, call.status, call.outcome]),
    [
      ['route "two"', 200, 'answered'],
      ['route "no"', 401, 'refused'],
      ['route "login"', 302, 'answered'],
      ['gateway', 200, 'answered'],
      ['gateway', 405, 'refused'],
    ],
  );
});

test('a call is tried again with its whole body, as long as that is small enough, and guards hear once', async () => {
  const seen: string[] = [];
  await using upstream = await backend(async (req, res) => {
    const body = await bodyOf(req);
    seen.push(`${req.headers['x-attempt']} ${body.length}`);
    if (req.headers['x-attempt'] === '2') return res.end(body);
    // Once by an answer, once by a connection that ends.
    return req.headers['x-attempt'] === '0' ? res.writeHead(503).end('busy') : res.destroy();
  });
  const { module, ended, attempts, log } = recorder();
  await using gateway = await startGateway({
    modules: [() => module],
    parts: {},
    routes: [
      { id: 'r', uri: upstream.url, predicates: ['Path=/r'], filters: ['TestRetry=2', 'TestBreaker'] },
      { id: 'slow', uri: upstream.url, predicates: ['Path=/slow'], filters: ['TestRetry=2,60000'] },
    ],
  });
  const small = 'x'.repeat(900);
  const answer = await fetch(`${gateway.url}/r`, { method: 'PUT', body: small });
  assert.equal(await answer.text(), small);
  assert.deepEqual(seen.splice(0), ['0 900', '1 900', '2 900']);
  await until(() => ended.length === 1, 'the end');
  assert.deepEqual(
    attempts.map((end) => [end.status, end.error?.code]),
    [
      [503, undefined],
      [0, 'HW_GATEWAY_UPSTREAM_RESET'],
      [200, undefined],
    ],
  );
  assert.deepEqual(log, ['admitted', 'settled 200 well']);
  assert.deepEqual([ended[0]!.retries, ended[0]!.requestBytes, ended[0]!.responseBytes], [2, 900, 900]);
  // Larger than what is kept: the first answer is the answer.
  const large = await fetch(`${gateway.url}/r`, { method: 'PUT', body: 'x'.repeat(200_000) });
  assert.equal(large.status, 503);
  // A caller that leaves while the gateway waits for another attempt ends the call.
  seen.length = 0;
  const socket = await rawSocket(gateway);
  socket.write('GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await until(() => seen.length === 1 && attempts.at(-1)?.status === 503, 'the first attempt');
  socket.destroy();
  await until(() => ended.length === 3, 'the end');
  assert.deepEqual([ended[2]!.outcome, ended[2]!.retries], ['cancelled', 1]);
});

test('a fallback is asked of the routes when a guard refuses, the upstream fails or answers badly', async () => {
  await using upstream = await backend((_req, res) => res.writeHead(500).end('bad'));
  await using other = await backend(async (req, res) => res.end(`instead ${req.url} ${await bodyOf(req)}`));
  const { module, ended, log } = recorder();
  const down = 'http://127.0.0.1:1';
  await using gateway = await startGateway({
    modules: [() => module],
    parts: {},
    routes: [
      { id: 'open', uri: down, predicates: ['Path=/open'], filters: ['TestBreaker=/instead/1,true'] },
      { id: 'down', uri: down, predicates: ['Path=/down'], filters: ['TestBreaker=/instead/2', 'TestRetry=1'] },
      { id: 'bad', uri: upstream.url, predicates: ['Path=/bad'], filters: ['TestBreaker=/instead/3'] },
      { id: 'own', uri: down, predicates: ['Path=/own'], filters: ['TestBreaker=/api/gateway/test'] },
      { id: 'none', uri: down, predicates: ['Path=/none'], filters: ['TestBreaker=/nowhere'] },
      { id: 'loop', uri: down, predicates: ['Path=/loop'], filters: ['TestBreaker=/loop'] },
      { id: 'forward', uri: 'forward:/instead/4', predicates: ['Path=/forward'] },
      { id: 'instead', uri: other.url, predicates: ['Path=/instead/**'], filters: ['TestAuth'] },
    ],
  });
  const ask = async (path: string) => {
    const answer = await fetch(gateway.url + path, { method: 'POST', body: 'body' });
    return `${answer.status} ${await answer.text()}`;
  };
  assert.equal(await ask('/open?q=1'), '200 instead /instead/1?q=1 body');
  assert.equal(await ask('/down'), '200 instead /instead/2 body');
  assert.match(await (await fetch(`${gateway.url}/bad`)).text(), /^instead \/instead\/3/);
  assert.equal(await ask('/forward'), '200 instead /instead/4 body');
  assert.match(await (await fetch(`${gateway.url}/own`)).text(), /"test":true/);
  assert.match(await ask('/none'), /^503 .*HW_GATEWAY_UPSTREAM_DOWN/);
  assert.match(await ask('/loop'), /^508 /);
  await until(() => ended.length === 7, 'one end for each request');
  assert.equal(log.filter((line) => line === 'TestAuth of instead').length, 4);
  assert.equal(
    log.filter((line) => line === 'admitted').length,
    log.filter((line) => line.startsWith('settled')).length,
    'every admission is settled',
  );
});

test('handshakes and streams of a live page go through the stages too, and are observed once', async () => {
  await using upstream = await backend((_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write('data: 1\n\n');
  });
  upstream.server.on('upgrade', (_req, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    socket.on('data', () => socket.destroy());
  });
  const { module, ended, log } = recorder();
  await using gateway = await startGateway({
    modules: [() => module],
    parts: {},
    routes: [
      { id: 'yes', uri: upstream.url, predicates: ['Path=/yes'], filters: ['TestAuth', 'TestBreaker'] },
      { id: 'no', uri: upstream.url, predicates: ['Path=/no'], filters: ['TestAuth=refuse'] },
    ],
  });
  const handshake = (path: string) =>
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`;
  assert.match(await raw(gateway, handshake('/no')), /^HTTP\/1\.1 401 [\s\S]*X-TestAuth: yes/);
  const socket = await rawSocket(gateway);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  socket.write(handshake('/yes'));
  await until(() => text.includes('\r\n\r\n'), 'the handshake');
  assert.match(text, /^HTTP\/1\.1 101 [\s\S]*X-TestAuth: yes/);
  socket.write('bye');
  await until(() => ended.length === 2, 'the end of the WebSocket');
  assert.deepEqual(
    ended.map((call) => [call.kind, call.status, call.outcome]),
    [
      ['upgrade', 401, 'refused'],
      ['upgrade', 101, 'upgraded'],
    ],
  );
  socket.destroy();
  const abort = new AbortController();
  const page = await fetch(`${gateway.url}/api/live?s=/yes&s=/no`, { signal: abort.signal });
  const reader = page.body!.getReader();
  let events = '';
  while (!(events.includes('0:message') && events.includes('1:$error')))
    events += Buffer.from((await reader.read()).value!).toString();
  assert.match(events, /"status":401/);
  abort.abort();
  await until(() => ended.length === 5, 'the ends of the streams and the page');
  assert.deepEqual(
    ended
      .slice(2)
      .map((call) => `${call.kind} ${call.name} ${call.status} ${call.outcome}`)
      .sort(),
    ['live route "no" 401 refused', 'live route "yes" 200 cancelled', 'request gateway 200 cancelled'],
  );
  assert.deepEqual(
    log.filter((line) => /admitted|settled/.test(line)),
    ['admitted', 'settled 101 well', 'admitted', 'settled 200 well'],
  );
});
