import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../model/alert.ts';
import { fingerprintOf, type Labels } from '../model/labels.ts';
import { parseMatchers } from '../model/matcher.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Dispatcher, type DispatcherOptions, type Notification } from './dispatcher.ts';
import type { Route } from './route.ts';
import type { TimeInterval } from './time-interval.ts';

const second = 1_000;
const minute = 60_000;

function route(changes: Partial<Route> = {}): Route {
  return {
    id: '{}',
    receiver: 'team',
    matchers: [],
    continues: false,
    groupBy: ['alertname'],
    groupWaitMs: 30 * second,
    groupIntervalMs: 5 * minute,
    repeatIntervalMs: 60 * minute,
    muteTimeIntervals: [],
    activeTimeIntervals: [],
    routes: [],
    ...changes,
  };
}

function world(options: Partial<DispatcherOptions> = {}) {
  const clock = new ManualClock();
  const startMs = clock.nowMs();
  const sent: { atMs: number; notification: Notification }[] = [];
  const dispatcher = new Dispatcher({
    clock,
    route: route(),
    integrations: ['team', 'other', 'third'].map((receiver) => ({
      receiver,
      kind: 'webhook',
      index: 0,
      sendsResolved: true,
    })),
    onFlush: ({ notifications }) => {
      for (const notification of notifications) sent.push({ atMs: clock.nowMs() - startMs, notification });
    },
    ...options,
  });
  const alert = (labels: Labels, changes: Partial<Alert> = {}): Alert => ({
    fingerprint: fingerprintOf(labels),
    labels,
    annotations: {},
    startsMs: clock.nowMs(),
    endsMs: 0,
    isTimeout: false,
    updatedMs: clock.nowMs(),
    generatorUrl: '',
    origin: 'api',
    value: null,
    causeMs: null,
    ...changes,
  });
  return {
    clock,
    dispatcher,
    sent,
    fire: (labels: Labels, changes?: Partial<Alert>) =>
      dispatcher.put(alert(labels, { endsMs: clock.nowMs() + 600 * minute, ...changes })),
    end: (labels: Labels, changes?: Partial<Alert>) =>
      dispatcher.put(alert(labels, { startsMs: clock.nowMs() - 1, endsMs: clock.nowMs(), ...changes })),
    /** `seconds receiver firing/resolved` of each message. */
    told: () =>
      sent.map(({ atMs, notification: { alerts, integration } }) => {
        const firing = alerts.filter(({ endsMs }) => endsMs === 0).length;
        return `${atMs / second} ${integration.receiver} ${firing}/${alerts.length - firing}`;
      }),
  };
}

test('group_wait gathers, group_interval adds, repeat_interval repeats, the end is told', () => {
  const { clock, end, fire, told } = world();
  fire({ alertname: 'A', instance: '1' });
  clock.advance(10 * second);
  fire({ alertname: 'A', instance: '2' });
  clock.advance(21 * second); // 31
  fire({ alertname: 'A', instance: '3' });
  clock.advance(5 * minute); // 331
  clock.advance(70 * minute);
  end({ alertname: 'A', instance: '1' });
  clock.advance(5 * minute);
  end({ alertname: 'A', instance: '2' });
  end({ alertname: 'A', instance: '3' });
  clock.advance(30 * minute);
  assert.deepEqual(told(), ['30 team 2/0', '330 team 3/0', '4230 team 3/0', '4830 team 2/1', '5130 team 0/2']);
});

test('an alert of a client that ends before its group is looked at is not told, one of a rule is', () => {
  const { clock, end, fire, told } = world();
  fire({ alertname: 'A' });
  clock.advance(10 * second);
  end({ alertname: 'A' });
  fire({ alertname: 'B' }, { origin: 'rule', endsMs: 0 });
  clock.advance(10 * second);
  end({ alertname: 'B' }, { origin: 'rule' });
  clock.advance(20 * minute);
  assert.deepEqual(told(), ['40 team 1/0', '340 team 0/1']);
});

test('an alert that has waited elsewhere is told at once', () => {
  const { clock, fire, told } = world();
  fire({ alertname: 'A' }, { startsMs: clock.nowMs() - 10 * minute });
  clock.advance(0);
  assert.deepEqual(told(), ['0 team 1/0']);
});

test('a route that continues is not the only one; the deepest is taken', () => {
  const { clock, fire, told } = world({
    route: route({
      routes: [
        route({ id: 'a', receiver: 'other', matchers: parseMatchers('severity="critical"'), continues: true }),
        route({
          id: 'b',
          receiver: 'third',
          matchers: parseMatchers('severity=~"crit.*"'),
          routes: [route({ id: 'b/c', receiver: 'team', matchers: parseMatchers('service="x"'), groupWaitMs: 0 })],
        }),
        route({ id: 'd', receiver: 'team', matchers: parseMatchers('severity="critical"') }),
      ],
    }),
  });
  fire({ alertname: 'A', severity: 'critical', service: 'y' });
  fire({ alertname: 'B', severity: 'critical', service: 'x' });
  clock.advance(minute);
  assert.deepEqual(told(), ['0 team 1/0', '30 other 1/0', '30 third 1/0', '30 other 1/0']);
});

