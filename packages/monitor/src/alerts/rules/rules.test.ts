import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRule } from '../config/alerting-config.ts';
import type { Instance } from '../engine/rule-instances.ts';
import { type EventRecord, eventRecord } from './event-record.ts';
import { eventDetector } from './make-detector.ts';
import { EventRuleRunner } from './rule-runner.ts';

const startMs = 1_700_000_000_000;

function world(rule: Record<string, unknown>) {
  const parsed = parseRule(JSON.stringify({ name: 'R', ...rule }));
  const changes: Instance[] = [];
  const make = () =>
    new EventRuleRunner(parsed, eventDetector(parsed, startMs)!, startMs, (instance) => changes.push(instance));
  const runner = make();
  const record = (atSeconds: number, fields: object, key: string | null = null): EventRecord =>
    eventRecord('t', 0, {
      offset: 0,
      timestamp: startMs + atSeconds * 1_000,
      key: key === null ? null : Buffer.from(key),
      value: Buffer.from(JSON.stringify(fields)),
    });
  return {
    make,
    runner,
    changes,
    record,
    tell: (atSeconds: number, fields: object, key?: string) =>
      runner.onRecord(record(atSeconds, fields, key), Infinity),
    until: (atSeconds: number) => runner.advance(startMs + atSeconds * 1_000),
    /** `state thing@seconds` of each change. */
    told: () =>
      changes.map(({ activeMs, endsMs, firedMs, labels, state }) => {
        const atMs = endsMs || firedMs || activeMs;
        return `${state} ${labels['service'] ?? labels['key'] ?? ''}@${(atMs - startMs) / 1_000}`;
      }),
  };
}

test('threshold on a field: the last record of each thing counts', () => {
  const { changes, tell, told } = world({
    kind: 'threshold',
    topic: 't',
    field: 'status',
    op: '==',
    value: 'DOWN',
    by: ['service'],
    where: ['kind!="test"'],
  });
  tell(1, { service: 'a', status: 'UP' });
  tell(2, { service: 'a', status: 'DOWN' });
  tell(3, { service: 'a', status: 'DOWN', kind: 'test' });
  tell(4, { service: 'b', status: 'DOWN' });
  tell(5, { service: 'a' });
  tell(6, { service: 'a', status: 'UP' });
  assert.deepEqual(told(), ['firing a@2', 'firing b@4', 'resolved a@6']);
  assert.equal(changes[0]!.value, 'DOWN');
});

test('threshold with `for`: a time that passes without a record fires too', () => {
  const { tell, told, until } = world({
    kind: 'threshold',
    topic: 't',
    field: 'cpu.percent',
    value: 90,
    by: ['service'],
    for: '10s',
  });
  tell(0, { service: 'a', cpu: { percent: 95 } });
  tell(9, { service: 'a', cpu: { percent: 96 } });
  until(30);
  tell(31, { service: 'a', cpu: { percent: 12 } });
  assert.deepEqual(told(), ['pending a@0', 'firing a@10', 'resolved a@31']);
});

test('rate: events of a sliding window, and their end when the window moves on', () => {
  const { changes, tell, told, until } = world({ kind: 'rate', topic: 't', window: '1m', value: 3, by: ['service'] });
  for (const at of [0, 10, 20, 40]) tell(at, { service: 'a' });
  tell(40, { service: 'b' });
  until(200);
  assert.deepEqual(told(), ['firing a@20', 'resolved a@71']);
  assert.equal(changes[0]!.causeMs, startMs + 20_000);
});

test('error ratio: only with enough events', () => {
  const { changes, tell, told, until } = world({
    kind: 'errorRatio',
    topic: 't',
    window: '1m',
    min_events: 10,
    value: 0.2,
  });
  for (let index = 0; index < 9; index++) tell(index, { service: 'a', status: 500 });
  tell(9, { service: 'a', status: 200 });
  until(70);
  assert.deepEqual(told(), ['firing a@9', 'resolved a@61']);
  assert.equal(changes[0]!.value, 0.9);
});

test('absence: of what was there, of what is expected, and no longer when it is forgotten', () => {
  const { tell, told, until } = world({
    kind: 'absence',
    topic: 't',
    within: '10s',
    by: ['service'],
    keys: ['expected'],
    forget_after: '1m',
  });
  tell(1, { service: 'a' });
  tell(8, { service: 'a' });
  until(12);
  assert.deepEqual(told(), ['firing expected@10']);
  tell(15, { service: 'expected' });
  until(20);
  tell(21, { service: 'a' });
  until(28);
  tell(28, { service: 'expected' });
  until(120);
  assert.deepEqual(told().slice(1), [
    'resolved expected@15',
    'firing a@18',
    'resolved a@21',
    'firing expected@25',
    'resolved expected@28',
    'firing a@31',
    'firing expected@38',
    'resolved a@81',
  ]);
});

test('after a restart the past is looked at without being told again', () => {
  const { changes, make, record, runner, tell } = world({
    kind: 'rate',
    topic: 't',
    window: '1m',
    value: 2,
    by: ['service'],
  });
  tell(0, { service: 'a' });
  tell(1, { service: 'a' });
  tell(1, { service: 'gone' });
  tell(1, { service: 'gone' });
  assert.equal(changes.length, 2);
  const kept = [...runner.instances.values()];
  changes.length = 0;
  const next = make();
  for (const instance of kept) next.instances.restore(instance);
  next.warmUp(record(0, { service: 'a' }));
  next.warmUp(record(1, { service: 'a' }));
  next.settle(startMs + 30_000);
  assert.deepEqual(
    changes.map(({ labels, state }) => `${state} ${labels['service']}`),
    ['resolved gone'],
  );
  next.onRecord(record(31, { service: 'a' }), Infinity);
  assert.equal(changes.length, 1);
});

test('records that are no objects, too large, or that could mislead the parser are passed over', () => {
  const { changes, runner } = world({ kind: 'threshold', topic: 't', field: 'x', op: '>=', value: 0 });
  for (const value of ['[1]', '{"x":', '7', '{"\\\\":1,"x":1}', `{"x":1,"y":"${'z'.repeat(1_100_000)}"}`, null])
    runner.onRecord(
      eventRecord('t', 0, {
        offset: 0,
        timestamp: startMs,
        key: null,
        value: value === null ? null : Buffer.from(value),
      }),
      startMs,
    );
  assert.equal(changes.length, 0);
});

test('a time from the future is taken for the present', () => {
  const { changes, record, runner } = world({ kind: 'rate', topic: 't', window: '1m', value: 1, by: ['service'] });
  runner.onRecord(record(86_400, { service: 'a' }), startMs + 5_000);
  runner.advance(startMs + 70_000);
  assert.deepEqual(
    changes.map(({ state }) => state),
    ['firing', 'resolved'],
  );
});

test('anomaly: a level that is not of this time of the day', () => {
  const { changes, tell } = world({
    kind: 'anomaly',
    topic: 't',
    field: 'v',
    season: '1h',
    by: ['service'],
    sensitivity: 6,
  });
  let state = 7;
  const noise = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  };
  for (let index = 0; index < 600; index++) {
    const season = Math.sin((index / 60) * 2 * Math.PI) * 50;
    const isOdd = index >= 500 && index < 510;
    tell(index * 60, { service: 'a', v: 100 + season + noise() * 4 + (isOdd ? 60 : 0) });
  }
  const fired = changes.filter(({ state: one }) => one === 'firing');
  assert.equal(fired.length, 1);
  const minute = (fired[0]!.firedMs - startMs) / 60_000;
  assert.ok(minute >= 500 && minute < 510, `fired at minute ${minute}`);
});
