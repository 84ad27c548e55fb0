import { LinearRegex } from '@headwater/regex';
import { parseDurationMs } from '@headwater/resilience';
import { GatewayError } from '../errors.ts';
import { type Component, isObject } from './definition.ts';
import { parseTemplate, type Template } from './template.ts';

/** How a component's arguments are named, in the order of the shortcut form. */
export interface ArgumentShape {
  fields: readonly string[];
  /** `list`: all positional arguments belong to the first field. `listAndFlag`: a last true/false belongs to the second. */
  gather?: 'list' | 'listAndFlag';
}

/** The named arguments of one predicate or filter, read with errors that say which route is wrong and how. */
export class Arguments {
  readonly #component: Component;
  readonly #where: string;
  readonly #values = new Map<string, unknown>();
  /** Names that `{name}` in a value may stand for: what the route's Path and Host predicates capture. */
  readonly variables: ReadonlySet<string>;

  constructor(component: Component, shape: ArgumentShape, where: string, variables: ReadonlySet<string> = new Set()) {
    this.#component = component;
    this.#where = `${where}, ${component.name}`;
    this.variables = variables;
    const { positional } = component;
    if (shape.gather !== undefined && positional.length > 0) {
      let list = positional;
      const last = String(positional.at(-1)).toLowerCase();
      if (shape.gather === 'listAndFlag' && (last === 'true' || last === 'false')) {
        this.#values.set(shape.fields[1]!, last);
        list = positional.slice(0, -1);
      }
      this.#values.set(shape.fields[0]!, list);
    } else {
      if (positional.length > shape.fields.length)
        this.fail(
          `has ${positional.length} arguments, at most ${shape.fields.length} (${shape.fields.join(', ')}) are known: a value with a comma needs the form {name, args}`,
        );
      for (const [i, value] of positional.entries()) this.#values.set(shape.fields[i]!, value);
    }
    for (const [key, value] of namedValues(component.named, shape)) {
      const field = shape.fields.find((name) => relaxed(name) === relaxed(key));
      if (field === undefined)
        this.fail(`does not know the argument "${key}": it takes ${shape.fields.join(', ') || 'none'}`);
      this.#values.set(field, value);
    }
  }

  fail(reason: string, cause?: unknown): never {
    throw new GatewayError('HW_GATEWAY_BAD_ROUTE', `${this.#where}: ${reason}`, cause);
  }

  optionalText(field: string): string | undefined {
    const value = this.#values.get(field);
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
    return this.fail(`${field} must be text`);
  }

  text(field: string): string {
    return this.optionalText(field) ?? this.fail(`${field} is missing ("${this.#component.text}")`);
  }

  integer(field: string, fallback?: number): number {
    const text = this.optionalText(field);
    if (text === undefined) return fallback ?? this.fail(`${field} is missing`);
    if (!/^\d{1,15}$/.test(text)) this.fail(`${field} must be a whole number, not "${text}"`);
    return Number(text);
  }

  flag(field: string, fallback: boolean): boolean {
    const text = this.optionalText(field)?.toLowerCase();
    if (text === undefined) return fallback;
    if (text !== 'true' && text !== 'false') this.fail(`${field} must be true or false, not "${text}"`);
    return text === 'true';
  }

  /** A duration as Spring binds it: `50ms`, `10s`, `PT1S`, or a number of ms. */
  durationMs(field: string, fallback: number): number {
    const text = this.optionalText(field);
    if (text === undefined) return fallback;
    const ms = parseDurationMs(text);
    if (ms === undefined || ms < 0) this.fail(`${field} must be a duration like 50ms or 10s, not "${text}"`);
    return ms;
  }

  has(field: string): boolean {
    const value = this.#values.get(field);
    return value !== undefined && value !== null;
  }

  /** A list: as such, as a map of indexes (what property files become), or as text with commas. */
  list(field: string): string[] {
    const value = this.#values.get(field);
    let items: unknown[];
    if (typeof value === 'string') items = value.split(',');
    else if (Array.isArray(value)) items = value;
    else if (typeof value === 'object' && value !== null) items = Object.values(value);
    else items = [];
    const texts = items.map((item) => String(item).trim()).filter((item) => item !== '');
    if (texts.length === 0) this.fail(`${field} is missing: give at least one`);
    return texts;
  }

  /** A map of values, as YAML nests them; empty when it is missing. Keys in camelCase. */
  map(field: string): Readonly<Record<string, unknown>> {
    const value = this.#values.get(field);
    if (value === undefined || value === null) return {};
    if (typeof value !== 'object' || Array.isArray(value)) return this.fail(`${field} must be a map`);
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [
        key.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
        each,
      ]),
    );
  }

  /** The same with its keys as they are. */
  exactMap(field: string): Readonly<Record<string, unknown>> {
    const value = this.#values.get(field);
    if (value === undefined || value === null) return {};
    if (typeof value !== 'object' || Array.isArray(value)) return this.fail(`${field} must be a map`);
    return value as Record<string, unknown>;
  }

  regex(field: string): LinearRegex {
    const source = this.text(field);
    try {
      return new LinearRegex(source);
    } catch (cause) {
      return this.fail((cause as Error).message, cause);
    }
  }

  optionalRegex(field: string): LinearRegex | undefined {
    return this.optionalText(field) === undefined ? undefined : this.regex(field);
  }

  template(field: string): Template {
    const template = parseTemplate(this.text(field));
    const unknown = template.names.find((name) => !this.variables.has(name));
    if (unknown !== undefined)
      this.fail(
        `{${unknown}} is captured by no Path or Host predicate of this route (${[...this.variables].join(', ') || 'none is'})`,
      );
    return template;
  }

  headerName(field: string): string {
    const name = this.text(field);
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) this.fail(`"${name}" is not a header name`);
    return name;
  }

  /** A point in time as `ZonedDateTime` prints it, or epoch milliseconds. */
  instant(field: string): number {
    const text = this.text(field);
    const ms = /^\d{9,16}$/.test(text) ? Number(text) : Date.parse(text.replace(/\[[^\]]*\]$/, ''));
    if (Number.isNaN(ms))
      this.fail(`${field} must be a time like 2030-01-20T17:42:47.789-07:00[America/Denver], not "${text}"`);
    return ms;
  }

  /** A size like Spring's DataSize: `5MB`, `512KB`, or bytes. */
  sizeBytes(field: string, fallback: string): number {
    const text = this.optionalText(field) ?? fallback;
    const match = /^(\d{1,12})\s*(B|KB|MB|GB)?$/i.exec(text.trim());
    if (match === null) return this.fail(`${field} must be a size like 5MB, not "${text}"`);
    return Number(match[1]) * 1024 ** ['B', 'KB', 'MB', 'GB'].indexOf((match[2] ?? 'B').toUpperCase());
  }
}

/** Arguments in a map of their own (`backoff: { firstBackoff }`) are those that have its name in front (`backoff.firstBackoff`). */
function namedValues(named: Readonly<Record<string, unknown>>, shape: ArgumentShape): [string, unknown][] {
  return Object.entries(named).flatMap(([key, value]): [string, unknown][] => {
    const isGroup = isObject(value) && shape.fields.some((field) => relaxed(field).startsWith(`${relaxed(key)}.`));
    return isGroup ? Object.entries(value).map(([inner, each]) => [`${key}.${inner}`, each]) : [[key, value]];
  });
}

/** Spring's relaxed binding: case, `-` and `_` do not matter in a key. */
function relaxed(key: string): string {
  return key.toLowerCase().replace(/[-_]/g, '');
}
