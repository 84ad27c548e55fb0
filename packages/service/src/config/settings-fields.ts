import { parseDurationMs } from '@headwater/resilience';
import type { ConfigValue } from './config-layers.ts';

/** How a setting is read: its default, and what turns a property's value into it. `parse` throws with what must be given instead. */
export interface Field<T> {
  readonly field: 'value' | 'list';
  /** Absent: the setting must be given. */
  readonly fallback?: T;
  readonly parse: (value: ConfigValue) => unknown;
}

/**
 * What settings look like: each is its default (`10`, `'mock'`, `true`, `['a']`, an object of further settings), or a field that says more.
 */
export interface SettingsSchema {
  readonly [name: string]:
    | Field<unknown>
    | string
    | number
    | boolean
    | readonly string[]
    | readonly number[]
    | SettingsSchema;
}

type Plain<S> = S extends string ? string : S extends number ? number : S extends boolean ? boolean : S;

/** The type of the settings of a schema. */
export type SettingsOf<S> = {
  readonly [N in keyof S]: S[N] extends Field<infer T>
    ? T
    : S[N] extends readonly (infer E)[]
      ? readonly Plain<E>[]
      : S[N] extends string | number | boolean
        ? Plain<S[N]>
        : SettingsOf<S[N]>;
};

interface Bounds {
  min?: number;
  max?: number;
}

type Given<T> = { default?: T };

function value<T>(fallback: T | undefined, parse: (value: ConfigValue) => T): Field<T> {
  return { field: 'value', ...(fallback === undefined ? {} : { fallback }), parse };
}

/** Fields of a settings schema, for what a plain default does not say: bounds, choices, durations, what must be given. */
export const setting = {
  text: (options: Given<string> & { pattern?: RegExp; minLength?: number } = {}): Field<string> =>
    value(options.default, (given) => {
      const text = parseText(given);
      if (text.length < (options.minLength ?? 0)) throw new Error(`give at least ${options.minLength} characters`);
      if (options.pattern && !options.pattern.test(text))
        throw new Error(`give a text that matches ${options.pattern}`);
      return text;
    }),
  number: (options: Given<number> & Bounds = {}): Field<number> =>
    value(options.default, (given) => within(parseNumber(given), options, 'a number')),
  integer: (options: Given<number> & Bounds = {}): Field<number> =>
    value(options.default, (given) => {
      const number = within(parseNumber(given), options, 'a whole number');
      if (!Number.isInteger(number)) throw new Error(`give a whole number${range(options)}`);
      return number;
    }),
  flag: (options: Given<boolean> = {}): Field<boolean> => value(options.default, parseFlag),
  choice: <const T extends string>(values: readonly T[], options: Given<NoInfer<T>> = {}): Field<T> =>
    value(options.default as T | undefined, (given) => {
      const text = parseText(given);
      const found = values.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
      if (found === undefined) throw new Error(`give one of ${values.join(', ')}`);
      return found;
    }),
  /** Milliseconds; `500`, `500ms`, `5s`, `2m`, `1h` and ISO 8601 (`PT5S`) are read. */
  durationMs: (options: Given<number> & Bounds = {}): Field<number> =>
    value(options.default, (given) => within(parseDuration(given), options, 'a duration in ms')),
  url: (options: Given<string> = {}): Field<string> =>
    value(options.default, (given) => {
      const text = parseText(given);
      if (!URL.canParse(text)) throw new Error('give an address such as http://127.0.0.1:8080');
      return text.replace(/\/+$/, '');
    }),
  /** `a,b` or `key[0]`, `key[1]`. */
  list: <T = string>(of?: Field<T>, options: Given<readonly T[]> = {}): Field<readonly T[]> => ({
    field: 'list',
    ...(options.default === undefined ? {} : { fallback: options.default }),
    parse: of?.parse ?? parseText,
  }),
} as const;

/** The field of a plain default. */
export function fieldOf(given: unknown): Field<unknown> | undefined {
  if (typeof given === 'string') return value(given, parseText);
  if (typeof given === 'number') return value(given, parseNumber);
  if (typeof given === 'boolean') return value(given, parseFlag);
  if (Array.isArray(given)) {
    const parse = typeof given[0] === 'number' ? parseNumber : typeof given[0] === 'boolean' ? parseFlag : parseText;
    return { field: 'list', fallback: given, parse };
  }
  return typeof given === 'object' && given !== null && 'parse' in given && 'field' in given
    ? (given as Field<unknown>)
    : undefined;
}

/** The defaults of a schema as properties below a prefix, so that they are seen where properties are looked at. */
export function schemaDefaults(prefix: string, schema: SettingsSchema): Record<string, ConfigValue> {
  const result: Record<string, ConfigValue> = {};
  for (const [name, given] of Object.entries(schema)) {
    const key = `${prefix}.${kebabCase(name)}`;
    const field = fieldOf(given);
    if (field === undefined) Object.assign(result, schemaDefaults(key, given as SettingsSchema));
    else if (Array.isArray(field.fallback))
      field.fallback.forEach((entry, index) => void (result[`${key}[${index}]`] = entry as ConfigValue));
    else if (field.fallback !== undefined) result[key] = field.fallback as ConfigValue;
  }
  return result;
}

/** `mockSleepMs` as properties are written: `mock-sleep-ms`. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function parseText(given: ConfigValue): string {
  if (given === null) throw new Error('give a text');
  return String(given);
}

function parseNumber(given: ConfigValue): number {
  const number = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw new Error('give a number');
  return number;
}

function parseFlag(given: ConfigValue): boolean {
  const text = String(given).trim().toLowerCase();
  if (['true', 'on', 'yes', '1'].includes(text)) return true;
  if (['false', 'off', 'no', '0'].includes(text)) return false;
  throw new Error('give true or false');
}

function parseDuration(given: ConfigValue): number {
  const ms = parseDurationMs(String(given));
  if (ms === undefined) throw new Error('give a duration such as 500ms, 5s, 2m or PT5S');
  return ms;
}

function within(number: number, bounds: Bounds, what: string): number {
  if (number < (bounds.min ?? Number.NEGATIVE_INFINITY) || number > (bounds.max ?? Number.POSITIVE_INFINITY)) {
    throw new Error(`give ${what}${range(bounds)}`);
  }
  return number;
}

function range({ min, max }: Bounds): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of ${min} or more`;
  return max === undefined ? '' : ` of ${max} or less`;
}
