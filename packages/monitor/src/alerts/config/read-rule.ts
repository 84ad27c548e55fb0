import { isLabelName } from '../model/labels.ts';
import { type Matcher, makeMatcher, parseMatcher } from '../model/matcher.ts';
import { compileTemplate, type Template } from '../model/template.ts';
import {
  type Comparison,
  type FieldSource,
  type PromqlSource,
  type RecordSelection,
  type Rule,
  type RuleKind,
  ruleKinds,
} from './rule-config.ts';
import type { YamlValue } from './yaml-reader.ts';

const baseKeys = ['name', 'kind', 'severity', 'for', 'keep_firing_for', 'labels', 'annotations', 'limit'] as const;
const recordKeys = ['topic', 'by', 'where'] as const;
const kindKeys = {
  threshold: [...recordKeys, 'expr', 'field', 'system', 'path', 'op', 'value', 'interval'],
  rate: [...recordKeys, 'window', 'op', 'value'],
  absence: [...recordKeys, 'within', 'keys', 'forget_after'],
  lag: ['group', 'topic', 'value', 'growth', 'window', 'interval'],
  errorRatio: [...recordKeys, 'errors', 'window', 'min_events', 'value'],
  anomaly: [...recordKeys, 'expr', 'field', 'interval', 'season', 'sensitivity', 'direction', 'min_values'],
  sql: ['query', 'keys', 'interval', 'hold'],
} as const satisfies Record<RuleKind, readonly string[]>;

const comparisons: readonly Comparison[] = ['>', '>=', '<', '<=', '==', '!='];
const second = 1_000;
const minute = 60_000;
const hour = 3_600_000;
const intervalBounds = { minMs: 200, maxMs: hour };
const windowBounds = { minMs: second, maxMs: 7 * 24 * hour };
export const accessLogTopic = 'headwater-access-log';

type Keys = (typeof baseKeys)[number] | (typeof kindKeys)[RuleKind][number];

/** A rule of any kind; mistakes are told to the value's reader. */
export function readRule(value: YamlValue): Rule {
  const entries = value.entries();
  const kindValue = entries.find(([key]) => key === 'kind')?.[1];
  if (value.isMap && kindValue === undefined) value.need('kind');
  const kind = kindValue?.choice(ruleKinds, 'threshold') ?? 'threshold';
  const map = value.map<Keys>([...baseKeys, ...kindKeys[kind]] as Keys[]);
  const name = map.name.text();
  if (!/^[^\s/\u0000-\u001f][^/\u0000-\u001f]{0,119}$/.test(name))
    (map.name.isMissing ? value : map.name).fail('name is to be a text of at most 120 characters without "/"');
  const base = {
    name,
    severity: map.severity.text('warning'),
    forMs: map.for.durationMs(0),
    keepFiringForMs: map.keep_firing_for.durationMs(0),
    labels: templates(map.labels),
    annotations: templates(map.annotations),
    limit: map.limit.number(1_000, { min: 1, max: 10_000 }),
    source: plain(value) as Record<string, unknown>,
  };
  switch (kind) {
    case 'threshold': {
      const from = thresholdSource(value, map);
      const op = map.op.choice(comparisons, '>');
      const limit = map.value.scalar();
      if (limit === undefined && from.type !== 'promql') value.need('value');
      if (typeof limit !== 'number' && limit !== undefined && !(from.type === 'field' && (op === '==' || op === '!=')))
        map.value.fail('is to be a number; texts are compared with == and != and fields of a topic');
      return { ...base, kind, from, op, value: typeof limit === 'boolean' ? String(limit) : (limit ?? null) };
    }
    case 'rate':
      return {
        ...base,
        kind,
        ...selection(value, map, []),
        windowMs: map.window.durationMs(minute, windowBounds),
        op: map.op.choice(['>', '>='], '>='),
        value: map.value.number(1, { min: 0 }),
      };
    case 'absence': {
      const selected = selection(value, map, ['$key']);
      if (map.within.isMissing) value.need('within');
      return {
        ...base,
        kind,
        ...selected,
        withinMs: map.within.durationMs(minute, { minMs: 100 }),
        keys: map.keys.texts(),
        forgetAfterMs: map.forget_after.durationMs(24 * hour),
      };
    }
    case 'lag':
      if (map.value.isMissing && map.growth.isMissing)
        value.fail('"value" (records behind) or "growth" (records in the window) is missing');
      return {
        ...base,
        kind,
        group: pattern(map.group, 'group'),
        topic: pattern(map.topic, 'topic'),
        value: map.value.isMissing ? null : map.value.number(0, { min: 0 }),
        growth: map.growth.isMissing ? null : map.growth.number(0, { min: 0 }),
        windowMs: map.window.durationMs(minute, windowBounds),
        intervalMs: map.interval.durationMs(2 * second, intervalBounds),
      };
    case 'errorRatio': {
      const errors = map.errors.isMissing ? [parseMatcher('status=~"5.."')] : matchers(map.errors);
      return {
        ...base,
        kind,
        ...selection(value, map, ['service'], accessLogTopic),
        errors,
        windowMs: map.window.durationMs(minute, windowBounds),
        minEvents: map.min_events.number(20, { min: 1 }),
        value: map.value.number(0.05, { min: 0, max: 1 }),
      };
    }
    case 'anomaly': {
      const from = map.expr.isMissing ? fieldSource(value, map) : promqlSource(map);
      return {
        ...base,
        kind,
        from,
        seasonMs: map.season.durationMs(7 * 24 * hour, { minMs: minute, maxMs: 31 * 24 * hour }),
        sensitivity: map.sensitivity.number(6, { min: 1, max: 100 }),
        direction: map.direction.choice(['both', 'up', 'down'], 'both'),
        minValues: map.min_values.number(100, { min: 10, max: 100_000 }),
      };
    }
    case 'sql': {
      const query = map.query.text().trim();
      if (!/^select\s/i.test(query)) (map.query.isMissing ? value : map.query).fail('query is to be a SELECT');
      return {
        ...base,
        kind,
        query,
        isPush: /\bemit\s+changes\b/i.test(query),
        keys: map.keys.texts(),
        intervalMs: map.interval.durationMs(2 * second, intervalBounds),
        holdMs: map.hold.durationMs(5 * minute, { minMs: second }),
      };
    }
  }
}

