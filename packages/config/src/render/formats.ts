import type { Environment } from '../resolve/environment.ts';
import { type Lookup, resolvePlaceholders } from '../resolve/placeholders.ts';
import { jsonOf, jsonText, textOf } from '../values.ts';
import { mergedProperties, type Nested, nestedProperties } from './merged.ts';
import { yamlOf } from './yaml-writer.ts';

/** Looks keys up in an environment: what placeholders in its own values and in plain files see. */
export function lookupIn(environment: Environment): Lookup {
  return (key) => {
    for (const { source } of environment.propertySources) {
      const found = source.get(key);
      if (found !== undefined) return textOf(found.value);
    }
    return undefined;
  };
}

export function asProperties(environment: Environment, isResolved: boolean): string {
  const lines: string[] = [];
  for (const [key, value] of mergedProperties(environment)) lines.push(`${key}: ${textOf(value)}`);
  const text = lines.join('\n');
  return isResolved ? resolvePlaceholders(text, lookupIn(environment)) : text;
}

export function asJson(environment: Environment, isResolved: boolean): string {
  const lookup = lookupIn(environment);
  const write = (value: Nested): string => {
    if (value === null) return 'null';
    if (value instanceof Map) {
      return `{${[...value].map(([key, inner]) => `${jsonText(key)}:${write(inner)}`).join(',')}}`;
    }
    if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
    return jsonOf(isResolved && typeof value === 'string' ? resolvePlaceholders(value, lookup) : value);
  };
  return write(nestedProperties(mergedProperties(environment)));
}

export function asYaml(environment: Environment, isResolved: boolean): string {
  const tree = nestedProperties(mergedProperties(environment));
  const lookup = lookupIn(environment);
  const document = tree.get('document');
  const root = tree.size === 1 && document !== undefined ? document : tree;
  return yamlOf(root, isResolved ? (text) => resolvePlaceholders(text, lookup) : undefined);
}
