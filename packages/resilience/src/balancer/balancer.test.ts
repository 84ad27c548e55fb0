import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../clock.ts';
import { Balancer, type Endpoint } from './balancer.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
console.log(`SEED=${seed}`);
const random = seededRandom(seed);
const endpoints = (count: number): Endpoint[] => Array.from({ length: count }, (_, i) => ({ id: `i${i}` }));

function counts(picks: readonly string[]): Record<string, number> {
  const out: Record<string, number> = {};
  for (const id of picks) out[id] = (out[id] ?? 0) + 1;
  return out;
}

test('round robin: in turn, and by weight without bursts', () => {
  const even = new Balancer<Endpoint>();
  even.update(endpoints(3));
  const picks = Array.from({ length: 9 }, () => even.pick()!.endpoint.id).join(' ');
  assert.equal(picks, 'i0 i1 i2 i0 i1 i2 i0 i1 i2');
  const weighted = new Balancer<Endpoint>();
  weighted.update([{ id: 'a', weight: 5 }, { id: 'b' }, { id: 'c' }]);
  assert.equal(Array.from({ length: 7 }, () => weighted.pick()!.endpoint.id).join(''), 'aabacaa');
});

test('round robin over a changing list and changing availability: nobody gets more than one turn more', () => {
  for (let round = 0; round < 30; round++) {
    const balancer = new Balancer<Endpoint>();
    const all = endpoints(2 + Math.floor(random() * 6));
    balancer.update(all);
    for (let phase = 0; phase < 5; phase++) {
      const down = new Set(all.filter(() => random() < 0.3).map(({ id }) => id));
      const up = all.filter(({ id }) => !down.has(id));
      if (up.length === 0) continue;
      balancer.update(all.filter(() => true));
      const turns = up.length * 10;
      const seen = counts(
        Array.from({ length: turns }, () => balancer.pick({ isAvailable: (id) => !down.has(id) })!.endpoint.id),
      );
      assert.equal(Object.keys(seen).length, up.length);
      // What an endpoint missed or had too much of before is made up for once.
      for (const { id } of up) assert.ok(Math.abs(seen[id]! - 10) <= all.length, `${id}: ${JSON.stringify(seen)}`);
    }
  }
});

test('least requests: the least loaded for its weight', () => {
  const balancer = new Balancer<Endpoint>({ strategy: 'leastRequests', random });
  balancer.update([{ id: 'a' }, { id: 'b' }, { id: 'c', weight: 2 }]);
  for (let i = 0; i < 400; i++) balancer.begin(balancer.pick()!);
  const loads = Object.fromEntries(balancer.endpoints.map(({ endpoint, inFlight }) => [endpoint.id, inFlight]));
  assert.ok(Math.abs(loads['a']! - 100) <= 1 && Math.abs(loads['b']! - 100) <= 1, JSON.stringify(loads));
  const a = balancer.endpoints[0]!;
  for (let i = 0; i < 50; i++) balancer.end(a);
  for (let i = 0; i < 49; i++) {
    const picked = balancer.pick()!;
    assert.equal(picked.endpoint.id, 'a');
    balancer.begin(picked);
  }
});

test('power of two: the worst loaded is never picked, and all others are', () => {
  const balancer = new Balancer<Endpoint>({ strategy: 'powerOfTwo', random });
  balancer.update(endpoints(4));
  for (let i = 0; i < 10; i++) balancer.begin(balancer.endpoints[2]!);
  const seen = counts(Array.from({ length: 2_000 }, () => balancer.pick()!.endpoint.id));
  assert.equal(seen['i2'], undefined);
  for (const id of ['i0', 'i1', 'i3']) assert.ok(seen[id]! > 500, JSON.stringify(seen));
});

test('sticky: a key keeps its endpoint, and only the keys of one that leaves move', () => {
  const balancer = new Balancer<Endpoint>();
  const all = endpoints(5);
  balancer.update(all);
  const keys = Array.from({ length: 5_000 }, (_, i) => `user-${i}`);
  const owners = () => keys.map((key) => balancer.pick({ key })!.endpoint.id);
  const before = owners();
  assert.deepEqual(owners(), before);
  for (const [id, count] of Object.entries(counts(before))) assert.ok(count > 850 && count < 1_150, `${id} ${count}`);
  balancer.update(all.filter(({ id }) => id !== 'i3'));
  for (const [i, id] of owners().entries()) if (before[i] !== 'i3') assert.equal(id, before[i]);
  balancer.update(all);
  assert.deepEqual(owners(), before);
  const ejected = keys.map((key) => balancer.pick({ key, isAvailable: (id) => id !== 'i0' })!.endpoint.id);
  for (const [i, id] of ejected.entries()) if (before[i] !== 'i0') assert.equal(id, before[i]);
  assert.equal(balancer.pick({ id: 'i4', key: 'x' })!.endpoint.id, 'i4');
  balancer.update([{ id: 'i0', weight: 3 }, { id: 'i1' }]);
  const heavy = counts(owners())['i0']!;
  assert.ok(heavy > 3_500 && heavy < 4_000, String(heavy));
});

test('excluded, unavailable and far endpoints are taken when there is no other', () => {
  const balancer = new Balancer<Endpoint>({ zone: 'z1' });
  balancer.update([
    { id: 'a', zone: 'z1' },
    { id: 'b', zone: 'z2' },
  ]);
  assert.equal(balancer.pick()!.endpoint.id, 'a');
  assert.equal(balancer.pick()!.endpoint.id, 'a');
  assert.equal(balancer.pick({ exclude: new Set(['a']) })!.endpoint.id, 'b');
  assert.equal(balancer.pick({ isAvailable: (id) => id !== 'a' })!.endpoint.id, 'b');
  assert.equal(balancer.pick({ isAvailable: () => false })!.endpoint.id, 'a');
  assert.equal(balancer.pick({ exclude: new Set(['a', 'b']) })!.endpoint.id, 'a');
  balancer.update([]);
  assert.equal(balancer.pick(), undefined);
});

test('an update keeps the counts of those that stay, and refuses what is wrong', () => {
  const balancer = new Balancer<Endpoint>();
  balancer.update(endpoints(2));
  const picked = balancer.pick()!;
  balancer.begin(picked);
  balancer.update([{ id: 'i0', weight: 4 }, { id: 'new' }]);
  assert.deepEqual(
    balancer.endpoints.map(({ endpoint, inFlight, picks }) => [endpoint.id, inFlight, picks]),
    [
      ['i0', 1, 1],
      ['new', 0, 0],
    ],
  );
  balancer.end(picked);
  assert.equal(balancer.endpoints[0]!.inFlight, 0);
  assert.throws(() => balancer.update([{ id: 'a' }, { id: 'a' }]), /given twice/);
  assert.throws(() => balancer.update([{ id: 'a', weight: 0 }]), /weight of "a"/);
  assert.throws(() => new Balancer({ strategy: 'random' as never }), { code: 'HW_RESILIENCE_CONFIG' });
});
