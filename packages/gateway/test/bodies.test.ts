import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { startGateway } from '../index.ts';
import { backend, bodyOf, gatewayTo, raw } from './support.ts';

test('ModifyRequestBody changes JSON and nothing else, and the length follows', async () => {
  await using upstream = await backend(async (req, res) => {
    const body = await bodyOf(req);
    res.end(JSON.stringify({ length: req.headers['content-length'], chunked: req.headers['transfer-encoding'], body }));
  });
  await using gateway = await gatewayTo(upstream.url, {
    routes: [
      {
        uri: upstream.url,
        predicates: ['Path=/r'],
        filters: [
          {
            name: 'ModifyRequestBody',
            args: { set: { '/tenant-id': 'acme' }, remove: ['/admin'], rename: { '/n': 'number' }, maxSize: '1KB' },
          },
        ],
      },
    ],
  });
  const ask = async (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) => {
    const answer = await fetch(`${gateway.url}/r`, { method: 'POST', body, headers });
    return {
      status: answer.status,
      ...((await answer.json()) as { length?: string; body?: string; chunked?: string }),
    };
  };
  const changed = '{"number":9007199254740993,"tenant-id":"acme"}';
  assert.deepEqual(await ask('{"admin":true, "n":9007199254740993}'), {
    status: 200,
    length: String(changed.length),
    body: changed,
  });
  assert.equal((await ask('{"n":1}', { 'content-type': 'text/plain' })).body, '{"n":1}');
  assert.equal((await ask('{"n":}')).status, 400);
  assert.equal((await ask(`{"n":"${'x'.repeat(2_000)}"}`)).status, 413);
  assert.equal((await ask('x', { 'content-type': 'application/json', 'content-encoding': 'gzip' })).status, 415);
  const chunked = await raw(
    gateway,
    'POST /r HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{"n":1}\r\n0\r\n\r\n',
  );
  assert.match(chunked, /"length":"31"/);
  assert.doesNotMatch(chunked, /"chunked":"chunked"/);
  const patient = await raw(
    gateway,
    'POST /r HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 7\r\n\r\n{"n":1}',
  );
  assert.match(patient, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
});

test('answers are changed whole; what cannot be read is a 502 and never passed on', async () => {
  let asked: string | undefined;
  await using upstream = await backend((req, res) => {
    asked = req.headers['accept-encoding'] as string | undefined;
    const json = { 'content-type': 'application/json; charset=utf-8' };
    if (req.url === '/large') return res.writeHead(200, json).end(`"${'x'.repeat(3_000)}"`);
    if (req.url === '/zip') return res.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(gzipSync('{}'));
    if (req.url === '/bad') return res.writeHead(200, json).end('{"secret":');
    if (req.url === '/text') return res.writeHead(200, { 'content-type': 'text/plain' }).end('{"secret":1}');
    if (req.url === '/empty') return res.writeHead(204).end();
    if (req.url === '/cut') {
      res.writeHead(200, json).write('{"secret":1');
      return setTimeout(() => res.destroy(), 10);
    }
    return res.writeHead(201, json).end('{"id":9007199254740993,"secret":1,"deep":{"secret":2},"list":[{"secret":3}]}');
  });
  await using gateway = await startGateway({
    parts: {},
    routes: [
      {
        uri: upstream.url,
        predicates: ['Path=/top/**'],
        filters: ['StripPrefix=1', 'RemoveJsonAttributesResponseBody=secret'],
      },
      {
        uri: upstream.url,
        predicates: ['Path=/deep/**'],
        filters: [
          'StripPrefix=1',
          {
            name: 'RemoveJsonAttributesResponseBody',
            args: { fieldList: ['secret'], deleteRecursively: true, maxSize: '2KB' },
          },
          { name: 'ModifyResponseBody', args: { set: { '/by': 'gateway' } } },
          'AddResponseHeader=X-A, b',
        ],
      },
    ],
  });
  const ask = async (path: string, method = 'GET') => {
    const answer = await fetch(gateway.url + path, { method });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };
  assert.equal((await ask('/top/x')).text, '{"id":9007199254740993,"deep":{"secret":2},"list":[{"secret":3}]}');
  const deep = await ask('/deep/x');
  assert.equal(deep.text, '{"id":9007199254740993,"deep":{},"list":[{}],"by":"gateway"}');
  assert.deepEqual([deep.status, deep.headers.get('x-a'), asked], [201, 'b', undefined]);
  assert.ok(deep.headers.get('x-correlation-id'));
  for (const path of ['/deep/large', '/deep/zip', '/deep/bad', '/deep/cut']) {
    const bad = await ask(path);
    assert.equal(bad.status, 502, path);
    assert.doesNotMatch(bad.text, /"secret"/, path);
  }
  assert.equal((await ask('/deep/text')).text, '{"secret":1}');
  assert.equal((await ask('/deep/empty')).status, 204);
  assert.equal((await ask('/deep/x', 'HEAD')).status, 201);
});

test('a Location of the upstream becomes one of the gateway', async () => {
  let location = '';
  await using upstream = await backend((_req, res) => res.writeHead(302, { location }).end());
  const route = (path: string, filter: string) => ({
    uri: upstream.url,
    predicates: [`Path=${path}`],
    filters: [filter],
  });
  await using gateway = await startGateway({
    parts: {},
    routes: [
      route('/v1/plain', 'RewriteLocationResponseHeader'),
      route('/plain', 'RewriteLocationResponseHeader=AS_IN_REQUEST, Location'),
      route('/never', 'RewriteLocationResponseHeader=NEVER_STRIP'),
      route('/named', 'RewriteLocationResponseHeader=ALWAYS_STRIP, Location, shop.example:8443, https'),
    ],
  });
  const host = new URL(gateway.url).host;
  for (const [path, given, expected] of [
    ['/plain', 'http://backend:1/v2/some/id?q=1#f', `http://${host}/some/id?q=1#f`],
    ['/v1/plain', 'https://backend/v2/some', `https://${host}/v2/some`],
    ['/never', 'https://backend/v2/some', `https://${host}/v2/some`],
    ['/named', 'https://backend/v2/some', 'https://shop.example:8443/some'],
    ['/named', 'http://backend/v2/some', 'http://backend/v2/some'],
    ['/plain', '/relative', '/relative'],
  ] as const) {
    location = given;
    const answer = await fetch(gateway.url + path, { redirect: 'manual' });
    assert.equal(answer.headers.get('location'), expected, `${path} ${given}`);
  }
});
