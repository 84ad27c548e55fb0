import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '@headwater/logger';
import { parse } from 'yaml';
import { toolPath } from '../../control/real-prometheus.ts';
import { LabelSet } from '../labels/label-set.ts';
import { durationMs } from '../promql/duration.ts';
import { parsePromql } from '../promql/parse.ts';
import { queryInstant } from '../promql/query.ts';
import { SampleStore } from '../store/sample-store.ts';
import { readRuleFile } from './read-rule-files.ts';
import { RuleEngine } from './rule-engine.ts';

const rules = fileURLToPath(new URL('../../rules/headwater.rules.yaml', import.meta.url));
const tests = fileURLToPath(new URL('../../rules/headwater.rules.test.yaml', import.meta.url));
const skip = toolPath('promtool') === undefined ? 'no promtool on the PATH' : false;

test('promtool takes the shipped rules, and what they are to do', { skip }, () => {
  assert.match(execFileSync('promtool', ['check', 'rules', rules], { encoding: 'utf8' }), /SUCCESS: \d+ rules found/);
  assert.match(execFileSync('promtool', ['test', 'rules', tests], { encoding: 'utf8' }), /SUCCESS/);
});

interface RuleTest {
  interval: string;
  input_series: { series: string; values: string }[];
  alert_rule_test: {
    eval_time: string;
    alertname: string;
    exp_alerts: { exp_labels: object; exp_annotations: object }[];
  }[];
  promql_expr_test: { expr: string; eval_time: string; exp_samples: { labels: string; value: number }[] }[];
}

/** `1 0x30 0+10x60`: promtool's short form. */
function expand(values: string): number[] {
  return values.split(/\s+/).flatMap((word) => {
    const [, start, step = '+0', times = '0'] = /^(-?[\d.]+)([+-][\d.]+)?(?:x(\d+))?$/.exec(word)!;
    return Array.from({ length: Number(times) + 1 }, (_, i) => Number(start) + i * Number(step));
  });
}

test('our rules do what promtool says that they are to do', () => {
  const { tests: all } = parse(readFileSync(tests, 'utf8')) as { tests: RuleTest[] };
  for (const each of all) {
    const store = new SampleStore({ now: () => 0 });
    const engine = new RuleEngine({
      store,
      queryOptions: {},
      externalUrl: '',
      externalLabels: {},
      sender: undefined,
      tell() {},
      now: () => 0,
      logger: silentLogger,
    });
    engine.load(readRuleFile(rules, 15_000));
    const stepMs = durationMs(each.interval)!;
    const inputs = each.input_series.map(({ series, values }) => {
      const selector = parsePromql(series);
      assert.ok(selector.kind === 'selector');
      return {
        series: store.series(LabelSet.fromPairs(selector.matchers.map(({ name, value }) => [name, value])))!,
        values: expand(values),
      };
    });
    const seen = new Map<string, object[]>();
    for (let timeMs = 0; timeMs <= 600_000; timeMs += stepMs) {
      for (const { series, values } of inputs)
        if (timeMs / stepMs < values.length) store.append(series, timeMs, values[timeMs / stepMs]!);
      engine.evaluate(timeMs);
      for (const { alertname, eval_time } of each.alert_rule_test) {
        if (durationMs(eval_time) !== timeMs) continue;
        const found = engine
          .groups()
          .flatMap(({ rules: some }) => some.flatMap(({ alerts }) => [...(alerts?.active.values() ?? [])]));
        seen.set(
          `${alertname} ${eval_time}`,
          found
            .filter(({ labels, state }) => state === 'firing' && labels.get('alertname') === alertname)
            .map(({ annotations, labels }) => ({
              exp_labels: labels.keep((name) => name !== 'alertname').toObject(),
              exp_annotations: annotations,
            })),
        );
      }
    }
    for (const { alertname, eval_time, exp_alerts } of each.alert_rule_test)
      assert.deepEqual(seen.get(`${alertname} ${eval_time}`), exp_alerts, `${alertname} at ${eval_time}`);
    for (const { eval_time, exp_samples, expr } of each.promql_expr_test) {
      const result = queryInstant(store, expr, durationMs(eval_time)!);
      assert.ok(result.type === 'vector');
      assert.deepEqual(
        result.series.map(({ labels, value }) => ({ labels: String(labels), value: Number(value.toPrecision(12)) })),
        exp_samples,
      );
    }
    engine.close();
  }
});

test('an alert goes on with its time after a restart', () => {
  const store = new SampleStore({ now: () => 0 });
  const up = store.series(LabelSet.of({ __name__: 'up', job: 'headwater', part: 'sql' }))!;
  const make = (): RuleEngine => {
    const engine = new RuleEngine({
      store,
      queryOptions: {},
      externalUrl: '',
      externalLabels: {},
      sender: undefined,
      tell() {},
      now: () => 0,
      logger: silentLogger,
    });
    engine.load(readRuleFile(rules, 15_000));
    return engine;
  };
  const stateOf = (engine: RuleEngine): (string | undefined)[] =>
    engine
      .groups()
      .flatMap(({ rules: some }) =>
        some.flatMap(({ alerts }) => [...(alerts?.active.values() ?? [])].map(({ state }) => state)),
      );
  const first = make();
  for (const timeMs of [15_000, 30_000]) {
    store.append(up, timeMs, 0);
    first.evaluate(timeMs);
  }
  assert.deepEqual(stateOf(first), ['pending']);
  first.close();
  const second = make();
  store.append(up, 75_000, 0);
  second.evaluate(75_000);
  assert.deepEqual(stateOf(second), ['firing']);
  second.close();
});
