import type { AlertChange, AlertNow, AlertRule, PastTest, Silence } from '../src/api/alerts.ts';

const nowMs = Math.floor(Date.now() / 60_000) * 60_000;
const minuteMs = 60_000;
const iso = (atMs: number): string => new Date(atMs).toISOString();

const alerts: AlertNow[] = [
  {
    fingerprint: '3f1a9f6f0c5d2b11',
    rule: 'ServiceDown',
    state: 'firing',
    severity: 'critical',
    labels: { alertname: 'ServiceDown', service: 'billing', instance: 'billing:8090', severity: 'critical' },
    annotations: { summary: 'billing is down', description: 'Instance billing:8090 does not answer as it should.' },
    value: null,
    startsMs: nowMs - 4 * minuteMs,
    endsMs: null,
    causeMs: nowMs - 4 * minuteMs - 900,
    origin: 'rule',
    receivers: ['console', 'team'],
    silencedBy: [],
    inhibitedBy: [],
  },
  {
    fingerprint: '77c0aa51e0b94d02',
    rule: 'LagGrowing',
    state: 'firing',
    severity: 'warning',
    labels: { alertname: 'LagGrowing', group: 'streams', topic: 'twitter-topic', severity: 'warning' },
    annotations: { summary: 'streams falls behind on twitter-topic' },
    value: 12_345,
    startsMs: nowMs - 22 * minuteMs,
    endsMs: null,
    causeMs: null,
    origin: 'rule',
    receivers: ['console'],
    silencedBy: ['6f0d6c8e-57c4-4b5e-9a43-1f2d5c1f2a10'],
    inhibitedBy: [],
  },
  {
    fingerprint: '0a4f5be2d1c07e93',
    rule: 'ErrorRatioHigh',
    state: 'pending',
    severity: 'warning',
    labels: { alertname: 'ErrorRatioHigh', service: 'orders', severity: 'warning' },
    annotations: { summary: '6.2% of the calls of orders fail' },
    value: 0.0621,
    startsMs: nowMs - 20_000,
    endsMs: null,
    causeMs: null,
    origin: 'rule',
    receivers: [],
    silencedBy: [],
    inhibitedBy: [],
  },
];

const rule = (
  name: string,
  kind: string,
  source: Record<string, unknown>,
  more: Partial<AlertRule> = {},
): AlertRule => ({
  name,
  kind,
  severity: String(source['severity'] ?? 'warning'),
  state: 'inactive',
  firing: 0,
  pending: 0,
  overflowed: 0,
  health: 'ok',
  lastError: null,
  missingTopics: [],
  lastEvaluationMs: nowMs - 2_000,
  isFromConfig: true,
  rule: { name, kind, ...source },
  ...more,
});

let rules: AlertRule[] = [
  rule(
    'ServiceDown',
    'threshold',
    {
      topic: 'headwater-service-status',
      field: 'status',
      op: '==',
      value: 'DOWN',
      by: ['service', 'instance'],
      severity: 'critical',
      annotations: { summary: '{{ $labels.service }} is down' },
    },
    { state: 'firing', firing: 1 },
  ),
  rule('LagGrowing', 'lag', { growth: 10_000, window: '1m', for: '30s' }, { state: 'firing', firing: 1 }),
  rule(
    'ErrorRatioHigh',
    'errorRatio',
    { by: ['service'], window: '1m', value: 0.05 },
    { state: 'pending', pending: 1 },
  ),
  rule(
    'HeapHigh',
    'threshold',
    { expr: 'nodejs_heap_size_used_bytes', op: '>', value: 500_000_000, for: '5m' },
    { health: 'err', lastError: 'Prometheus does not answer at http://127.0.0.1:9090: connection refused' },
  ),
  rule(
    'FailedOrders',
    'rate',
    { topic: 'orders', where: ['status="failed"'], by: ['shop'], window: '5m', value: 3 },
    { isFromConfig: false },
  ),
];

