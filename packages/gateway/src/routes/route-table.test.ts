// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Java's replacement syntax
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { GatewayError } from '../errors.ts';
import { HeaderList } from '../proxy/header-list.ts';
import type { Call } from '../stages/call.ts';
import type { RouteDefinition } from './definition.ts';
import type { RequestDraft } from './filters/filter.ts';
import { filterKinds, refusedFilters } from './filters/index.ts';
import { predicateKinds, refusedPredicates } from './predicates/index.ts';
import { RouteRequest } from './route-request.ts';
import { RouteTable } from './route-table.ts';

const none = { instances: {} };

function request(
  target: string,
  options: { method?: string; headers?: Record<string, string>; from?: string } = {},
): RouteRequest {
  const [path, search] = target.split('?');
  return new RouteRequest(
    options.method ?? 'GET',
    path!,
    search === undefined ? '' : `?${search}`,
    { host: 'localhost', ...options.headers },
    options.from ?? '127.0.0.1',
  );
}

function table(...routes: (Partial<RouteDefinition> & { predicates: RouteDefinition['predicates'] })[]): RouteTable {
  return new RouteTable(
    routes.map((route) => ({ uri: 'http://127.0.0.1:1', ...route })),
    none,
  );
}

function matches(
  predicate: string | { name: string; args: Record<string, unknown> | unknown[] },
  req: RouteRequest,
): boolean {
  return table({ predicates: [predicate] }).find(req) !== undefined;
}

/** Runs the request filters of a single route on a request, as the gateway does. */
function filtered(
  filters: RouteDefinition['filters'],
  target: string,
  options: { predicate?: string; headers?: string[] } = {},
): RequestDraft {
  const req = request(target);
  const found = table({ predicates: [options.predicate ?? 'Path=/**'], filters }).find(req)!;
  const draft: RequestDraft = {
    call: undefined as unknown as Call,
    method: 'GET',
    originalPath: req.path,
    path: req.path,
    search: req.search,
    headers: new HeaderList(options.headers),
    variables: found.variables,
    host: undefined,
    originalHost: 'localhost',
    maxBodyBytes: undefined,
    answer: undefined,
  };
  found.route.filterRequest(draft);
  return draft;
}

test('Path', () => {
  for (const [pattern, yes, no] of [
    ['/red/{segment}', ['/red/1', '/red/blue', '/red/1/'], ['/red', '/red/1/2', '/blue/1', '/redd/1']],
    ['/red/**', ['/red', '/red/', '/red/a', '/red/a/b'], ['/redder', '/']],
    ['/a/*/c', ['/a/b/c'], ['/a/c', '/a/b/b/c']],
    ['/file-{name}.{ext}', ['/file-a.txt', '/file-a.b.c'], ['/file-a']],
    ['/id/{id:\\d+}', ['/id/12'], ['/id/x', '/id/']],
    ['/{*rest}', ['/', '/a', '/a/b'], []],
    ['/a?c', ['/abc'], ['/ac', '/abbc']],
    ['/**', ['/', '/x/y'], []],
    ['/', ['/'], ['/a']],
  ] as const) {
    for (const path of yes)
      assert.ok(matches({ name: 'Path', args: { patterns: pattern } }, request(path)), `${pattern} takes ${path}`);
    for (const path of no)
      assert.ok(!matches({ name: 'Path', args: { patterns: pattern } }, request(path)), `${pattern} leaves ${path}`);
  }
  assert.ok(!matches('Path=/red/{segment},false', request('/red/1/')));
  assert.ok(matches('Path=/red/{segment}, /blue/{segment}', request('/blue/x')));
  assert.ok(matches('Path=/caf\u00e9', request('/caf%C3%A9')), 'segments are compared decoded');
});

