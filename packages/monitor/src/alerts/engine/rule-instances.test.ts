import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileTemplate } from '../model/template.ts';
import { type Instance, type InstanceShape, RuleInstances } from './rule-instances.ts';

function world(shape: Partial<InstanceShape> = {}) {
  const changes: Instance[] = [];
  const instances = new RuleInstances(
    {
      name: 'ServiceDown',
      severity: 'critical',
      forMs: 0,
      keepFiringForMs: 0,
      labels: {},
      annotations: { summary: compileTemplate('{{ $labels.service }} is {{ $value }}') },
      limit: 3,
      ...shape,
    },
    (instance) => changes.push(instance),
  );
  return {
    instances,
    changes,
    states: () => changes.map(({ endsMs, state }) => (endsMs === 0 ? state : `${state}@${endsMs}`)),
  };
}

test('an alert without `for` fires at once and says what it is about', () => {
  const { changes, instances, states } = world();
  instances.set('orders', { service: 'orders' }, 'DOWN', 1_000, 990);
  instances.clear('orders', 5_000);
  assert.deepEqual(states(), ['firing', 'resolved@5000']);
  assert.deepEqual(changes[0]!.labels, { alertname: 'ServiceDown', service: 'orders', severity: 'critical' });
  assert.deepEqual(changes[0]!.annotations, { summary: 'orders is DOWN' });
  assert.equal(changes[0]!.causeMs, 990);
  assert.equal(instances.size, 0);
});

test('with `for` it is pending first, and forgotten when the condition ends in between', () => {
  const { instances, states } = world({ forMs: 60_000 });
  instances.set('a', { service: 'a' }, 1, 0, null);
  instances.advance(59_999);
  instances.clear('a', 59_999);
  instances.advance(100_000);
  instances.set('a', { service: 'a' }, 1, 200_000, null);
  assert.equal(instances.nextDueMs(), 260_000);
  instances.advance(300_000);
  assert.deepEqual(states(), ['pending', 'inactive@59999', 'pending', 'firing']);
  assert.equal([...instances.values()][0]!.firedMs, 260_000);
});

test('`keep_firing_for` bridges a short recovery and ends the alert when it is over', () => {
  const { instances, states } = world({ keepFiringForMs: 30_000 });
  instances.set('a', { service: 'a' }, 1, 0, null);
  instances.clear('a', 10_000);
  instances.advance(20_000);
  instances.set('a', { service: 'a' }, 1, 20_000, null);
  instances.advance(60_000);
  instances.clear('a', 60_000);
  instances.advance(200_000);
  assert.deepEqual(states(), ['firing', 'firing', 'firing', 'firing', 'resolved@90000']);
});

test('what is restored goes on where it was', () => {
  const first = world({ forMs: 60_000 });
  first.instances.set('a', { service: 'a' }, 1, 0, null);
  const second = world({ forMs: 60_000 });
  second.instances.restore([...first.instances.values()][0]!);
  second.instances.advance(60_000);
  assert.deepEqual(second.states(), ['firing']);
});

test('more alerts than the limit are counted', () => {
  const { changes, instances } = world();
  for (let index = 0; index < 5; index++) instances.set(`s${index}`, { service: `s${index}` }, 1, 0, null);
  assert.equal(changes.length, 3);
  assert.equal(instances.overflowed, 2);
});

test('a rule that is taken away ends its alerts', () => {
  const { instances, states } = world();
  instances.set('a', { service: 'a' }, 1, 0, null);
  instances.end(10);
  assert.deepEqual(states(), ['firing', 'resolved@10']);
});
