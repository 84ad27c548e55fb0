import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertNow } from '../../api/alerts.ts';
import { byUrgency, matcherText, matchesAll, valueText } from './alert-words.ts';
import { conditionText, isTestable } from './rule-words.ts';
import { ruleYaml } from './yaml-text.ts';

const alert = (fingerprint: string, more: Partial<AlertNow>): AlertNow => ({
  fingerprint,
  rule: 'R',
  state: 'firing',
  severity: 'warning',
  labels: {},
  annotations: {},
  value: 1,
  startsMs: 1,
  endsMs: null,
  causeMs: null,
  receivers: [],
  silencedBy: [],
  inhibitedBy: [],
  ...more,
});

test('firing before pending, the worst first, then the newest', () => {
  const sorted = [
    alert('a', { state: 'pending', severity: 'critical' }),
    alert('b', { severity: 'info' }),
    alert('c', { startsMs: 1 }),
    alert('d', { startsMs: 2 }),
    alert('e', { severity: 'critical' }),
  ].sort(byUrgency);
  assert.equal(sorted.map(({ fingerprint }) => fingerprint).join(''), 'edcba');
});

test('matchers of silences are Alertmanager’s', () => {
  const matcher = { name: 'service', value: 'bill.*', isRegex: true, isEqual: true };
  assert.equal(matcherText(matcher), 'service=~"bill.*"');
  assert.equal(matcherText({ ...matcher, isEqual: false }), 'service!~"bill.*"');
  assert.equal(matcherText({ ...matcher, isRegex: false, isEqual: false }), 'service!="bill.*"');
  assert.ok(matchesAll([matcher], { service: 'billing' }));
  assert.ok(!matchesAll([matcher], { service: 'my-billing' }));
  assert.ok(matchesAll([{ name: 'zone', value: '', isRegex: false, isEqual: true }], {}));
  assert.ok(!matchesAll([{ ...matcher, value: '(' }], { service: '(' }));
});

test('a condition is a sentence', () => {
  const down = { topic: 'headwater-service-status', field: 'status', op: '==', value: 'DOWN' };
  assert.equal(conditionText('threshold', down), 'status of headwater-service-status is DOWN');
  assert.equal(conditionText('threshold', { expr: 'up', op: '<', value: 1 }), 'up is below 1');
  assert.equal(conditionText('lag', { growth: 10000, window: '1m' }), 'A group falls 10,000 records behind within 1m');
  assert.equal(conditionText('rate', { topic: 'dead', window: '5m', value: 3 }), '3 or more records of dead within 5m');
  assert.equal(conditionText('errorRatio', { value: 0.07 }), 'More than 7 % of 20 calls or more fail within 1m');
  assert.ok(isTestable('threshold', down));
  assert.ok(!isTestable('threshold', { expr: 'up' }));
  assert.ok(!isTestable('lag', { topic: 'orders' }));
});

test('a rule is shown as the YAML that makes it', () => {
  const rule = {
    name: 'ServiceDown',
    op: '==',
    value: 'true',
    by: ['a', 'b'],
    annotations: { summary: '{{ $value }}' },
  };
  assert.equal(
    ruleYaml(rule),
    'rules:\n  - name: ServiceDown\n    op: "=="\n    value: "true"\n    by: [a, b]\n    annotations:\n      summary: "{{ $value }}"',
  );
});

test('values have few digits', () => {
  assert.equal(valueText(0.123456), '0.1235');
  assert.equal(valueText(12_345), '12,345');
  assert.equal(valueText(null), '–');
});