test('Host, Method, Header, Query, Cookie, RemoteAddr, times', () => {
  const host = (name: string) => request('/', { headers: { host: name } });
  for (const name of ['www.somehost.org', 'somehost.org', 'a.b.somehost.org:8080', 'WWW.SomeHost.org'])
    assert.ok(matches('Host=**.somehost.org', host(name)), name);
  for (const name of ['somehost.org.evil.com', 'xsomehost.org', 'org'])
    assert.ok(!matches('Host=**.somehost.org', host(name)), name);
  assert.deepEqual(table({ predicates: ['Host={tenant}.example.org'] }).find(host('acme.example.org'))?.variables, {
    tenant: 'acme',
  });
  assert.ok(!matches('Host=*.example.org:81', host('a.example.org:80')));
  assert.ok(matches('Method=GET,POST', request('/', { method: 'POST' })));
  assert.ok(!matches('Method=GET', request('/', { method: 'POST' })));
  assert.ok(matches('Header=X-Request-Id, \\d+', request('/', { headers: { 'x-request-id': '123' } })));
  assert.ok(!matches('Header=X-Request-Id, \\d+', request('/', { headers: { 'x-request-id': '123a' } })));
  assert.ok(matches('Query=green', request('/?a=1&green')));
  assert.ok(matches('Query=red, gree.', request('/?red=greet')));
  assert.ok(!matches('Query=red, gree.', request('/?red=greets')));
  assert.ok(matches('Cookie=chocolate, ch.p', request('/', { headers: { cookie: 'a=b; chocolate=chip' } })));
  assert.ok(matches('RemoteAddr=192.168.1.1/24', request('/', { from: '::ffff:192.168.1.77' })));
  assert.ok(!matches('RemoteAddr=192.168.1.1/24', request('/', { from: '192.168.2.1' })));
  assert.ok(matches('After=2017-01-20T17:42:47.789-07:00[America/Denver]', request('/')));
  assert.ok(!matches('Before=2017-01-20T17:42:47.789-07:00[America/Denver]', request('/')));
  assert.ok(!matches('Between=2017-01-20T17:42:47.789-07:00, 2017-01-21T17:42:47.789-07:00', request('/')));
});

test('filters change path, query and headers', () => {
  assert.equal(filtered(['StripPrefix=2'], '/name/blue/red').path, '/red');
  assert.equal(filtered(['StripPrefix=1'], '/query').path, '/');
  assert.equal(filtered(['StripPrefix=1'], '/query/').path, '/');
  assert.equal(filtered(['RewritePath=/query/(?<rest>.*), /v1/$\\{rest}'], '/query/a%2Fb/c').path, '/v1/a%2Fb/c');
  assert.equal(filtered(['RewritePath=/query/?(?<rest>.*), ${rest}'], '/query').path, '/');
  assert.equal(filtered(['PrefixPath=/mypath'], '/hello').path, '/mypath/hello');
  assert.equal(filtered(['SetPath=/{segment}'], '/red/blue', { predicate: 'Path=/red/{segment}' }).path, '/blue');
  assert.equal(filtered(['SetPath=/x/{s}'], '/red/a%2Fb%0d', { predicate: 'Path=/red/{s}' }).path, '/x/a%2Fb%0D');
  assert.equal(filtered(['SetPath=/x{rest}'], '/red/a/b', { predicate: 'Path=/red/{*rest}' }).path, '/x/a/b');
  assert.equal(filtered(['AddRequestParameter=red, blue'], '/?a=%20').search, '?a=%20&red=blue');
  assert.equal(filtered(['RemoveRequestParameter=a'], '/?a=1&b=%C3%A4&a=2').search, '?b=%C3%A4');
  assert.equal(filtered(['RewriteRequestParameter=c,new'], '/?c=old&d').search, '?c=new&d');
  const headers = filtered(
    [
      'AddRequestHeader=X-A, 2',
      'SetRequestHeader=X-B, b',
      'RemoveRequestHeader=X-C',
      'MapRequestHeader=X-A, X-D',
      'AddRequestHeadersIfNotPresent=X-A:no,X-E:yes',
    ],
    '/',
    { headers: ['x-a', '1', 'x-b', '1', 'X-B', '2', 'x-c', '1'] },
  ).headers.raw;
  assert.deepEqual(headers, ['x-a', '1', 'x-b', 'b', 'X-A', '2', 'X-D', '1', 'X-D', '2', 'X-E', 'yes']);
  assert.deepEqual(
    filtered([{ name: 'RedirectTo', args: { status: 302, url: 'https://acme.example/{id}' } }], '/x/7', {
      predicate: 'Path=/x/{id}',
    }).answer,
    { status: 302, location: 'https://acme.example/7' },
  );
});

