import { ServiceError } from '../service-error.ts';
import { shownValue } from './config-key.ts';
import type { ConfigEntry, ConfigLayers } from './config-layers.ts';
import { type Field, fieldOf, kebabCase, type SettingsOf, type SettingsSchema } from './settings-fields.ts';

/** One setting that is not what it must be. */
export interface SettingProblem {
  key: string;
  /** Where the value stands; null when it is missing. */
  origin: string | null;
  /** Masked when the key is a secret's. */
  value: unknown;
  reason: string;
}

/** Settings that cannot be used, all of them at once. */
export class SettingsError extends ServiceError {
  readonly problems: readonly SettingProblem[];

  constructor(problems: readonly SettingProblem[]) {
    const lines = problems.map(({ key, origin, value, reason }) =>
      origin === null ? `${key} is missing: ${reason}` : `${key} is ${JSON.stringify(value)} (${origin}): ${reason}`,
    );
    super('HW_SERVICE_CONFIG', `the configuration cannot be used. ${lines.join('; ')}`);
    this.problems = problems;
  }
}

/**
 * Reads typed settings below a prefix (empty: from the top).
 * @throws SettingsError with every problem: key, origin, value and what to give instead
 */
export function bindSettings<S extends SettingsSchema>(layers: ConfigLayers, prefix: string, schema: S): SettingsOf<S> {
  const problems: SettingProblem[] = [];
  const settings = bindObject(layers, prefix, schema, problems);
  if (problems.length > 0) throw new SettingsError(problems);
  return settings as SettingsOf<S>;
}

function bindObject(layers: ConfigLayers, prefix: string, schema: SettingsSchema, problems: SettingProblem[]): object {
  const result: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(schema)) {
    const key = prefix === '' ? kebabCase(name) : `${prefix}.${kebabCase(name)}`;
    const field = fieldOf(given);
    if (field === undefined) result[name] = bindObject(layers, key, given as SettingsSchema, problems);
    else
      result[name] =
        field.field === 'list' ? bindList(layers, key, field, problems) : bindValue(layers, key, field, problems);
  }
  return Object.freeze(result);
}

function bindValue(layers: ConfigLayers, key: string, field: Field<unknown>, problems: SettingProblem[]): unknown {
  const entry = layers.entry(key);
  if (entry === undefined || entry.value === null || entry.value === '') {
    if (field.fallback !== undefined) return field.fallback;
    problems.push({ key, origin: null, value: null, reason: 'it has no default, set it' });
    return undefined;
  }
  return parse(layers, key, entry, field, problems);
}

function bindList(layers: ConfigLayers, key: string, field: Field<unknown>, problems: SettingProblem[]): unknown {
  const length = layers.listLength(key);
  if (length !== undefined) {
    const owner = layers.ofList(key);
    return Object.freeze(
      Array.from({ length }, (_, index) =>
        bindValue(owner, `${key}[${index}]`, { field: 'value', parse: field.parse }, problems),
      ),
    );
  }
  const entry = layers.entry(key);
  if (entry === undefined || entry.value === null) {
    if (field.fallback !== undefined) return field.fallback;
    problems.push({ key, origin: null, value: null, reason: 'it has no default, set it' });
    return undefined;
  }
  const parts = String(parse(layers, key, entry, { field: 'value', parse: (value) => value }, problems) ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return Object.freeze(parts.map((part) => parse(layers, key, { ...entry, value: part }, field, problems)));
}

function parse(
  layers: ConfigLayers,
  key: string,
  entry: ConfigEntry,
  field: Field<unknown>,
  problems: SettingProblem[],
): unknown {
  try {
    return field.parse(layers.resolve(entry.value));
  } catch (error) {
    problems.push({ key, origin: entry.origin, value: shownValue(key, entry.value), reason: (error as Error).message });
    return undefined;
  }
}
