import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { startGateway } from '../index.ts';
import { backend } from './support.ts';

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
}

/** `fetch` would not let a test set Origin's companions. */
function ask(url: string, method: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request(url, { method, headers }, (res) => {
      res.resume();
      res.on('end', () => resolve({ status: res.statusCode!, headers: res.headers }));
    });
    req.on('error', reject);
    req.end();
  });
}

test('preflights are answered, scripts of allowed origins see answers, others are refused', async () => {
  let requests = 0;
  await using upstream = await backend((_req, res) => {
    requests++;
    res.setHeader('access-control-allow-origin', '*');
    res.end('ok');
  });
  const route = (id: string, more: object = {}) => ({
    id,
    uri: upstream.url,
    predicates: [`Path=/${id}/**`, 'Method=GET,PUT'],
    ...more,
  });
  await using gateway = await startGateway({
    parts: {},
    routes: [
      route('api'),
      route('closed'),
      {
        ...route('own', { metadata: { cors: { allowedOrigins: '*', allowedMethods: '*' } } }),
        predicates: ['Path=/own/**'],
      },
    ],
    globalcors: {
      corsConfigurations: {
        '[/api/**]': {
          allowedOrigins: ['https://app.example'],
          allowedOriginPatterns: ['https://*.shop.example:[443,8443]'],
          allowedMethods: ['GET', 'PUT'],
          allowedHeaders: ['X-A', 'content-type'],
          exposedHeaders: ['X-Correlation-Id'],
          allowCredentials: true,
          maxAge: 60,
        },
      },
    },
  });
  const preflight = (path: string, origin: string, method = 'PUT', headers = 'x-a, Content-Type') =>
    ask(gateway.url + path, 'OPTIONS', {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': headers,
    });
  const fine = await preflight('/api/x', 'https://app.example');
  assert.equal(fine.status, 200);
  assert.equal(fine.headers['access-control-allow-origin'], 'https://app.example');
  assert.equal(fine.headers['access-control-allow-credentials'], 'true');
  assert.equal(fine.headers['access-control-allow-methods'], 'PUT');
  assert.equal(fine.headers['access-control-allow-headers'], 'x-a, Content-Type');
  assert.equal(fine.headers['access-control-max-age'], '60');
  assert.match(String(fine.headers['vary']), /Origin/);
  assert.equal((await preflight('/api/x', 'https://a.shop.example:8443')).status, 200);
  for (const [path, origin, method, headers] of [
    ['/api/x', 'https://attacker.example', 'PUT', ''],
    ['/api/x', 'http://app.example', 'PUT', ''],
    ['/api/x', 'https://app.example.attacker.example', 'PUT', ''],
    ['/api/x', 'https://attacker.example/.shop.example:8443', 'PUT', ''],
    ['/api/x', 'https://app.example', 'DELETE', ''],
    ['/api/x', 'https://app.example', 'PUT', 'x-other'],
    ['/api/x', 'null', 'PUT', ''],
    ['/closed/x', 'https://app.example', 'PUT', ''],
  ] as const)
    assert.equal(
      (await preflight(path, origin, method, headers)).status,
      403,
      `${path} ${origin} ${method} ${headers}`,
    );
  assert.equal(requests, 0, 'no preflight reaches an upstream');
  const answer = await ask(`${gateway.url}/api/x`, 'GET', { origin: 'https://app.example' });
  assert.equal(answer.status, 200);
  assert.equal(
    answer.headers['access-control-allow-origin'],
    'https://app.example',
    'once, and not what the upstream says',
  );
  assert.equal(answer.headers['access-control-expose-headers'], 'X-Correlation-Id');
  assert.equal((await ask(`${gateway.url}/api/x`, 'GET', { origin: 'https://attacker.example' })).status, 403);
  assert.equal((await ask(`${gateway.url}/api/x`, 'GET', {})).headers['access-control-expose-headers'], undefined);
  const own = await ask(`${gateway.url}/own/x`, 'GET', { origin: 'https://anyone.example' });
  assert.deepEqual([own.status, own.headers['access-control-allow-origin']], [200, '*']);
  assert.equal((await preflight('/own/x', 'https://anyone.example', 'PATCH', '')).status, 200);
});

test('a preflight finds the route of the request that it asks about', async () => {
  const seen: string[] = [];
  await using upstream = await backend((req, res) => {
    seen.push(`${req.method} ${req.url}`);
    res.end('ok');
  });
  const reads = { allowedOrigins: 'https://reader.example', allowedMethods: 'GET' };
  const writes = { allowedOrigins: 'https://writer.example', allowedMethods: ['PUT', 'DELETE'], maxAge: 5 };
  const route = (id: string, methods: string, metadata: Record<string, unknown> = {}) => ({
    id,
    uri: upstream.url,
    predicates: ['Path=/x/**', `Method=${methods}`],
    metadata,
  });
  await using gateway = await startGateway({
    parts: {},
    auth: { issuer: 'http://127.0.0.1:1/realms/none', developer: false },
    routes: [
      route('reads', 'GET', { cors: reads }),
      route('writes', 'PUT,DELETE', { cors: writes }),
      route('own', 'PATCH,OPTIONS', { authentication: 'none' }),
    ],
  });
  const preflight = (origin: string, method: string) =>
    ask(`${gateway.url}/x/1`, 'OPTIONS', { origin, 'access-control-request-method': method });
  const read = await preflight('https://reader.example', 'GET');
  assert.deepEqual([read.status, read.headers['access-control-max-age']], [200, '1800'], 'before any login');
  const write = await preflight('https://writer.example', 'DELETE');
  assert.deepEqual(
    [write.status, write.headers['access-control-max-age'], write.headers['access-control-allow-methods']],
    [200, '5', 'DELETE'],
  );
  for (const [origin, method] of [
    ['https://reader.example', 'DELETE'],
    ['https://writer.example', 'GET'],
    ['https://writer.example', 'PATCH'],
    ['https://writer.example', 'OPTIONS'],
  ] as const)
    assert.equal((await preflight(origin, method)).status, 403, `${origin} ${method}`);
  assert.deepEqual(seen, []);
  // What is no preflight is a request as any: what it says of another method leads it nowhere else.
  const odd = { origin: 'https://reader.example', 'access-control-request-method': 'GET' };
  assert.equal((await ask(`${gateway.url}/x/1`, 'DELETE', odd)).status, 403);
  assert.equal((await ask(`${gateway.url}/x/1`, 'OPTIONS', {})).status, 200);
  assert.equal((await ask(`${gateway.url}/x/1`, 'OPTIONS', { 'access-control-request-method': 'GET' })).status, 200);
  assert.deepEqual(seen, ['OPTIONS /x/1', 'OPTIONS /x/1']);
});

test('a configuration that would be a hole, or is none, is refused', async () => {
  for (const [configuration, expected] of [
    [{ allowedOrigins: '*', allowCredentials: true }, /would let every page act as its visitor/],
    [{ allowedMethods: 'GET' }, /allowedOrigins is missing/],
    [{ alowedOrigins: '*' }, /unknown key "alowedOrigins"/],
    [{ allowedOrigins: '*', maxAge: 'long' }, /maxAge must be seconds/],
  ] as const)
    await assert.rejects(
      startGateway({ parts: {}, routes: [], globalcors: { corsConfigurations: { '/**': configuration as object } } }),
      expected,
    );
});
