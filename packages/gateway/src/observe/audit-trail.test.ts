import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../stages/call.ts';
import { AuditTrail } from './audit-trail.ts';

const call = (user = '', clientAddress = '10.0.0.1'): Call =>
  ({ user, clientAddress, method: 'GET', path: '/r/a', route: { id: 'r' }, correlationId: 'c-1' }) as unknown as Call;

test('what happened is told with who and where; the same refusal again only after a while, with how often', () => {
  let nowMs = 1_000;
  const told: { key: string | null; value: Record<string, unknown> }[] = [];
  const audit = new AuditTrail(
    { tell: (key, value) => void told.push({ key, value: value as Record<string, unknown> }) },
    () => nowMs,
  );
  audit.record(call(), { event: 'LOGIN', outcome: 'success', user: 'ada' });
  audit.record(call(), { event: 'LOGIN', outcome: 'success', user: 'ada' });
  assert.equal(told.length, 2);
  assert.deepEqual(told[0], {
    key: 'ada',
    value: {
      timestampMs: 1_000,
      event: 'LOGIN',
      user: 'ada',
      client: null,
      address: '10.0.0.1',
      outcome: 'success',
      reason: null,
      details: { gateway: true, method: 'GET', path: '/r/a', route: 'r', correlationId: 'c-1' },
    },
  });
  const refuse = (from: Call): void => audit.record(from, { event: 'TOKEN_REFUSED', outcome: 'failure', reason: 'X' });
  for (let i = 0; i < 5; i++) refuse(call());
  refuse(call('', '10.0.0.2'));
  assert.deepEqual(
    told.slice(2).map(({ key }) => key),
    ['10.0.0.1', '10.0.0.2'],
  );
  nowMs += 10_000;
  refuse(call());
  assert.equal((told[4]!.value['details'] as Record<string, unknown>)['repeated'], 4);
});

test('callers who are refused by many names do not fill the memory', () => {
  const told: (string | null)[] = [];
  const audit = new AuditTrail({ tell: (key) => void told.push(key) }, () => 0);
  for (let i = 0; i < 3_000; i++) audit.record(call(`u${i}`), { event: 'ACCESS_DENIED', outcome: 'failure' });
  assert.equal(told.length, 3_000);
});
