import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type AlertingConfigError, parseAlertingConfig, parseRule } from './alerting-config.ts';

const problemsOf = (parse: () => unknown): string[] => {
  try {
    parse();
  } catch (error) {
    return (error as AlertingConfigError).problems.map(
      ({ column, line, message, path }) => `${line}:${column} ${path}: ${message}`,
    );
  }
  return [];
};

test('the configuration that is shipped is taken', () => {
  const config = parseAlertingConfig(readFileSync(new URL('./default-alerts.yaml', import.meta.url), 'utf8'));
  assert.deepEqual(
    config.rules.map(({ kind, name }) => `${name} ${kind}`),
    [
      'ServiceDown threshold',
      'ServiceCrashed rate',
      'ServiceFlapping threshold',
      'ServiceUnstable rate',
      'LagGrowing lag',
      'ErrorRatioHigh errorRatio',
      'DeadLetters rate',
      'DiskAlmostFull threshold',
    ],
  );
  assert.equal(config.route.groupIntervalMs, 2_000);
});

test("an Alertmanager's configuration is read: routes inherit, older matchers, times, secrets are not shown", () => {
  const config = parseAlertingConfig(`
global:
  smtp_smarthost: smtp.example.org:587
  smtp_from: alerts@example.org
  smtp_auth_username: alerts
  smtp_auth_password: hunter2
route:
  receiver: team
  group_by: ['...']
  routes:
    - match: { service: orders }
      match_re: { severity: 'warning|critical' }
      receiver: hook
      group_wait: 1s
      continue: true
      mute_time_intervals: [nights]
      routes: [{ matchers: ['team!=""'] }]
receivers:
  - name: team
    email_configs: [{ to: 'a@example.org, b@example.org', require_tls: false }]
  - name: hook
    webhook_configs:
      - url: http://127.0.0.1:9/token-in-path
        http_config: { basic_auth: { username: u, password: secret2 } }
inhibit_rules:
  - source_match: { severity: critical }
    target_matchers: ['severity="warning"']
    equal: [service]
time_intervals:
  - name: nights
    time_intervals:
      - { times: [{ start_time: '22:00', end_time: '24:00' }], weekdays: ['monday:friday', sunday], days_of_month: ['1:15', '-3:-1'], months: ['may:august', 12], location: Europe/Berlin }
`);
  const [child] = config.route.routes;
  assert.equal(child!.groupBy, 'all');
  assert.equal(child!.groupIntervalMs, 300_000);
  assert.equal(child!.routes[0]!.receiver, 'hook');
  assert.equal(child!.routes[0]!.groupWaitMs, 1_000);
  assert.deepEqual(
    child!.matchers.map(({ name, operator }) => name + operator),
    ['service=', 'severity=~'],
  );
  const [email] = config.receivers[0]!.integrations;
  assert.ok(email!.kind === 'email' && email.port === 587 && email.to.length === 2 && !email.sendsResolved);
  assert.doesNotMatch(config.shown, /hunter2|secret2|token-in-path/);
  assert.deepEqual(config.timeIntervals.get('nights')![0]!.months, [
    { from: 5, to: 8 },
    { from: 12, to: 12 },
  ]);
});

test('all mistakes are told with line and column', () => {
  const problems = problemsOf(() =>
    parseAlertingConfig(`route:
  receiver: nobody
  group_wait: 5
  grup_by: [a]
receivers:
  - name: a
    webhook_configs: [{ url: 'file:///etc/passwd' }]
    email_configs: [{ to: "x@y\\nBcc: z@y", from: a@b, smarthost: h:25 }]
rules:
  - { name: x, kind: rate, topic: t, window: 1m, annotations: { a: '{{ $nope }}' } }
  - { name: x, kind: magic }
`),
  );
  const has = (pattern: RegExp): void =>
    assert.ok(
      problems.some((problem) => pattern.test(problem)),
      `${pattern} in\n${problems.join('\n')}`,
    );
  has(/^2:13 route\.receiver: there is no receiver "nobody"/);
  has(/^3:15 route\.group_wait: "5" is no duration/);
  has(/^4:3 route\.grup_by: "grup_by" is not known here/);
  has(/^7:30 .*webhook_configs\[0\]\.url: is to be an address/);
  has(/^8:27 .*to: .* is no address/);
  has(/^10:68 rules\[0\]\.annotations\.a: .*\$nope/);
  has(/^11:22 rules\[1\]\.kind: is to be one of/);
  has(/rules: the rule "x" is there twice/);
  assert.deepEqual(problemsOf(() => parseAlertingConfig('route: {\n  a: [')).length > 0, true);
  assert.deepEqual(
    problemsOf(() => parseAlertingConfig('')),
    ['1:1 : "route" is missing'],
  );
});

test('rules are read from JSON as from YAML', () => {
  const rule = parseRule(
    '{"name":"Slow","kind":"threshold","topic":"t","field":"durationMs","op":">","value":500,"by":["service"],"where":["status=~\\"2..\\""]}',
  );
  assert.ok(rule.kind === 'threshold' && rule.from.type === 'field');
  assert.deepEqual(rule.source['value'], 500);
  for (const [text, pattern] of [
    ['{"name":"a","kind":"threshold","topic":"t","field":"f"}', /"value" is missing/],
    ['{"name":"a","kind":"threshold","expr":"up","topic":"t","value":1}', /one of "expr"/],
    ['{"name":"a","kind":"threshold","topic":"t","field":"f","op":">","value":"x"}', /is to be a number/],
    ['{"name":"a/b","kind":"rate","topic":"t"}', /name is to be/],
    ['{"name":"a","kind":"absence","topic":"t"}', /"within" is missing/],
    ['{"name":"a","kind":"lag"}', /"growth"/],
    ['{"name":"a","kind":"sql","query":"DROP TABLE x"}', /is to be a SELECT/],
    ['{"name":"a","kind":"rate"}', /"topic" is missing/],
    ['[]', /map of names/],
  ] as const)
    assert.match(problemsOf(() => parseRule(text)).join('\n'), pattern, text);
  // What cannot be read is told alone, not with all that it then lacks.
  for (const text of ['not a rule', '{"kind": "rate",', '[]', ''])
    assert.equal(problemsOf(() => parseRule(text)).length, 1, text);
});
