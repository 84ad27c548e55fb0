import assert from 'node:assert/strict';
import { test } from 'node:test';
import { springInstance } from '../../test/support/eureka.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { readInstance } from '../wire/read-instance.ts';
import type { Change } from './change.ts';
import { Eviction, type EvictionOptions } from './eviction.ts';
import { explain } from './explain.ts';
import { type Caller, Registry } from './registry.ts';
import { SelfPreservation, type SelfPreservationOptions } from './self-preservation.ts';

const caller: Caller = { address: '10.0.0.9', isReplica: false };

function world(options: SelfPreservationOptions & Pick<EvictionOptions, 'keptUntil'> = {}) {
  const { keptUntil, ...rest } = options;
  const clock = new ManualClock();
  const startMs = clock.now();
  const selfPreservation = new SelfPreservation(rest);
  const changes: { kind: Change['kind']; id: string; reason: string; atMs: number }[] = [];
  const protections: boolean[] = [];
  const registry = new Registry({
    clock,
    server: 'here',
    onChange({ kind, lease, reason }) {
      changes.push({ kind, id: lease.id, reason, atMs: clock.now() - startMs });
      if (kind === 'EXPIRED' || kind === 'CANCELLED') return;
      selfPreservation.heard(lease.key);
      eviction.expect(lease);
    },
  });
  const onProtection = (isProtecting: boolean) => protections.push(isProtecting);
  const eviction: Eviction = new Eviction({
    clock,
    registry,
    selfPreservation,
    onProtection,
    ...(keptUntil !== undefined && { keptUntil }),
  });
  return {
    clock,
    registry,
    selfPreservation,
    changes,
    protections,
    register(id: string, durationInSecs: number, fields: Record<string, unknown> = {}) {
      const leaseInfo = { durationInSecs, renewalIntervalInSecs: Math.max(1, Math.floor(durationInSecs / 3)) };
      registry.register(
        readInstance(springInstance('ORDERS', id, { leaseInfo, ...fields }), 'ORDERS', clock.now()),
        caller,
      );
    },
    renew: (id: string) => registry.renew('ORDERS', id, undefined, caller),
    ids: () => Array.from(registry.leases(), ({ id }) => id),
    evictions: () => changes.filter(({ kind }) => kind === 'EXPIRED').map(({ id, atMs }) => [id, atMs]),
    why(id: string) {
      const lease = registry.get('ORDERS', id)!;
      return explain(lease, { clock, protection: selfPreservation.state(registry.size), server: 'here' });
    },
  };
}

test('a lease of six seconds runs out after six seconds, not after twelve', () => {
  const { clock, register, renew, ids, evictions, changes } = world();
  register('short', 6);
  register('long', 90);
  clock.advance(4_000);
  assert.equal(renew('short'), 'renewed');
  clock.advance(5_900);
  assert.deepEqual(ids(), ['short', 'long']);
  clock.advance(200);
  assert.deepEqual(ids(), ['long']);
  clock.advance(90_000);
  assert.deepEqual(evictions(), [
    ['short', 10_000],
    ['long', 90_000],
  ]);
  assert.equal(changes.find(({ kind }) => kind === 'EXPIRED')!.reason, 'no heartbeat for 6 s, with a lease of 6 s');
});

test('heartbeats keep a lease for as long as they come', () => {
  const { clock, register, renew, ids } = world();
  register('a', 3);
  for (let i = 0; i < 100; i++) {
    clock.advance(2_900);
    assert.equal(renew('a'), 'renewed');
  }
  assert.deepEqual(ids(), ['a']);
  clock.advance(3_100);
  assert.equal(renew('a'), 'unknown');
});

test('a duration of nothing is the default of ninety seconds', () => {
  const { clock, register, evictions } = world();
  register('a', 0);
  clock.advance(100_000);
  assert.deepEqual(evictions(), [['a', 90_000]]);
});

test('with few instances a silent one is evicted, however many there are', () => {
  const { clock, register, renew, ids, protections } = world();
  for (const id of ['a', 'b', 'c', 'd']) register(id, 6);
  clock.advance(5_000);
  renew('a');
  clock.advance(2_000);
  assert.deepEqual([ids(), protections], [['a'], []]);
});

