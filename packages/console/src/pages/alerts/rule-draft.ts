/** What a new rule begins with, by its kind. Each can be tried as it stands. */
export const drafts = {
  rate: `kind: rate
topic: orders
where: ['status="failed"']
by: [shop]
window: 5m
value: 3
severity: critical
annotations:
  summary: '{{ $value }} orders of {{ $labels.shop }} failed'
`,
  threshold: `kind: threshold
topic: headwater-access-log
field: durationMs
op: '>'
value: 2000
by: [service]
keep_firing_for: 1m
annotations:
  summary: 'A call of {{ $labels.service }} took {{ $value }} ms'
`,
  errorRatio: `kind: errorRatio
by: [service, route]
window: 5m
value: 0.02
annotations:
  summary: '{{ $value | humanizePercentage }} of the calls of {{ $labels.service }} fail'
`,
  absence: `kind: absence
topic: sensors
by: [sensor]
within: 1m
annotations:
  summary: '{{ $labels.sensor }} is silent'
`,
  lag: `kind: lag
group: billing-.*
value: 100000
for: 1m
annotations:
  summary: '{{ $labels.group }} is {{ $value }} records behind'
`,
  anomaly: `kind: anomaly
topic: sensors
field: celsius
by: [sensor]
season: 24h
annotations:
  summary: '{{ $labels.sensor }} is at {{ $value }}'
`,
  sql: `kind: sql
query: 'SELECT customer, total FROM totals WHERE total > 10000;'
keys: [customer]
annotations:
  summary: '{{ $labels.customer }} spent {{ $value }}'
`,
} as const satisfies Record<string, string>;

export type DraftKind = keyof typeof drafts;
