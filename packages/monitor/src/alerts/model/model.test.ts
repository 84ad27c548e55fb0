import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertError } from '../alert-error.ts';
import { type Alert, mergeAlerts } from './alert.ts';
import { DueQueue } from './due-queue.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { fingerprintOf } from './labels.ts';
import { formatMatcher, matchesAll, parseMatcher, parseMatchers } from './matcher.ts';
import { compileTemplate } from './template.ts';

const hasCode = (code: string) => (error: unknown) => (error as AlertError).code === code;

test('durations are read and written as Prometheus does', () => {
  assert.equal(parseDuration('1h30m'), 5_400_000);
  assert.equal(parseDuration('500ms'), 500);
  assert.equal(parseDuration('2d'), 172_800_000);
  assert.equal(parseDuration('0'), 0);
  assert.equal(formatDuration(90_000), '1m30s');
  assert.equal(formatDuration(1_500), '1s500ms');
  for (const text of ['', '5', '1m1h', '-1s', '1.5h', 'PT5M'])
    assert.throws(() => parseDuration(text), hasCode('HW_ALERTS_DURATION'), text);
});

test('fingerprints are those of Prometheus', () => {
  // The empty set has FNV-1a's offset basis, as in prometheus/common's own tests (14695981039346656037).
  assert.equal(fingerprintOf({}), 'cbf29ce484222325');
  // As Alertmanager 0.25 answered for these labels.
  assert.equal(fingerprintOf({ service: 'orders', alertname: 'A', empty: '' }), '12271d38637b4d0b');
  assert.notEqual(fingerprintOf({ a: 'bc' }), fingerprintOf({ ab: 'c' }));
});

test('matchers: =, !=, =~, !~, quotes, lists; a missing label is empty; expressions take whole values', () => {
  const labels = { service: 'orders', instance: 'orders-1' };
  const holds = (text: string): boolean => matchesAll(parseMatchers(text), labels);
  assert.ok(holds('service="orders"'));
  assert.ok(holds('{service=orders, instance=~"orders-.*", region=""}'));
  assert.ok(holds('region!="eu"'));
  assert.ok(!holds('service=~"order"'));
  assert.ok(!holds('service!~"orders|billing"'));
  assert.ok(holds(''));
  assert.equal(formatMatcher(parseMatcher('a = "x\\"y\\n"')), 'a="x\\"y\\n"');
  for (const text of ['service', '="x"', 'a="x', 'a="x" b="y"', 'a=~"("', '{a="b"', 'a=b"c'])
    assert.throws(() => parseMatchers(text), hasCode('HW_ALERTS_MATCHER'), text);
});

test('a matcher cannot stall the process', () => {
  const matcher = parseMatcher('service=~"(a+)+b"');
  assert.equal(matcher.matches({ service: 'a'.repeat(5_000) }), false);
});

test('templates: labels, value, functions and pipes; mistakes are told at once', () => {
  const data = { labels: { service: 'orders' }, value: 1_234_567 };
  const shown = (text: string): string => compileTemplate(text)(data);
  assert.equal(shown('{{ $labels.service }}/{{ .Labels.none }} {{ $value | humanize }}'), 'orders/ 1.235M');
  assert.equal(shown('{{ printf "%.2f of %s" $value $labels.service }}'), '1234567.00 of orders');
  assert.equal(shown('a  {{- "b" -}}  c'), 'abc');
  assert.equal(
    shown('{{ humanizeDuration 3661 }} {{ humanizePercentage 0.0512 }} {{ humanize1024 2048 }}'),
    '1h1m1s 5.12% 2ki',
  );
  assert.equal(shown('{{ (toUpper $labels.service) }}'), 'ORDERS');
  for (const text of [
    '{{ $labels.a',
    '{{ query "up" }}',
    '{{ $value | }}',
    '{{ }}',
    '{{ if .x }}',
    '{{ $value $value }}',
  ])
    assert.throws(() => compileTemplate(text), hasCode('HW_ALERTS_TEMPLATE'), text);
});

test('two messages about one alert are put together: the earliest start, the end that was said last', () => {
  const alert = (startsMs: number, endsMs: number, updatedMs: number, isTimeout = false): Alert => ({
    fingerprint: 'f',
    labels: {},
    annotations: {},
    startsMs,
    endsMs,
    isTimeout,
    updatedMs,
    generatorUrl: '',
    origin: 'api',
    value: null,
    causeMs: null,
  });
  const merged = (a: Alert, b: Alert, nowMs: number) => {
    const { endsMs, startsMs } = mergeAlerts(a, b, nowMs);
    return [startsMs, endsMs];
  };
  assert.deepEqual(merged(alert(10, 200, 1), alert(20, 300, 2), 100), [10, 300]);
  assert.deepEqual(merged(alert(10, 400, 1), alert(20, 300, 2), 100), [10, 400]);
  assert.deepEqual(merged(alert(10, 400, 1, true), alert(20, 300, 2), 100), [10, 300]);
  assert.deepEqual(merged(alert(10, 400, 1), alert(20, 90, 2), 100), [10, 90]);
  assert.deepEqual(merged(alert(10, 95, 1), alert(20, 90, 2), 100), [10, 95]);
});

test('a queue of dues gives them in their order, each by its last time', () => {
  const queue = new DueQueue<string>();
  for (let index = 0; index < 1_000; index++) queue.set(`k${index % 100}`, 10_000 - index);
  queue.delete('k99');
  assert.equal(queue.size, 99);
  let lastMs = 0;
  for (let count = 0; count < 99; count++) {
    const dueMs = queue.nextDueMs();
    assert.ok(dueMs >= lastMs);
    lastMs = dueMs;
    assert.notEqual(queue.take(dueMs), undefined);
  }
  assert.equal(queue.nextDueMs(), Infinity);
});
