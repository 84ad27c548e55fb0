import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalisePath, splitTarget } from './path-safety.ts';

test('ordinary paths stay as they are', () => {
  for (const path of [
    '/',
    '/a',
    '/a/',
    '/a.b/c-d_e~f',
    '/v1/%E2%82%AC',
    '/doc/a%2Fb',
    '/x/...',
    '/.well-known/openid-configuration',
    '/a;v=1/b',
    '/a%25b',
  ])
    assert.equal(normalisePath(path), path);
  assert.equal(normalisePath('//a///b//'), '/a/b/');
});

test('what gateway and upstream could read differently is refused', () => {
  for (const path of [
    '/..',
    '/a/../b',
    '/./a',
    '/a/%2e%2e/b',
    '/a/.%2E/b',
    '/%2e/a',
    '/a/..;/b',
    '/a/..;x=1/b',
    '/a%2f..%2fb',
    '/a%2F%2e%2e%2Fb',
    '/%252e%252e/a',
    '/a%252f..%252fb',
    '/%25252e%25252e/a',
    '/a\\..\\b',
    '/a%5c..%5cb',
    '/a%5Cb',
    '/a%00',
    '/a%0d%0aX:1',
    '/a%7f',
    '/a%zz',
    '/a%',
    '/ä',
    '/a b',
    '/a{b}',
    '/a#b',
    'a',
    '',
  ])
    assert.throws(() => normalisePath(path), { status: 400, code: 'HW_GATEWAY_BAD_PATH' }, path);
});

test('targets in both forms', () => {
  assert.deepEqual(splitTarget('/a/b?c=d?e'), { path: '/a/b', search: '?c=d?e' });
  assert.deepEqual(splitTarget('http://example.org/a?b'), { path: '/a', search: '?b' });
  assert.deepEqual(splitTarget('http://example.org'), { path: '/', search: '' });
  assert.throws(() => splitTarget('*'), { status: 400 });
  assert.throws(() => splitTarget('ftp://x/'), { status: 400 });
  assert.throws(() => splitTarget('/a?b#c'), { status: 400 });
});