function thresholdSource(value: YamlValue, map: Record<Keys, YamlValue>) {
  const given = [map.expr, map.topic, map.system].filter((item) => !item.isMissing);
  if (given.length !== 1) value.fail('one of "expr" (PromQL), "topic" with "field", or "system" is needed');
  if (!map.expr.isMissing) return promqlSource(map);
  if (map.system.isMissing) return fieldSource(value, map);
  return {
    type: 'system' as const,
    measure: map.system.choice(['disk_free_percent', 'disk_free_bytes', 'load_per_core'] as const, 'disk_free_percent'),
    path: map.path.text(),
    intervalMs: map.interval.durationMs(15 * second, intervalBounds),
  };
}

function promqlSource(map: Record<Keys, YamlValue>): PromqlSource {
  const expr = map.expr.text();
  if (expr.trim() === '' || expr.length > 10_000)
    map.expr.fail('is to be a PromQL expression of at most 10,000 characters');
  return { type: 'promql', expr, intervalMs: map.interval.durationMs(5 * second, intervalBounds) };
}

function fieldSource(value: YamlValue, map: Record<Keys, YamlValue>): FieldSource {
  if (map.field.isMissing) value.need('field');
  return { type: 'field', ...selection(value, map, ['$key']), field: map.field.text() };
}

function selection(
  value: YamlValue,
  map: Record<Keys, YamlValue>,
  by: readonly string[],
  topic?: string,
): RecordSelection {
  const topics = map.topic.isMissing && topic !== undefined ? [topic] : map.topic.texts();
  if (topics.length === 0) value.need('topic');
  for (const name of topics)
    if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name)) map.topic.fail(`"${name}" is no name of a topic`);
  const paths = map.by.isMissing ? by : map.by.texts();
  for (const path of paths)
    if (!/^[a-zA-Z_$][\w.-]*$/.test(path))
      map.by.fail(`"${path}" is no path of a field such as service or labels.region`);
  return { topics, by: paths, where: matchers(map.where) };
}

function matchers(value: YamlValue): Matcher[] {
  const items = value.isList || value.isMissing ? value.list() : [value];
  return items.flatMap((item) => item.attempt(() => parseMatcher(item.text())) ?? []);
}

function pattern(value: YamlValue, name: string): Matcher {
  return value.attempt(() => makeMatcher(name, '=~', value.text('.*'))) ?? makeMatcher(name, '=~', '.*');
}

function templates(value: YamlValue): Record<string, Template> {
  const found: Record<string, Template> = {};
  for (const [name, item] of value.entries()) {
    if (!isLabelName(name)) item.fail(`"${name}" is no label name`);
    const template = item.attempt(() => compileTemplate(item.text()));
    if (template !== undefined) found[name] = template;
  }
  return found;
}

function plain(value: YamlValue): unknown {
  if (value.isMap) return Object.fromEntries(value.entries().map(([key, item]) => [key, plain(item)]));
  if (value.isList) return value.list().map(plain);
  return value.scalar() ?? null;
}
