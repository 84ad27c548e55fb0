import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meaningOf } from './config-meaning.ts';

test('what the numbers of settings mean', () => {
  assert.equal(meaningOf('retention.ms', '604800000'), '7 days');
  assert.equal(meaningOf('retention.ms', '-1'), 'no limit');
  assert.equal(meaningOf('segment.bytes', '1073741824'), '1.1 GB');
  assert.equal(meaningOf('flush.ms', '9223372036854775807'), 'never');
  assert.equal(meaningOf('segment.ms', '3600000'), '1 hour');
  assert.equal(meaningOf('cleanup.policy', 'delete'), '');
  assert.equal(meaningOf('min.insync.replicas', '1'), '');
  assert.equal(meaningOf('x', null), '');
});