test('a captured line break cannot become a header', () => {
  const { raw } = filtered(['AddRequestHeader=X-Who, {who}'], '/u/a%0d%0aSet-Cookie:x%E2%82%AC', {
    predicate: 'Path=/u/{who}',
  }).headers;
  assert.deepEqual(raw, ['X-Who', 'a%0D%0ASet-Cookie:x%E2%82%AC']);
});

test('response filters run from the last to the first', () => {
  const route = table({
    predicates: ['Path=/**'],
    filters: [
      'AddResponseHeader=X-A, 1',
      'RemoveResponseHeader=X-A',
      'SetStatus=UNAUTHORIZED',
      'DedupeResponseHeader=Vary X-B, RETAIN_UNIQUE',
      'RewriteResponseHeader=Location, password=[^&]+, password=***',
      'SecureHeaders',
    ],
  }).routes[0]!;
  const draft = {
    call: undefined as unknown as Call,
    status: 200,
    headers: new HeaderList([
      'X-A',
      '0',
      'vary',
      'a',
      'Vary',
      'b',
      'vary',
      'a',
      'location',
      '/?password=x&u=y',
      'x-frame-options',
      'SAMEORIGIN',
    ]),
  };
  route.filterResponse!(draft);
  assert.equal(draft.status, 401);
  assert.deepEqual(draft.headers.all('x-a'), ['1']);
  assert.deepEqual(draft.headers.all('vary'), ['a', 'b']);
  assert.equal(draft.headers.get('location'), '/?password=***&u=y');
  assert.deepEqual(draft.headers.all('x-frame-options'), ['SAMEORIGIN']);
  assert.equal(draft.headers.get('x-content-type-options'), 'nosniff');
});

test('routes are tried by order, then as listed', () => {
  const routes = table(
    { id: 'all', predicates: ['Path=/**'], order: 1 },
    { id: 'b', predicates: ['Path=/b/**'] },
    { id: 'b2', predicates: ['Path=/b/x'] },
    { id: 'first', predicates: ['Query=first'], order: -1 },
  );
  assert.equal(routes.find(request('/b/x'))?.route.id, 'b');
  assert.equal(routes.find(request('/b/x?first'))?.route.id, 'first');
  assert.equal(routes.find(request('/c'))?.route.id, 'all');
  assert.deepEqual(
    routes.routes.map((route) => route.id),
    ['first', 'b', 'b2', 'all'],
  );
});

test('expanded forms', () => {
  assert.ok(matches({ name: 'Path', args: { patterns: ['/a', '/b'], 'match-trailing-slash': false } }, request('/b')));
  assert.ok(
    matches({ name: 'Header', args: { _genkey_0: 'X-A', _genkey_1: 'v' } }, request('/', { headers: { 'x-a': 'v' } })),
  );
  assert.ok(matches({ name: 'Method', args: ['GET'] }, request('/')));
  assert.equal(
    filtered([{ name: 'RewritePath', args: { regexp: '/a,(?<x>.*)', replacement: '/${x}' } }], '/a,b').path,
    '/b',
  );
});

test('lb:// with a static instance list', () => {
  const routes = new RouteTable([{ uri: 'lb://orders', predicates: ['Path=/**'] }], {
    instances: { orders: ['http://127.0.0.1:1', 'http://127.0.0.1:2'] },
  });
  assert.deepEqual([...routes.routes[0]!.picker!.origins()], ['http://127.0.0.1:1', 'http://127.0.0.1:2']);
});