let silences: Silence[] = [
  {
    id: '6f0d6c8e-57c4-4b5e-9a43-1f2d5c1f2a10',
    status: { state: 'active' },
    comment: 'The backfill runs until noon',
    createdBy: 'ada',
    startsAt: iso(nowMs - 30 * minuteMs),
    endsAt: iso(nowMs + 90 * minuteMs),
    updatedAt: iso(nowMs - 30 * minuteMs),
    matchers: [{ name: 'group', value: 'word-.*', isRegex: true, isEqual: true }],
  },
];

const change = (alert: AlertNow, state: AlertChange['state'], atMs: number): AlertChange => ({
  ...alert,
  state,
  timestampMs: atMs,
  endsMs: state === 'resolved' ? atMs : null,
});

const past = (name: string): PastTest => ({
  fromMs: nowMs - 24 * 60 * minuteMs,
  toMs: nowMs,
  records: 1_440,
  isComplete: true,
  missingTopics: [],
  alerts: [
    {
      labels: { alertname: name, service: 'billing' },
      annotations: { summary: 'billing was down' },
      value: 'DOWN',
      activeMs: nowMs - 300 * minuteMs,
      firedMs: nowMs - 300 * minuteMs,
      endsMs: nowMs - 290 * minuteMs,
    },
  ],
});

/** What the monitor answers about alerts, rules and silences; undefined: it does not know of it. */
export function alertAnswer(method: string, path: string, body: string, isEmpty: boolean): unknown {
  const call = `${method} ${path}`;
  if (call === 'GET /alerts') return { timestampMs: nowMs, isReady: true, alerts: isEmpty ? [] : alerts };
  if (call === 'GET /alerts/rules') return { rules: isEmpty ? [] : rules };
  if (call === 'GET /api/v2/silences') return isEmpty ? [] : silences;
  if (call === 'GET /alerts/history') {
    if (isEmpty) return { alerts: [] };
    const [down, lag, ratio] = alerts as [AlertNow, AlertNow, AlertNow];
    return {
      alerts: [
        change(ratio, 'pending', ratio.startsMs),
        change(down, 'firing', down.startsMs),
        change({ ...down, startsMs: nowMs - 50 * minuteMs }, 'resolved', nowMs - 31 * minuteMs),
        change(lag, 'firing', lag.startsMs),
      ],
    };
  }
  if (call === 'POST /alerts/test') {
    const asked = JSON.parse(body) as { rule?: string; yaml?: string };
    if (asked.yaml?.includes('topic: nowhere') === true)
      return { ...past('test'), records: 0, missingTopics: ['nowhere'], alerts: [] };
    return past(asked.rule ?? 'test');
  }
  const put = /^PUT \/alerts\/rules\/(.+)$/.exec(call)?.[1];
  if (put !== undefined) {
    const name = decodeURIComponent(put);
    const value = Number(/^value: (.*)$/m.exec(body)?.[1] ?? 1);
    const made = rule(name, 'rate', { topic: 'orders', value }, { isFromConfig: false });
    rules = [...rules.filter((each) => each.name !== name), made];
    return made;
  }
  if (call === 'POST /api/v2/silences') {
    const id = `6f0d6c8e-57c4-4b5e-9a43-1f2d5c1f2a${silences.length + 10}`;
    const made = JSON.parse(body) as Omit<Silence, 'id' | 'status' | 'updatedAt'>;
    silences = [...silences, { ...made, id, status: { state: 'active' }, updatedAt: made.startsAt }];
    return { silenceID: id };
  }
  const silence = /^DELETE \/api\/v2\/silence\/(.+)$/.exec(call)?.[1];
  if (silence !== undefined) {
    silences = silences.map((each) => (each.id === silence ? { ...each, status: { state: 'expired' } } : each));
    return {};
  }
  const gone = /^DELETE \/alerts\/rules\/(.+)$/.exec(call)?.[1];
  if (gone === undefined) return undefined;
  rules = rules.filter(({ name }) => name !== decodeURIComponent(gone));
  return {};
}
