import { createHash } from 'node:crypto';
import type { LinearRegex } from '@headwater/regex';
import { LabelSet } from '../labels/label-set.ts';
import { compileRegex } from '../labels/matcher.ts';
import { MetricsError } from '../metrics-error.ts';
import { expand } from '../promql/functions/label.ts';

const actions = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

/** One rule of `relabel_configs`. */
export interface Relabel {
  action: (typeof actions)[number];
  sourceLabels: readonly string[];
  separator: string;
  regex: LinearRegex;
  targetLabel: string;
  replacement: string;
  modulus: number;
}

/** @param value as YAML has it @throws HW_METRICS_CONFIG */
export function readRelabels(value: unknown, where: string): Relabel[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new MetricsError('HW_METRICS_CONFIG', `${where} must be a list`);
  return value.map((entry: unknown, i) => readRelabel(entry, `${where}[${i}]`));
}

function readRelabel(entry: unknown, where: string): Relabel {
  const given = (entry ?? {}) as Record<string, unknown>;
  const fail = (message: string): never => {
    throw new MetricsError('HW_METRICS_CONFIG', `${where}: ${message}`);
  };
  const action = String(given['action'] ?? 'replace').toLowerCase() as Relabel['action'];
  if (!actions.includes(action)) fail(`the action "${action}" is not known: use one of ${actions.join(', ')}`);
  const targetLabel = String(given['target_label'] ?? '');
  const needsTarget = ['replace', 'hashmod', 'lowercase', 'uppercase', 'keepequal', 'dropequal'].includes(action);
  if (needsTarget && targetLabel === '') fail(`the action ${action} needs target_label`);
  const modulus = Number(given['modulus'] ?? 0);
  if (action === 'hashmod' && !(Number.isSafeInteger(modulus) && modulus > 0))
    fail('the action hashmod needs modulus, more than 0');
  let regex: LinearRegex;
  try {
    regex = compileRegex(String(given['regex'] ?? '(.*)'));
  } catch (error) {
    return fail((error as Error).message);
  }
  return {
    action,
    sourceLabels: ((given['source_labels'] as unknown[] | undefined) ?? []).map(String),
    separator: String(given['separator'] ?? ';'),
    regex,
    targetLabel,
    replacement: String(given['replacement'] ?? '$1'),
    modulus,
  };
}

/** Labels after all rules; undefined: a rule lets them go. */
export function relabel(start: LabelSet, rules: readonly Relabel[]): LabelSet | undefined {
  let labels: LabelSet | undefined = start;
  for (const rule of rules) {
    labels = applied(labels, rule);
    if (labels === undefined) return undefined;
  }
  return labels;
}

function applied(labels: LabelSet, rule: Relabel): LabelSet | undefined {
  const { action, modulus, regex, replacement, separator, sourceLabels, targetLabel } = rule;
  const value = sourceLabels.map((name) => labels.get(name)).join(separator);
  switch (action) {
    case 'keep':
      return regex.test(value) ? labels : undefined;
    case 'drop':
      return regex.test(value) ? undefined : labels;
    case 'keepequal':
      return labels.get(targetLabel) === value ? labels : undefined;
    case 'dropequal':
      return labels.get(targetLabel) === value ? undefined : labels;
    case 'labeldrop':
      return labels.keep((name) => !regex.test(name));
    case 'labelkeep':
      return labels.keep((name) => regex.test(name));
    case 'lowercase':
      return labels.with(targetLabel, value.toLowerCase());
    case 'uppercase':
      return labels.with(targetLabel, value.toUpperCase());
    case 'hashmod': {
      // As Prometheus: the last eight bytes of MD5.
      const digest = createHash('md5').update(value).digest();
      return labels.with(targetLabel, String(digest.readBigUInt64BE(8) % BigInt(modulus)));
    }
    case 'labelmap': {
      const pairs = [...labels.pairs()];
      for (const [name, text] of labels.pairs()) {
        const match = regex.matches(name);
        if (match !== null) pairs.push([expand(replacement, match.groups, regex.groupNames), text]);
      }
      return LabelSet.fromPairs(pairs);
    }
    default: {
      const match = regex.matches(value);
      if (match === null) return labels;
      const name = expand(targetLabel, match.groups, regex.groupNames);
      if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return labels;
      return labels.with(name, expand(replacement, match.groups, regex.groupNames));
    }
  }
}
