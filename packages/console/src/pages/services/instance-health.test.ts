import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf, instanceHealth, instanceStateText } from './instance-health.ts';

const lease = { durationSeconds: 90, renewalIntervalSeconds: 30, leftMs: 1, isExpired: false, heldBy: 'a' };

test('an instance is as well as its status, and silent when its lease has run out', () => {
  const cases = [
    ['UP', false, 'good', 'Up'],
    ['UP', true, 'warning', 'Up, silent'],
    ['DOWN', false, 'bad', 'Down'],
    ['OUT_OF_SERVICE', false, 'warning', 'Out of service'],
    ['UNKNOWN', false, 'unknown', 'Unknown'],
  ] as const;
  for (const [status, isExpired, health, text] of cases) {
    const instance = { status, lease: { ...lease, isExpired } };
    assert.deepEqual([instanceHealth(instance), instanceStateText(instance)], [health, text]);
  }
});

test('the address is that of the port which is open', () => {
  const of = (isOpen: boolean, isSecureOpen: boolean) =>
    addressOf({
      hostName: 'h',
      port: { port: 80, isEnabled: isOpen },
      securePort: { port: 443, isEnabled: isSecureOpen },
    } as Parameters<typeof addressOf>[0]);
  assert.deepEqual(
    [of(true, false), of(false, true), of(true, true), of(false, false)],
    ['h:80', 'h:443', 'h:80', 'h:80'],
  );
});
