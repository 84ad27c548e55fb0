import { Decimal } from './yaml-cases.ts';

/** Whether two values are equal as the suite means it; text of the form /…/ is a regular expression. */
export function matches(actual: unknown, expected: unknown): boolean {
  if (typeof expected === 'string') {
    const text = expected.trim();
    if (text.length >= 2 && text.startsWith('/') && text.endsWith('/')) {
      return freeSpacing(text.slice(1, -1)).test(printed(actual));
    }
    return actual === expected;
  }
  if (isNumber(expected)) return isNumber(actual) && numbersEqual(actual, expected);
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, i) => matches(actual[i], item))
    );
  }
  if (expected instanceof Map || isObject(expected)) {
    if (!isObject(actual)) return false;
    const wanted = expected instanceof Map ? [...expected] : Object.entries(expected);
    return (
      Object.keys(actual).length === wanted.length &&
      wanted.every(([key, item]) => Object.hasOwn(actual, key) && matches(actual[key], item))
    );
  }
  return (actual ?? null) === (expected ?? null);
}

export function contains(actual: unknown, expected: unknown): boolean {
  if (typeof actual === 'string') return actual.includes(String(expected));
  if (!Array.isArray(actual)) return false;
  return actual.some((item) => {
    if (!(expected instanceof Map)) return matches(item, expected);
    return isObject(item) && [...expected].every(([key, value]) => matches(item[key], value));
  });
}

export function isNumber(value: unknown): value is number | bigint | Decimal {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Decimal;
}

export function toNumber(value: number | bigint | Decimal): number {
  return value instanceof Decimal ? value.value : Number(value);
}

function numbersEqual(a: number | bigint | Decimal, b: number | bigint | Decimal): boolean {
  const isInteger = (value: number | bigint | Decimal): value is number | bigint =>
    typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
  if (isInteger(a) && isInteger(b)) return BigInt(a) === BigInt(b);
  const [x, y] = [toNumber(a), toNumber(b)];
  return Math.abs(x - y) <= Math.max(1e-9, 1e-6 * Math.max(Math.abs(x), Math.abs(y)));
}

/** False for what is absent, empty, `false` or `0` when printed. */
export function isTrue(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  const text = printed(value);
  return text !== '' && text !== 'false' && text !== '0';
}

export function lengthOf(value: unknown): number | null {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return isObject(value) ? Object.keys(value).length : null;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Map) &&
    !(value instanceof Decimal)
  );
}

/** A value as Java prints maps and lists, which some expressions count on. */
export function javaForm(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(javaForm).join(', ')}]`;
  if (isObject(value)) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${key}=${javaForm(item)}`)
      .join(', ')}}`;
  }
  return String(value);
}

function printed(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? javaForm(value) : String(value);
}

/** A regular expression with Java's COMMENTS flag: white space and `# …` mean nothing outside of classes. */
export function freeSpacing(source: string): RegExp {
  let result = '';
  let isInClass = false;
  for (let i = 0; i < source.length; i++) {
    const character = source[i]!;
    if (character === '\\') {
      result += character + (source[++i] ?? '');
    } else if (isInClass) {
      if (character === ']') isInClass = false;
      if (!/\s/.test(character)) result += character;
    } else if (character === '[') {
      isInClass = true;
      result += character;
    } else if (character === '#') {
      while (i < source.length && source[i] !== '\n') i++;
    } else if (character === '$') {
      // In Java the end is also before a last line break.
      result += '(?=\\n?$)';
    } else if (!/\s/.test(character)) result += character;
  }
  return new RegExp(result);
}

const steps = /(?<!\\)\./;

/** The value at a dotted path; undefined when a step is missing. */
export function valueAt(root: unknown, path: string, stash: ReadonlyMap<string, unknown>): unknown {
  if (path === '' || path === '$body') return root;
  let at: unknown = root;
  const parts = path.split(steps).map((part) => part.replaceAll('\\.', '.'));
  for (const [i, raw] of parts.entries()) {
    let part = raw;
    if (i === 0 && part === '$body') continue;
    if (part.startsWith('$')) {
      const name = part.replace(/^\$\{?/, '').replace(/\}$/, '');
      if (stash.has(name)) part = String(stash.get(name));
    }
    if (part === '_arbitrary_key_') {
      if (!isObject(at)) return undefined;
      // It names a key; as the last step it is the key itself.
      const key = Object.keys(at)[0];
      if (i === parts.length - 1) return key;
      at = key === undefined ? undefined : at[key];
      continue;
    }
    if (Array.isArray(at)) {
      if (!/^\d+$/.test(part)) return undefined;
      at = at[Number(part)];
    } else if (isObject(at)) at = Object.hasOwn(at, part) ? at[part] : undefined;
    else return undefined;
  }
  return at;
}
