import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { MetricsError } from '../metrics-error.ts';
import type { Expression } from '../promql/ast.ts';
import { durationMs } from '../promql/duration.ts';
import { parsePromql } from '../promql/parse.ts';
import { parseTemplate } from './template-syntax.ts';

export interface RecordingRule {
  kind: 'recording';
  record: string;
  query: string;
  expression: Expression;
  labels: Readonly<Record<string, string>>;
}

export interface AlertRule {
  kind: 'alerting';
  alert: string;
  query: string;
  expression: Expression;
  forMs: number;
  keepFiringForMs: number;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
}

export interface RuleGroup {
  name: string;
  file: string;
  intervalMs: number;
  /** Most results of a rule; 0: no limit. */
  limit: number;
  rules: readonly (RecordingRule | AlertRule)[];
}

type Tree = Record<string, unknown>;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const ruleKeys = new Set(['record', 'alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations']);
const groupKeys = new Set(['name', 'interval', 'limit', 'rules', 'query_offset', 'labels']);

/** The groups of a rule file as Prometheus has them. @throws HW_METRICS_RULES with the place */
export function readRuleFile(file: string, intervalMs: number): RuleGroup[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new MetricsError(
      'HW_METRICS_RULES',
      `the rule file ${file} cannot be read: ${(cause as Error).message}`,
      cause,
    );
  }
  return readRules(text, file, intervalMs);
}

export function readRules(text: string, file: string, intervalMs: number): RuleGroup[] {
  let root: Tree | null;
  try {
    root = parse(text) as Tree | null;
  } catch (cause) {
    throw new MetricsError('HW_METRICS_RULES', `${file}: ${(cause as Error).message.split('\n')[0]}`, cause);
  }
  const groups = root?.['groups'] ?? [];
  if (!Array.isArray(groups)) throw new MetricsError('HW_METRICS_RULES', `${file}: groups must be a list`);
  const names = new Set<string>();
  return groups.map((entry: Tree | null) => {
    const name = entry?.['name'];
    if (entry === null || typeof name !== 'string' || name === '')
      throw new MetricsError('HW_METRICS_RULES', `${file}: Groupname must not be empty`);
    const where = `${file}: group "${name}"`;
    if (names.has(name)) throw new MetricsError('HW_METRICS_RULES', `${where}: the name is repeated in the same file`);
    names.add(name);
    checkKeys(entry, groupKeys, where);
    const common = textsOf(entry['labels'], `${where}: labels`);
    return {
      name,
      file,
      intervalMs: durationIn(entry['interval'], where) || intervalMs,
      limit: Number(entry['limit'] ?? 0),
      rules: ((entry['rules'] ?? []) as Tree[]).map((rule, i) => readRule(rule, `${where}, rule ${i + 1}`, common)),
    };
  });
}

function readRule(rule: Tree, where: string, common: Readonly<Record<string, string>>): RecordingRule | AlertRule {
  const fail = (message: string): never => {
    throw new MetricsError('HW_METRICS_RULES', `${where}: ${message}`);
  };
  checkKeys(rule, ruleKeys, where);
  const { alert, expr, record } = rule;
  if ((record === undefined) === (alert === undefined)) fail("one of 'record' and 'alert' must be set, not both");
  if (expr === undefined || expr === '') fail("field 'expr' must be set in rule");
  const query = String(expr).trim();
  let expression: Expression;
  try {
    expression = parsePromql(query);
  } catch (error) {
    return fail(`could not parse expression: ${(error as Error).message}`);
  }
  const labels = { ...common, ...textsOf(rule['labels'], `${where}: labels`) };
  for (const name of Object.keys(labels))
    if (!labelName.test(name) || name === '__name__') fail(`invalid label name: ${name}`);
  if (record !== undefined) {
    if (rule['annotations'] !== undefined) fail("invalid field 'annotations' in recording rule");
    if (rule['for'] !== undefined || rule['keep_firing_for'] !== undefined)
      fail("invalid field 'for' in recording rule");
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(String(record))) fail(`invalid recording rule name: ${record}`);
    return { kind: 'recording', record: String(record), query, expression, labels };
  }
  const annotations = textsOf(rule['annotations'], `${where}: annotations`);
  for (const [name, text] of [...Object.entries(labels), ...Object.entries(annotations)])
    try {
      parseTemplate(text);
    } catch (error) {
      fail(`${name}: ${(error as Error).message}`);
    }
  const [forMs, keepFiringForMs] = [durationIn(rule['for'], where), durationIn(rule['keep_firing_for'], where)];
  return { kind: 'alerting', alert: String(alert), query, expression, forMs, keepFiringForMs, labels, annotations };
}

function checkKeys(tree: Tree, known: ReadonlySet<string>, where: string): void {
  for (const key of Object.keys(tree))
    if (!known.has(key)) throw new MetricsError('HW_METRICS_RULES', `${where}: field ${key} not found`);
}

function durationIn(value: unknown, where: string): number {
  if (value === undefined || value === null) return 0;
  const ms = durationMs(String(value));
  if (ms === undefined) throw new MetricsError('HW_METRICS_RULES', `${where}: not a valid duration string: "${value}"`);
  return ms;
}

function textsOf(value: unknown, where: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw new MetricsError('HW_METRICS_RULES', `${where} must hold names and texts`);
  return Object.fromEntries(Object.entries(value as Tree).map(([name, text]) => [name, String(text)]));
}
