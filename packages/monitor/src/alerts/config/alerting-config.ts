import { AlertError } from '../alert-error.ts';
import type { InhibitRule } from '../engine/inhibition.ts';
import type { Route } from '../engine/route.ts';
import type { TimeInterval } from '../engine/time-interval.ts';
import { parseMatcher } from '../model/matcher.ts';
import { readGlobal, readReceiver } from './read-receivers.ts';
import { readRoute } from './read-route.ts';
import { readRule } from './read-rule.ts';
import { readTimeInterval } from './read-time-interval.ts';
import type { Receiver } from './receiver-config.ts';
import type { Rule } from './rule-config.ts';
import { type ConfigProblem, YamlReader, type YamlValue } from './yaml-reader.ts';

/** All of alerting, read and checked: Alertmanager's configuration and, besides, `rules`. */
export interface AlertingConfig {
  readonly resolveTimeoutMs: number;
  readonly route: Route;
  readonly receivers: readonly Receiver[];
  readonly inhibitRules: readonly InhibitRule[];
  readonly timeIntervals: ReadonlyMap<string, readonly TimeInterval[]>;
  readonly rules: readonly Rule[];
  /** As it was written, without secrets. */
  readonly shown: string;
}

/** A configuration that was not taken: all that is wrong with it. */
export class AlertingConfigError extends AlertError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], what: string) {
    const first = problems[0]!;
    const more = problems.length > 1 ? `, and ${problems.length - 1} more` : '';
    const where = first.path === '' ? '' : `${first.path}: `;
    super('HW_ALERTS_CONFIG', `${what}, line ${first.line}, column ${first.column}: ${where}${first.message}${more}`);
    this.problems = problems;
  }
}

/**
 * Reads Alertmanager's configuration (`global`, `route`, `receivers`, `inhibit_rules`, `time_intervals`, `mute_time_intervals`) with Headwater's `rules`.
 * All or nothing: throws AlertingConfigError with every mistake and its place.
 *
 * @param what names the text in errors, such as its file
 */
export function parseAlertingConfig(text: string, what = 'alerts.yaml'): AlertingConfig {
  const reader = new YamlReader(text);
  const root = reader.root.map([
    'global',
    'templates',
    'route',
    'receivers',
    'inhibit_rules',
    'time_intervals',
    'mute_time_intervals',
    'rules',
  ]);
  if (root.templates.list().length > 0)
    root.templates.fail('template files are not served: write texts into rules as annotations and into receivers');
  const global = readGlobal(root.global);
  const receivers = root.receivers.list().map((value) => readReceiver(value, global));
  tellTwice(
    root.receivers,
    receivers.map(({ name }) => name),
    'receiver',
  );
  const timeIntervals = new Map<string, readonly TimeInterval[]>();
  for (const list of [root.time_intervals, root.mute_time_intervals])
    for (const value of list.list()) {
      const { name, time_intervals } = value.map(['name', 'time_intervals']);
      if (timeIntervals.has(name.text())) name.fail(`the time interval "${name.text()}" is there twice`);
      timeIntervals.set(name.text(), time_intervals.list().map(readTimeInterval));
    }
  if (root.route.isMissing && reader.problems.length === 0) reader.root.need('route');
  const route = readRoute(root.route, { receivers: new Set(receivers.map(({ name }) => name)), timeIntervals });
  const inhibitRules = root.inhibit_rules.list().map(readInhibitRule);
  const rules = root.rules.list().map(readRule);
  tellTwice(
    root.rules,
    rules.map(({ name }) => name),
    'rule',
  );
  if (reader.problems.length > 0) throw new AlertingConfigError(reader.problems, what);
  return {
    resolveTimeoutMs: global.resolveTimeoutMs,
    route,
    receivers,
    inhibitRules,
    timeIntervals,
    rules,
    shown: withoutSecrets(text),
  };
}

/** One rule, as YAML or JSON. Throws AlertingConfigError. */
export function parseRule(text: string, what = 'the rule'): Rule {
  const reader = new YamlReader(text);
  if (reader.problems.length === 0 && !reader.root.isMap)
    reader.root.fail('is to be a map of names and values: {"kind": "rate", "topic": "orders", "value": 3} or as YAML');
  if (reader.problems.length > 0) throw new AlertingConfigError(reader.problems, what);
  const rule = readRule(reader.root);
  if (reader.problems.length > 0) throw new AlertingConfigError(reader.problems, what);
  return rule;
}

function readInhibitRule(value: YamlValue): InhibitRule {
  const map = value.map([
    'source_matchers',
    'target_matchers',
    'source_match',
    'target_match',
    'source_match_re',
    'target_match_re',
    'equal',
  ]);
  const side = (matchers: YamlValue, match: YamlValue, matchRe: YamlValue) => [
    ...matchers.list().flatMap((item) => item.attempt(() => parseMatcher(item.text())) ?? []),
    ...match
      .entries()
      .flatMap(([name, item]) => item.attempt(() => parseMatcher(`${name}=${JSON.stringify(item.text())}`)) ?? []),
    ...matchRe
      .entries()
      .flatMap(([name, item]) => item.attempt(() => parseMatcher(`${name}=~${JSON.stringify(item.text())}`)) ?? []),
  ];
  return {
    sourceMatchers: side(map.source_matchers, map.source_match, map.source_match_re),
    targetMatchers: side(map.target_matchers, map.target_match, map.target_match_re),
    equal: map.equal.texts(),
  };
}

function tellTwice(list: YamlValue, names: readonly string[], what: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) list.fail(`the ${what} "${name}" is there twice`);
    seen.add(name);
  }
}

/** Values of keys that hold secrets: addresses of receivers are among them, because they often carry a token. */
const secretLine =
  /^(\s*(?:-\s+)?["']?(?:\w*password|\w*credentials|\w*token|\w*secret|\w*api_url|url|api_key)["']?\s*:\s*)(\S.*)$/gim;
const secretFlow =
  /((?:[{,]\s*)["']?(?:\w*password|\w*credentials|\w*token|\w*secret|\w*api_url|url|api_key)["']?\s*:\s*)("[^"]*"|'[^']*'|[^,}\s]+)/gim;

function withoutSecrets(text: string): string {
  return text
    .replace(secretFlow, '$1<secret>')
    .replace(secretLine, (whole, head: string, value: string) =>
      value.startsWith('<secret>') ? whole : `${head}<secret>`,
    );
}