test('what is silenced is not told until the silence ends', () => {
  const { clock, dispatcher, fire, told } = world();
  dispatcher.silences.set({
    id: 's',
    matchers: [{ name: 'alertname', value: 'A|B', isRegex: true, isEqual: true }],
    startsMs: clock.nowMs(),
    endsMs: clock.nowMs() + 10 * minute,
    updatedMs: 0,
    createdBy: 'ada',
    comment: 'maintenance',
  });
  const alert = fire({ alertname: 'A' });
  assert.deepEqual(dispatcher.mutedBy(alert), { silencedBy: ['s'], inhibitedBy: [] });
  clock.advance(9 * minute);
  assert.deepEqual(told(), []);
  clock.advance(3 * minute);
  assert.deepEqual(told(), ['630 team 1/0']);
});

test('an alert is inhibited by another with the same values, and never by itself', () => {
  const { clock, dispatcher, end, fire, told } = world({
    inhibitRules: [
      {
        sourceMatchers: parseMatchers('severity="critical"'),
        targetMatchers: parseMatchers('severity=~"warning|critical"'),
        equal: ['service'],
      },
    ],
  });
  fire({ alertname: 'Down', severity: 'critical', service: 'x' });
  const slow = fire({ alertname: 'Slow', severity: 'warning', service: 'x' });
  fire({ alertname: 'Late', severity: 'warning', service: 'y' });
  assert.equal(dispatcher.mutedBy(slow).inhibitedBy.length, 1);
  clock.advance(minute);
  assert.deepEqual(told(), ['30 team 1/0', '30 team 1/0']);
  end({ alertname: 'Down', severity: 'critical', service: 'x' });
  clock.advance(5 * minute);
  assert.deepEqual(told().slice(2), ['330 team 0/1', '330 team 1/0']);
});

test('a receiver that does not want ends hears none, and hears of a new beginning', () => {
  const { clock, end, fire, told } = world({
    integrations: [{ receiver: 'team', kind: 'email', index: 0, sendsResolved: false }],
  });
  fire({ alertname: 'A' });
  clock.advance(minute);
  end({ alertname: 'A' });
  clock.advance(10 * minute);
  fire({ alertname: 'A' });
  clock.advance(minute);
  assert.deepEqual(told(), ['30 team 1/0', '690 team 1/0']);
});

test('what was told before a restart is not told again', () => {
  const first = world();
  const notified: [string, { atMs: number; firing: readonly string[]; resolved: readonly string[] }][] = [];
  const kept = new Dispatcher({
    clock: first.clock,
    route: route(),
    integrations: [{ receiver: 'team', kind: 'webhook', index: 0, sendsResolved: true }],
    onFlush: (decision) => {
      for (const { key, notified: entry } of decision.notified) notified.push([key, entry]);
    },
  });
  const alert = first.fire({ alertname: 'A' });
  kept.put(alert);
  first.clock.advance(minute);
  const second = world();
  second.clock.advance(minute);
  second.dispatcher.restore([alert], notified);
  second.clock.advance(6 * minute);
  assert.deepEqual(second.told(), []);
  second.end({ alertname: 'A' });
  second.clock.advance(5 * minute);
  assert.deepEqual(second.told().length, 1);
});

test('mute and active times', () => {
  // 1,700,000,000,000 is a Tuesday, 22:13:20 UTC.
  const tuesday = [
    { times: [], weekdays: [{ from: 2, to: 2 }], daysOfMonth: [], months: [], years: [], location: 'UTC' },
  ];
  const early = [
    {
      times: [{ startMinute: 0, endMinute: 8 * 60 }],
      weekdays: [],
      daysOfMonth: [{ from: -30, to: -1 }],
      months: [],
      years: [],
      location: 'Europe/Berlin',
    },
  ];
  const timeIntervals = new Map<string, readonly TimeInterval[]>([
    ['tuesday', tuesday],
    ['early', early],
  ]);
  const muted = world({ timeIntervals, route: route({ muteTimeIntervals: ['tuesday'] }) });
  muted.fire({ alertname: 'A' });
  muted.clock.advance(60 * minute);
  assert.deepEqual(muted.told(), []);
  muted.clock.advance(60 * minute);
  assert.equal(muted.told().length, 1);
  const active = world({ timeIntervals, route: route({ activeTimeIntervals: ['early'] }) });
  active.fire({ alertname: 'A' });
  active.clock.advance(40 * minute);
  assert.deepEqual(active.told(), []);
  active.clock.advance(20 * minute);
  assert.equal(active.told().length, 1);
});

test('new routes group anew; what is over for long is forgotten', () => {
  const { clock, dispatcher, end, fire, told } = world();
  fire({ alertname: 'A', service: 'x' });
  fire({ alertname: 'A', service: 'y' });
  assert.equal(dispatcher.groups().length, 1);
  dispatcher.reconfigure({
    route: route({ groupBy: 'all', groupWaitMs: second }),
    integrations: [{ receiver: 'team', kind: 'webhook', index: 0, sendsResolved: true }],
  });
  assert.equal(dispatcher.groups().length, 2);
  clock.advance(2 * second);
  assert.equal(told().length, 2);
  end({ alertname: 'A', service: 'x' });
  clock.advance(60 * minute);
  assert.equal(dispatcher.sweep().fingerprints.length, 1);
  assert.equal(dispatcher.alerts.size, 1);
});
