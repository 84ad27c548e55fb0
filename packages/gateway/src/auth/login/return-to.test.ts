import assert from 'node:assert/strict';
import { test } from 'node:test';
import { returnPath } from './return-to.ts';

test('a path of this gateway, or the start', () => {
  for (const path of ['/', '/ui/', '/ui/topics?x=1&y=%2F#z', '/a//b', '/%09/x']) assert.equal(returnPath(path), path);
  for (const elsewhere of [
    null,
    '',
    'ui',
    'https://evil.example',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/a\\b',
    '/\t/evil.example',
    '/\n/evil.example',
    ' //evil.example',
    'javascript:alert(1)',
    '/oauth/login?return_to=/',
    '/./oauth/logout',
    '/x/..//evil.example',
    `/${'a'.repeat(3_000)}`,
  ])
    assert.equal(returnPath(elsewhere), '/', String(elsewhere));
});