test('when many fall silent at once nobody is evicted, and why is told', () => {
  const { clock, register, renew, registry, selfPreservation, protections, why, changes } = world();
  for (let i = 0; i < 20; i++) register(`i${i}`, 30);
  // Three of twenty are 15 %: they may be gone.
  clock.advance(20_000);
  for (let i = 3; i < 20; i++) renew(`i${i}`);
  clock.advance(15_000);
  assert.equal(registry.size, 17);
  // Five more within the minute are more.
  for (let i = 8; i < 20; i++) renew(`i${i}`);
  clock.advance(20_000);
  for (let i = 8; i < 20; i++) renew(`i${i}`);
  assert.equal(registry.size, 17);
  assert.deepEqual(protections, [true]);
  const state = selfPreservation.state(registry.size);
  assert.deepEqual([state.isProtecting, state.silent, state.silentMax], [true, 8, 3]);
  assert.match(
    why('i5').listed,
    /^It was heard 35 s ago, and its lease of 30 s ran out 5\.0 s ago\. Self-preservation keeps it: 8 of 20 /,
  );
  assert.match(why('i9').listed, /^It was heard 0\.0 s ago; its lease of 30 s runs for 30 s more\.$/);
  // They come back, one after the other.
  for (let i = 3; i < 7; i++) renew(`i${i}`);
  assert.equal(changes.at(-1)!.reason, 'heard again, 5 s after its lease had run out');
  for (let i = 0; i < 3; i++) register(`i${i}`, 30);
  clock.advance(1_100);
  // One is silent still, of twenty: it may go.
  assert.deepEqual(protections, [true, false]);
  assert.equal(registry.get('ORDERS', 'i7'), undefined);
  assert.equal(registry.size, 19);
});

test('protection has an end', () => {
  const { clock, register, registry, protections, why } = world({ maximumMs: 60_000 });
  for (let i = 0; i < 10; i++) register(`i${i}`, 10);
  clock.advance(15_000);
  assert.equal(registry.size, 10);
  assert.match(why('i1').listed, /at the latest at 2023-/);
  clock.advance(60_000);
  assert.deepEqual([registry.size, protections], [0, [true, false]]);
});

test('without self-preservation all that are silent go', () => {
  const { clock, register, registry, selfPreservation } = world({ isEnabled: false });
  for (let i = 0; i < 10; i++) register(`i${i}`, 10);
  clock.advance(11_000);
  assert.equal(registry.size, 0);
  assert.match(selfPreservation.state(0).explanation, /is off/);
});

test('what leaves in order is not counted as silent', () => {
  const { clock, register, registry, protections } = world();
  for (let i = 0; i < 20; i++) register(`i${i}`, 10);
  for (let i = 0; i < 18; i++) registry.cancel('ORDERS', `i${i}`, caller);
  clock.advance(5_000);
  assert.deepEqual([registry.size, protections], [2, []]);
});

test('a server that was held up does not blame the instances', () => {
  const { clock, register, renew, registry, why } = world();
  register('a', 6);
  clock.stall(30_000);
  clock.advance(0);
  assert.equal(registry.size, 1);
  assert.match(why('a').listed, /It is kept for at least 6\.0 s more: this server itself was held up for 24\.0 s/);
  renew('a');
  clock.advance(5_900);
  assert.equal(registry.size, 1);
  clock.advance(1_000);
  assert.equal(registry.size, 0);
});

test('what another server may have heard is kept for a while', () => {
  let untilMs = Infinity;
  const { clock, register, registry, why } = world({
    keptUntil: () => ({ untilMs, reason: 'another may have heard it' }),
  });
  register('a', 6);
  clock.advance(8_000);
  assert.equal(registry.size, 1);
  untilMs = clock.monotonicMs() + 2_000;
  clock.advance(1_500);
  assert.match(why('a').listed, /another may have heard it\.$/);
  clock.advance(1_500);
  assert.equal(registry.size, 0);
});

test('a change is in the delta for three minutes', () => {
  const { clock, register, registry } = world();
  register('a', 1000);
  clock.advance(179_000);
  assert.equal(registry.recent.list(clock.now()).length, 1);
  clock.advance(1_000);
  assert.equal(registry.recent.list(clock.now()).length, 0);
});

test('what has left and was large is not remembered without bound', () => {
  const { clock, register, registry } = world();
  const metadata = { filler: 'x'.repeat(200_000) };
  for (let i = 0; i < 500; i++) {
    register(`i${i}`, 1000, { metadata });
    registry.cancel('ORDERS', `i${i}`, caller);
  }
  const remembered = registry.recent.list(clock.now());
  assert.ok(remembered.length >= 300 && remembered.length < 340, String(remembered.length));
  assert.equal(remembered.at(-1)!.id, 'i499');
});

test('why an instance has its status', () => {
  const { register, registry, why } = world();
  register('a', 60);
  assert.equal(why('a').status, 'It says so itself when it registers: UP.');
  registry.setStatus('ORDERS', 'a', 'OUT_OF_SERVICE', undefined, caller);
  assert.match(why('a').status, /^It was overridden by 10\.0\.0\.9, at 2023-.*Z; the instance itself says UP\./);
  register('a', 60, { status: 'DOWN' });
  assert.match(why('a').status, /^The instance itself says DOWN, which counts more than the override OUT_OF_SERVICE/);
  registry.removeOverride('ORDERS', 'a', 'UNKNOWN', undefined, caller);
  assert.match(why('a').status, /its next heartbeat is refused/);
});
