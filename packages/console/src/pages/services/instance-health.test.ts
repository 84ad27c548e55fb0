import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MonitoredInstance } from '../../api/monitor.ts';
import { addressOf, instanceHealth, instanceStateText, sharersOf } from './instance-health.ts';

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

test('services that run in one process share its memory, and those of another machine do not', () => {
  const service = (name: string, address: string, pid: number | null) => ({
    service: name,
    instances: [{ instance: `${name}-1`, address, pid } as MonitoredInstance],
  });
  const sharers = sharersOf([
    service('streams', 'http://10.0.0.1:8187', 17),
    service('analytics', 'http://10.0.0.1:8188', 17),
    service('orders', 'http://10.0.0.2:8080', 17),
    service('untold', 'http://10.0.0.1:8081', null),
  ]);
  assert.deepEqual(
    [...sharers],
    [
      ['streams', ['analytics']],
      ['analytics', ['streams']],
      ['orders', []],
      ['untold', []],
    ],
  );
});
