import { ConfigError } from '../config-error.ts';
import type { Environment, PropertySource } from '../resolve/environment.ts';
import { resolvePlaceholders } from '../resolve/placeholders.ts';
import { type ConfigValue, textOf } from '../values.ts';
import { shownValue } from './masking.ts';

/** One place that gives a key its value. */
export interface KeyPlace {
  source: string;
  path: string | null;
  origin: string | null;
  value: ConfigValue;
}

export interface ExplainedKey extends KeyPlace {
  key: string;
  /** With placeholders filled in, where that makes a difference. */
  resolved?: string;
  /** The places that lost, the next best first. */
  overridden: KeyPlace[];
}

/** Which source wins for each key of an environment (or for one key), and which lost. Secrets are masked. */
export function explain(environment: Environment, key?: string): ExplainedKey[] {
  const keys = new Map<string, ExplainedKey>();
  const lookup = maskedLookup(environment);
  for (const source of environment.propertySources) {
    for (const [name, value] of source.source) {
      if (key !== undefined && name !== key) continue;
      const place = placeOf(source, name, value.origin, shownValue(name, value));
      const known = keys.get(name);
      if (known !== undefined) {
        known.overridden.push(place);
        continue;
      }
      const text = textOf(place.value);
      const resolved = text.includes('${') ? resolvedText(text, lookup) : undefined;
      keys.set(name, { key: name, ...place, ...(resolved === undefined ? {} : { resolved }), overridden: [] });
    }
  }
  return [...keys.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function placeOf({ name, path }: PropertySource, _key: string, origin: string | null, value: ConfigValue): KeyPlace {
  return { source: name, path: path ?? null, origin, value };
}

/** What a placeholder is filled in with on pages: a secret stays one. */
function maskedLookup(environment: Environment): (key: string) => string | undefined {
  return (key) => {
    for (const { source } of environment.propertySources) {
      const found = source.get(key);
      if (found !== undefined) return textOf(shownValue(key, found));
    }
    return undefined;
  };
}

function resolvedText(text: string, lookup: (key: string) => string | undefined): string | undefined {
  try {
    const resolved = resolvePlaceholders(text, lookup);
    return resolved === text ? undefined : resolved;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

export interface Difference {
  key: string;
  kind: 'added' | 'changed' | 'removed';
  from: ConfigValue | null;
  to: ConfigValue | null;
}

/** What differs between two environments, by the values that win. Secrets are masked, and told to differ. */
export function differences(from: Environment, to: Environment): Difference[] {
  const before = effective(from);
  const after = effective(to);
  const result: Difference[] = [];
  for (const [key, now] of after) {
    const was = before.get(key);
    if (was === undefined) result.push({ key, kind: 'added', from: null, to: now.shown });
    else if (was.text !== now.text) result.push({ key, kind: 'changed', from: was.shown, to: now.shown });
  }
  for (const [key, was] of before) {
    if (!after.has(key)) result.push({ key, kind: 'removed', from: was.shown, to: null });
  }
  return result.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function effective(environment: Environment): Map<string, { text: string; shown: ConfigValue }> {
  const result = new Map<string, { text: string; shown: ConfigValue }>();
  for (const { source } of environment.propertySources) {
    for (const [key, value] of source) {
      if (!result.has(key)) result.set(key, { text: textOf(value.value), shown: shownValue(key, value) });
    }
  }
  return result;
}
