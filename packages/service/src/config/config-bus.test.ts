import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFor } from './config-bus.ts';

test('a destination of the bus is matched as Spring does', () => {
  const id = 'orders:dev:8090:3f2a';
  for (const destination of [
    '**',
    '',
    '*:**',
    'orders',
    'orders:**',
    'orders:dev:**',
    'ord*:**',
    '**:3f2a',
    id,
    'o?ders:*:*:*',
  ]) {
    assert.equal(isFor(destination, id), true, destination);
  }
  for (const destination of ['billing', 'orders:prod:**', 'orders:dev', 'order:**', 'orders:dev:8090:3f2a:x']) {
    assert.equal(isFor(destination, id), false, destination);
  }
  assert.equal(isFor(`${'a*'.repeat(30)}b:**`, `${'a'.repeat(5_000)}:x`), false, 'in no time');
});
