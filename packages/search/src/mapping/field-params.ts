import { illegalArgument, mapperParsing } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject, RawNumber } from '../json/json-value.ts';

/** One parameter that a field type takes in a mapping. */
export interface ParamSpec {
  readonly name: string;
  readonly fallback: unknown;
  /** Checks and converts the value of a definition. */
  readonly parse: (value: Json, at: { field: string; type: string }) => unknown;
  /** May change on an existing field. */
  readonly isUpdatable?: boolean;
}

export function booleanParam(name: string, fallback: boolean | null, isUpdatable = false): ParamSpec {
  return {
    name,
    fallback,
    isUpdatable,
    parse: (value) => parseBoolean(value, name),
  };
}

export function integerParam(name: string, fallback: number, isUpdatable = false): ParamSpec {
  return { name, fallback, isUpdatable, parse: (value) => parseInteger(value, name) };
}

export function textParam(name: string, fallback: string | null, isUpdatable = false): ParamSpec {
  return {
    name,
    fallback,
    isUpdatable,
    parse: (value, at) => {
      if (value === null || isJsonObject(value) || Array.isArray(value)) {
        throw mapperParsing(`[${name}] on mapper [${at.field}] of type [${at.type}] must be a string`);
      }
      return String(value);
    },
  };
}

export function choiceParam(
  name: string,
  choices: readonly string[],
  fallback: string,
  isUpdatable = false,
): ParamSpec {
  return {
    name,
    fallback,
    isUpdatable,
    parse: (value) => {
      const text = String(value);
      if (!choices.includes(text)) {
        throw mapperParsing(
          `Unknown value [${text}] for field [${name}] - accepted values are [${choices.join(', ')}]`,
        );
      }
      return text;
    },
  };
}

/** A parameter that is kept and shown as it came. */
export function anyParam(name: string, fallback: Json = null, isUpdatable = true): ParamSpec {
  return { name, fallback, isUpdatable, parse: (value) => value };
}

export function parseBoolean(value: Json, name: string): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  const text = value === null ? 'null' : String(value);
  throw illegalArgument(
    `Could not convert [${name}] to boolean`,
    illegalArgument(`Failed to parse value [${text}] as only [true] or [false] are allowed.`),
  );
}

export function parseInteger(value: Json, name: string): number {
  const number = value instanceof RawNumber ? Number(value.text) : Number(value);
  if (value === null || typeof value === 'boolean' || !Number.isFinite(number)) {
    throw illegalArgument(`Failed to parse value [${String(value)}] for [${name}]`);
  }
  return Math.trunc(number);
}

/** Checks a field's definition against the parameters its type takes; gives the values that were set. */
export function parseParams(
  specs: readonly ParamSpec[],
  definition: JsonObject,
  at: { field: string; type: string },
): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [key, value] of definition) {
    if (key === 'type' || key === 'fields' || key === 'copy_to') continue;
    const spec = specs.find((candidate) => candidate.name === key);
    if (spec === undefined) {
      throw mapperParsing(`unknown parameter [${key}] on mapper [${at.field}] of type [${at.type}]`);
    }
    values.set(key, spec.parse(value, at));
  }
  return values;
}

/** The set parameters that differ from their defaults, as a mapping shows them. */
export function renderParams(specs: readonly ParamSpec[], values: ReadonlyMap<string, unknown>, to: JsonObject): void {
  for (const spec of specs) {
    if (!values.has(spec.name)) continue;
    const value = values.get(spec.name);
    if (value === spec.fallback) continue;
    to.set(spec.name, value as Json);
  }
}

/** What keeps a field from getting new parameters, as the imitated system words it. */
export function paramConflicts(
  specs: readonly ParamSpec[],
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): string[] {
  const conflicts: string[] = [];
  for (const spec of specs) {
    if (spec.isUpdatable) continue;
    const from = before.has(spec.name) ? before.get(spec.name) : spec.fallback;
    const to = after.has(spec.name) ? after.get(spec.name) : spec.fallback;
    if (isSame(from, to)) continue;
    conflicts.push(`Cannot update parameter [${spec.name}] from [${show(from)}] to [${show(to)}]`);
  }
  return conflicts;
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (a instanceof RawNumber && b instanceof RawNumber && a.text === b.text);
}

function show(value: unknown): string {
  return value === null || value === undefined ? 'null' : String(value);
}
