import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RouteRequest } from '../routes/route-request.ts';
import { RouteTable } from '../routes/route-table.ts';
import { createVersions, type VersionOptions } from './versions.ts';

function finder(options: VersionOptions, ...routes: [id: string, predicates: string[]][]) {
  const module = createVersions(options);
  const table = new RouteTable(
    routes.map(([id, predicates]) => ({ id, uri: 'http://127.0.0.1:1', predicates })),
    { instances: {}, predicates: new Map(module.predicates!.map((kind) => [kind.name, kind])) },
  );
  return (path: string, headers: Record<string, string> = {}): string | undefined => {
    const [bare, search] = path.split('?');
    const request = new RouteRequest('GET', bare!, search === undefined ? '' : `?${search}`, headers, '127.0.0.1');
    return table.find(request)?.route.id;
  };
}

test('by header, by Accept in both forms, by query, by path; equal, baseline and default', () => {
  const find = finder(
    { default: '1', query: 'v', pathSegment: 1 },
    ['two', ['Path=/**', 'Version=2']],
    ['three', ['Path=/**', 'Version=v3.1+']],
    ['one', ['Path=/**', 'Version=1.0']],
  );
  assert.equal(find('/a'), 'one');
  assert.equal(find('/a', { 'x-api-version': '2' }), 'two');
  assert.equal(find('/a', { 'x-api-version': 'v2.0.0' }), 'two');
  assert.equal(find('/a', { 'x-api-version': '2.1' }), undefined);
  assert.equal(find('/a', { 'x-api-version': '3.1' }), 'three');
  assert.equal(find('/a', { 'x-api-version': '10' }), 'three');
  assert.equal(find('/a', { 'x-api-version': '3.0.9' }), undefined);
  assert.equal(find('/a', { accept: 'application/vnd.api.v2+json' }), 'two');
  assert.equal(find('/a', { accept: 'text/html, application/vnd.shop.orders.v2+json;q=0.5' }), 'two');
  assert.equal(find('/a', { accept: 'application/vnd.shop.v2' }), 'two');
  assert.equal(find('/a', { accept: 'application/json;version=2' }), 'two');
  assert.equal(find('/a', { accept: 'application/json; charset=utf-8; version="4"' }), 'three');
  assert.equal(find('/a', { accept: '*/*' }), 'one');
  assert.equal(find('/a?v=2'), 'two');
  assert.equal(find('/api/v2/orders'), 'two');
  assert.equal(find('/api/vendors/2'), 'one');
  assert.equal(find('/a?v=2', { 'x-api-version': '4' }), 'three', 'the header comes first');
});

test('a version that is none, is not served or is missing is refused with what to ask for', () => {
  const find = finder({ required: true, supported: ['1', '2'] }, ['one', ['Path=/**', 'Version=1']]);
  for (const [headers, expected] of [
    [{ 'x-api-version': 'latest' }, /"latest" is not a version/],
    [{ 'x-api-version': '3' }, /version 3 of the API is not served: ask for 1, 2/],
    [{ accept: 'application/vnd.a.v9+json' }, /version 9 /],
    [{}, /says no version of the API: add X-API-Version/],
  ] as const)
    assert.throws(() => find('/a', headers), { status: 400, code: 'HW_GATEWAY_API_VERSION', message: expected });
  assert.equal(find('/a', { 'x-api-version': '2' }), undefined);
  assert.throws(() => finder({}, ['one', ['Path=/**', 'Version=latest']]), /Version: "latest" is not a version/);
  assert.throws(() => finder({ default: 'x' }), /"x" is not a version/);
});
