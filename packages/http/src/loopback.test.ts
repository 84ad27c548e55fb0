import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback } from './loopback.ts';

test('this machine, and no name that only looks like it', () => {
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])
    assert.equal(isLoopback(host), true, host);
  for (const host of [
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '127.example.org',
    '127.0.0.1.example.org',
    '127.0.0.999',
    'localhost.example.org',
    '',
  ])
    assert.equal(isLoopback(host), false, host);
});
