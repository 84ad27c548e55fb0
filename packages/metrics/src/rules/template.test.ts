import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandTemplate, type TemplateContext } from './template.ts';

const context: TemplateContext = {
  labels: { instance: 'a.example.org:90', job: 'shop' },
  externalLabels: { region: 'north' },
  externalUrl: 'http://p',
  value: 1234.5678,
  query: (query) => [
    { Labels: { __name__: query, i: '2' }, Value: 2 },
    { Labels: { __name__: query, i: '1' }, Value: 1 },
  ],
};

// What Prometheus' own template reference says.
const cases: [string, string][] = [
  ['plain', 'plain'],
  ['{{ $labels.job }} {{ $labels.none }}|', 'shop |'],
  ['{{ $value }}', '1234.5678'],
  ['{{ $value | humanize }}', '1.235k'],
  ['{{ humanize 0.00012 }} {{ humanize 0.0 }} {{ humanize 1e9 }}', '120µ 0 1G'],
  ['{{ humanize1024 1048576.0 }}', '1Mi'],
  [
    '{{ humanizeDuration 3661.0 }} {{ humanizeDuration 0.05 }} {{ humanizeDuration 90061.0 }} {{ humanizeDuration 12.5 }}',
    '1h 1m 1s 50ms 1d 1h 1m 1s 12.5s',
  ],
  ['{{ 0.1234567 | humanizePercentage }}', '12.35%'],
  ['{{ humanizeTimestamp 1435065584.128 }}', '2015-06-23 13:19:44.128 +0000 UTC'],
  ['{{ printf "%.2f|%s|%5d|%-4s|%q" $value $labels.job 7 "x" "y" }}', '1234.57|shop|    7|x   |"y"'],
  ['{{ if gt $value 1000.0 }}much{{ else if gt $value 10.0 }}some{{ else }}little{{ end }}', 'much'],
  ['{{ with query "up" }}{{ . | first | value }}{{ end }}', '2'],
  ['{{ range query "up" | sortByLabel "i" }}{{ .Labels.i }}={{ .Value }};{{ end }}', '1=1;2=2;'],
  ['{{ $x := $labels.job | toUpper }}{{ $x }} {{ $externalLabels.region | title }}', 'SHOP North'],
  [
    '{{ reReplaceAll "(.*):.*" "$1" $labels.instance }} {{ stripPort $labels.instance }} {{ stripDomain $labels.instance }}',
    'a.example.org a.example.org a:90',
  ],
  ['{{ (query "up" | first).Value }} {{ if and true (match "sh.*" $labels.job) }}yes{{ end }}', '2 yes'],
  ['a {{- /* nothing */ -}} b', 'ab'],
];

test('templates of rules', () => {
  for (const [template, text] of cases) assert.equal(expandTemplate(template, context), text, template);
});

test('mistakes are told', () => {
  for (const template of [
    '{{ $labels.x',
    '{{ nothing 1 }}',
    '{{ if true }}',
    '{{ end }}',
    '{{ $nothing }}',
    '{{ range }}',
  ])
    assert.throws(() => expandTemplate(template, context), { code: 'HW_METRICS_RULES' }, template);
});