test('a wrong route is refused with what to write instead', () => {
  const cases: [unknown, RegExp][] = [
    [{ uri: 'lb://orders', predicates: ['Path=/**'] }, /no discovery knows it, so list them under instances/],
    [{ uri: 'http://a', predicates: ['Paht=/**'] }, /unknown predicate "Paht"\. Served predicates: After, Before/],
    [
      { uri: 'http://a', predicates: ['Path=/**'], filters: ['JsonToGrpc=x'] },
      /JsonToGrpc is not served: .* Served filters: AddRequestHeader/,
    ],
    [
      { uri: 'http://a', predicates: ['Path=/**'], filters: ['SetPath=/{nope}'] },
      /\{nope\} is captured by no Path or Host predicate/,
    ],
    [
      { uri: 'http://a', predicates: ['Path=/**'], filters: ['RewritePath=(a)\\1, x'] },
      /back-references are not served/,
    ],
    [{ uri: 'http://a', predicates: ['Path=/**'], filters: ['RewritePath=a, ${b}'] }, /names the group "b"/],
    [{ uri: 'http://a', predicates: ['Path=/**'], filters: ['StripPrefix=x'] }, /parts must be a whole number/],
    [
      { uri: 'http://a', predicates: ['Path=/**'], filters: ['AddRequestHeader=A, b, c'] },
      /a value with a comma needs the form/,
    ],
    [{ uri: 'http://a', predicates: ['Path=/**'], filters: ['AddRequestHeader=A b, c'] }, /not a header name/],
    [{ uri: 'http://a/base', predicates: ['Path=/**'] }, /write it as PrefixPath=\/base/],
    [{ uri: 'ftp://a', predicates: ['Path=/**'] }, /scheme/],
    [{ uri: 'http://a' }, /has no predicates/],
    [{ uri: 'http://a', predicates: ['Path=/**/a'] }, /at the end of the pattern/],
    [{ uri: 'http://a', predicates: ['Path=a'] }, /must start with/],
    [{ uri: 'http://a', predicates: ['Path=/{a'] }, /has no "\}"/],
    [{ uri: 'http://a', predicates: ['Path=/**'], filter: [] }, /unknown key "filter"/],
    [{ uri: 'http://a', predicates: ['Path=/**'], metadata: { 'response-timeout': 'soon' } }, /must be milliseconds/],
    [{ uri: 'http://a', predicates: ['RemoteAddr=1.2.3.4/99'] }, /not an IP address/],
    [{ uri: 'http://a', predicates: ['Method=FETCH'] }, /not an HTTP method/],
    [{ uri: 'http://a', predicates: ['After=tomorrow'] }, /must be a time like/],
    ['Path=/a', /must be a map/],
  ];
  for (const [definition, expected] of cases) {
    assert.throws(
      () => new RouteTable([definition as RouteDefinition], none),
      (error: unknown) =>
        error instanceof GatewayError && error.code === 'HW_GATEWAY_BAD_ROUTE' && expected.test(error.message),
      `${JSON.stringify(definition)} → ${expected}`,
    );
  }
});

test('ten thousand routes cost no more than one', () => {
  const routes = new RouteTable(
    Array.from({ length: 10_000 }, (_, i) => ({
      id: `r${i}`,
      uri: 'http://127.0.0.1:1',
      predicates: [`Path=/s${i}/**`],
    })),
    none,
  );
  const started = performance.now();
  for (let i = 0; i < 10_000; i++) assert.equal(routes.find(request(`/s${i}/x`))?.route.id, `r${i}`);
  assert.ok(performance.now() - started < 3_000);
});

test('COMPATIBILITY.md names every predicate and filter that is served or refused', () => {
  const text = readFileSync(new URL('../../COMPATIBILITY.md', import.meta.url), 'utf8');
  const [served, refused] = text.split('## Refused');
  for (const name of [...predicateKinds.keys(), ...filterKinds.keys()])
    assert.ok(served!.includes(`\`${name}\``), name);
  for (const name of [...refusedPredicates.keys(), ...refusedFilters.keys()])
    assert.ok(refused!.includes(`\`${name}\``), name);
});
