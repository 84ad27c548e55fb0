/** A service from outside: what it answers, tells and does at its end. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createService, reply, type Service, setting } from '../index.ts';
import { until } from './until.ts';

const lines: Record<string, unknown>[] = [];
const logStream = { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) };

let service: Service<{ greeting: string; perPage: ReturnType<typeof setting.integer> }, Record<never, never>>;
let url: string;

before(async () => {
  service = await createService({
    name: 'orders',
    version: '1.2.0',
    env: { ORDERS_PER_PAGE: '5' },
    settings: { greeting: 'Hello', perPage: setting.integer({ min: 1, default: 20 }) },
    defaults: { 'orders.db-password': 'hunter2', 'orders.url': 'redis://me:pw@host/' },
    logStream,
  });
  service.route('GET /hello/:name', { summary: 'Greets' }, ({ params, log, correlationId }) => {
    log.info({ name: params.name, password: 'x', nested: { token: 't' } }, 'greets');
    return { text: `${service.config.get().greeting}, ${params.name}`, correlationId };
  });
  service.route(
    'POST /orders',
    {
      body: {
        type: 'object',
        required: ['total', 'items'],
        additionalProperties: false,
        properties: {
          total: { type: 'integer', minimum: 1 },
          note: { type: ['string', 'null'], maxLength: 10 },
          currency: { enum: ['EUR', 'USD'], default: 'EUR' },
          items: {
            type: 'array',
            items: { type: 'object', required: ['sku'], properties: { sku: { type: 'string', minLength: 1 } } },
          },
        },
      },
      status: 201,
    },
    ({ body }) => {
      const total: number = body.total;
      const skus: string[] = body.items.map(({ sku }) => sku);
      return { total, skus, currency: body.currency };
    },
  );
  service.route(
    'GET /list',
    {
      query: {
        type: 'object',
        properties: {
          limit: { type: 'integer', maximum: 100, default: 10 },
          tag: { type: 'array', items: { type: 'string' } },
          all: { type: 'boolean' },
        },
      },
    },
    ({ query }) => query,
  );
  service.route(
    'GET /documents/:id',
    { version: 1, deprecated: { since: new Date('2026-01-01T00:00:00Z'), sunset: new Date('2027-01-01T00:00:00Z') } },
    ({ params }) => ({ v: 1, id: params.id }),
  );
  service.route('GET /documents/:id', { version: 2 }, ({ params }) => ({ v: 2, id: Number(params.id) }));
  service.route('GET /boom', {}, () => {
    throw new Error('boom');
  });
  service.route('DELETE /things/:id', {}, () => {});
  service.route('GET /teapot', {}, () => reply(418, 'short', { 'x-stout': 'yes' }));
  await service.start();
  url = service.url;
});
after(() => service.close());

const ask = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(`${url}${path}`, init);
  const text = await response.text();
  let body: unknown = text;
  try {
    body = JSON.parse(text);
  } catch {}
  return { status: response.status, headers: response.headers, body: body as never };
};

test('a route answers JSON; its log lines carry the ids that the caller brought, and no secrets', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const { body, headers } = await ask('/hello/ada', { headers: { traceparent, 'x-correlation-id': 'wish-7' } });
  assert.deepEqual(body, { text: 'Hello, ada', correlationId: 'wish-7' });
  assert.equal(headers.get('x-correlation-id'), 'wish-7');
  const line = lines.find(({ message }) => message === 'greets')!;
  assert.equal(line['service'], 'orders');
  assert.equal(line['instance'], service.instanceId);
  assert.equal(line['traceId'], '0af7651916cd43dd8448eb211c80319c');
  assert.match(String(line['spanId']), /^[0-9a-f]{16}$/);
  assert.equal(line['correlationId'], 'wish-7');
  assert.equal(line['level'], 'info');
  assert.equal(line['password'], '[redacted]');
  assert.deepEqual(line['nested'], { token: '[redacted]' });
  const without = await ask('/hello/bob');
  assert.match((without.body as { correlationId: string }).correlationId, /^[0-9a-f]{32}$/);
});

test('what does not fit its schema is answered with every place as a JSON pointer', async () => {
  const good = await ask('/orders', { method: 'POST', body: JSON.stringify({ total: 3, items: [{ sku: 'a' }] }) });
  assert.deepEqual([good.status, good.body], [201, { total: 3, skus: ['a'], currency: 'EUR' }]);
  const bad = await ask('/orders', {
    method: 'POST',
    body: JSON.stringify({ total: 0, 'a/b': 1, note: 'x'.repeat(11), items: [{ sku: '' }, {}] }),
  });
  assert.equal(bad.status, 400);
  const { error } = bad.body as { error: { code: string; errors: { in: string; pointer: string; message: string }[] } };
  assert.equal(error.code, 'HW_SERVICE_INVALID');
  assert.deepEqual(error.errors, [
    { in: 'body', pointer: '/total', message: 'must be 1 or more' },
    { in: 'body', pointer: '/note', message: 'must have at most 10 characters' },
    { in: 'body', pointer: '/items/0/sku', message: 'must not be empty' },
    { in: 'body', pointer: '/items/1/sku', message: 'must be given' },
    { in: 'body', pointer: '/a~1b', message: 'is not known here' },
  ]);
  assert.deepEqual((await ask('/list?limit=20&tag=a&all=true')).body, { limit: 20, tag: ['a'], all: true });
  assert.deepEqual((await ask('/list?tag=a&tag=b')).body, { tag: ['a', 'b'], limit: 10 });
  assert.equal((await ask('/list?limit=many')).status, 400);
});

test('versions of a path: by Accept, header and path; those that will go say so', async () => {
  const first = await ask('/documents/7');
  assert.deepEqual(first.body, { v: 1, id: '7' });
  assert.equal(first.headers.get('deprecation'), '@1767225600');
  assert.equal(first.headers.get('sunset'), 'Fri, 01 Jan 2027 00:00:00 GMT');
  const second = await ask('/documents/7', { headers: { accept: 'application/vnd.api.v2+json' } });
  assert.deepEqual(second.body, { v: 2, id: 7 });
  assert.equal(second.headers.get('content-type'), 'application/vnd.api.v2+json');
  assert.equal(second.headers.get('deprecation'), null);
  assert.deepEqual((await ask('/documents/7', { headers: { 'x-api-version': 'v2' } })).body, { v: 2, id: 7 });
  assert.deepEqual((await ask('/documents/7', { headers: { accept: 'application/json;version=2' } })).body, {
    v: 2,
    id: 7,
  });
  assert.deepEqual((await ask('/v2/documents/7')).body, { v: 2, id: 7 });
  assert.equal((await ask('/documents/7', { headers: { accept: 'application/vnd.api.v3+json' } })).status, 406);
  assert.equal((await ask('/documents/7', { headers: { 'x-api-version': '9' } })).status, 400);
});

test('health, info and metrics, plain and as Spring Boot has them', async () => {
  service.health('store', () => ({ status: 'UP', details: { documents: 3 } }));
  assert.deepEqual((await ask('/health')).body, {
    status: 'UP',
    components: {
      readinessState: { status: 'UP' },
      livenessState: { status: 'UP' },
      store: { status: 'UP', details: { documents: 3 } },
    },
    groups: ['liveness', 'readiness'],
  });
  service.health('store', () => {
    throw new Error('away');
  });
  const down = await ask('/actuator/health');
  assert.equal(down.status, 503);
  assert.deepEqual((down.body as { components: Record<string, unknown> }).components['store'], {
    status: 'DOWN',
    details: { error: 'away' },
  });
  assert.equal((await ask('/actuator/health/liveness')).status, 200);
  assert.equal((await ask('/health/readiness')).status, 503);
  service.health('store', () => 'UP');
  assert.equal(((await ask('/actuator/info')).body as { app: { version: string } }).app.version, '1.2.0');

  await ask('/boom');
  let metrics = '';
  // A request is counted when its connection is done with it, which may be after its answer has arrived.
  await until(async () => {
    metrics = (await ask('/metrics')).body as unknown as string;
    return /_count\{application="orders",instance="127\.0\.0\.1:orders:\d+",method="GET",uri="\/boom",status="500",outcome="SERVER_ERROR"\} 1/.test(
      metrics,
    );
  });
  assert.match(metrics, /uri="\/hello\/:name"/);
  assert.match(metrics, /process_cpu_user_seconds_total/);
  assert.equal(
    (await ask('/actuator/prometheus')).headers.get('content-type'),
    'text/plain; version=0.0.4; charset=utf-8',
  );
  const { names } = (await ask('/actuator/metrics')).body as { names: string[] };
  assert.ok(names.includes('http.server.requests') && names.includes('process.uptime'));
  const requests = (await ask('/actuator/metrics/http.server.requests?tag=uri:/boom')).body as {
    measurements: { statistic: string; value: number }[];
    availableTags: unknown;
  };
  assert.deepEqual(requests.measurements[0], { statistic: 'COUNT', value: 1 });
  assert.deepEqual(requests.availableTags, [
    { tag: 'method', values: ['GET'] },
    { tag: 'status', values: ['500'] },
    { tag: 'outcome', values: ['SERVER_ERROR'] },
  ]);
  assert.equal((await ask('/actuator/metrics/nothing')).status, 404);
  const { _links } = (await ask('/actuator')).body as { _links: Record<string, { href: string }> };
  assert.equal(_links['health']!.href, `${url}/actuator/health`);
});

test('the environment is shown with origins, and secrets are not', async () => {
  const one = (await ask('/actuator/env/orders.per-page')).body as {
    property: unknown;
    propertySources: { name: string; property?: unknown }[];
  };
  assert.deepEqual(one.property, { source: 'systemEnvironment', value: '5' });
  const all = JSON.stringify((await ask('/actuator/env')).body);
  assert.ok(!all.includes('hunter2') && !all.includes(':pw@') && all.includes('orders.db-password'));
  assert.equal(service.config.get().perPage, 5);
});

test('a level is changed while it runs, and taken back', async () => {
  service.log.debug({}, 'unheard');
  const post = (configuredLevel: string | null) =>
    ask('/actuator/loggers/orders', { method: 'POST', body: JSON.stringify({ configuredLevel }) });
  assert.equal((await post('DEBUG')).status, 204);
  service.log.debug({}, 'heard');
  assert.deepEqual((await ask('/actuator/loggers/orders')).body, { configuredLevel: 'DEBUG', effectiveLevel: 'DEBUG' });
  await post(null);
  service.log.debug({}, 'unheard');
  assert.deepEqual(
    lines.filter(({ message }) => message === 'heard' || message === 'unheard').map(({ message }) => message),
    ['heard'],
  );
  assert.equal((await post('LOUD')).status, 400);
  service.config.client.override({ 'logging.level.orders': 'error' });
  service.log.info({}, 'unheard');
  service.config.client.override({ 'logging.level.orders': undefined });
  service.log.info({}, 'heard again');
  assert.equal(lines.filter(({ message }) => message === 'unheard').length, 0);
  assert.equal(lines.filter(({ message }) => message === 'heard again').length, 1);
});

test('settings follow the configuration', () => {
  const seen: number[] = [];
  const end = service.config.onChange(({ current }) => seen.push(current.perPage));
  service.config.client.override({ 'orders.per-page': 7 });
  service.config.client.override({ 'orders.per-page': 0 });
  assert.deepEqual(seen, [7]);
  assert.equal(service.config.get().perPage, 7);
  end();
  service.config.client.override({ 'orders.per-page': undefined });
  assert.equal(service.config.get().perPage, 5);
});

test('the OpenAPI document has every route, and its page loads nothing', async () => {
  const { body } = await ask('/openapi.json');
  const document = body as {
    openapi: string;
    paths: Record<
      string,
      Record<
        string,
        {
          operationId: string;
          parameters: { name: string }[];
          deprecated?: boolean;
          responses: Record<string, { description: string; content: object }>;
        }
      >
    >;
  };
  assert.equal(document.openapi, '3.1.0');
  assert.deepEqual(Object.keys(document.paths), [
    '/hello/{name}',
    '/orders',
    '/list',
    '/documents/{id}',
    '/v1/documents/{id}',
    '/v2/documents/{id}',
    '/boom',
    '/things/{id}',
    '/teapot',
  ]);
  assert.equal(document.paths['/v1/documents/{id}']!['get']!.deprecated, true);
  // A path with versions has the answers of all by media type.
  const { responses } = document.paths['/documents/{id}']!['get']!;
  assert.deepEqual(Object.keys(responses['200']!.content), [
    'application/vnd.api.v1+json',
    'application/vnd.api.v2+json',
  ]);
  assert.match(responses['406']!.description, /1, 2/);
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  assert.equal(new Set(ids).size, ids.length, ids.join(', '));
  assert.deepEqual(
    document.paths['/list']!['get']!.parameters.map(({ name }) => name),
    ['limit', 'tag', 'all'],
  );
  const page = await ask('/docs');
  assert.match(page.headers.get('content-security-policy')!, /^default-src 'none'/);
  assert.ok(!/https?:\/\//.test(page.body as unknown as string));
});

test('other answers: nothing, a status of its own, an error that is only logged, an unknown path', async () => {
  assert.equal((await ask('/things/1', { method: 'DELETE' })).status, 204);
  const teapot = await ask('/teapot');
  assert.deepEqual([teapot.status, teapot.body, teapot.headers.get('x-stout')], [418, 'short', 'yes']);
  const boom = await ask('/boom');
  assert.equal(boom.status, 500);
  assert.ok(!JSON.stringify(boom.body).includes('boom'));
  assert.equal((await ask('/nowhere')).status, 404);
  assert.equal((await ask('/actuator/shutdown', { method: 'POST' })).status, 404);
});

test('it does not listen where others reach it without protection', async () => {
  await assert.rejects(createService({ name: 'x', host: '0.0.0.0', env: {}, logStream }), {
    code: 'HW_SERVICE_OPTION',
    message: /tls and an issuer/,
  });
  const open = await createService({ name: 'x', host: '0.0.0.0', insecure: true, env: {}, logStream });
  await open.start();
  await Promise.all([open.close(), open.close()]);
  await open.close();
  const never = await createService({ name: 'never', env: {}, logStream });
  await never.close();
  await assert.rejects(never.start(), { code: 'HW_SERVICE_CLOSED' });
});
