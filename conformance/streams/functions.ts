import type { Windowed } from '@headwater/streams';

/** The functions that a description names; java/Functions.java has the same ones. All work on text: of a number its digits, of a window key@start/end. */
const tailLength = 12;

export type Value = string | number | Windowed<string> | null;

export function textOf(value: Value): string {
  if (value === null || typeof value !== 'object') return String(value);
  return `${value.key}@${value.window.startMs}/${value.window.endMs}`;
}

export function mapValue(fn: string, key: Value, value: Value): string | null {
  const [name, argument] = taken(fn);
  const text = textOf(value);
  switch (name) {
    case 'same':
      return value === null ? null : text;
    case 'upper':
      return value === null ? null : text.toUpperCase();
    case 'size':
      return String(text.length);
    case 'key':
      return key === null ? null : textOf(key);
    case 'pair':
      return `${textOf(key)}=${text}`;
    case 'null':
      return null;
    case 'nullIf':
      return value === null || text.includes(argument) ? null : text;
    case 'first':
      return text === '' ? '-' : text[0]!;
    case 'last':
      return text === '' ? '-' : text.at(-1)!;
    case 'mod':
      return String(weight(text) % Number(argument));
    case 'const':
      return argument;
    default:
      throw new Error(`there is no value function ${fn}`);
  }
}

export function holds(fn: string, key: Value, value: Value): boolean {
  const [name, argument] = taken(fn);
  switch (name) {
    case 'has':
      return textOf(value).includes(argument);
    case 'longer':
      return textOf(value).length > Number(argument);
    case 'odd':
      return weight(textOf(value)) % 2 === 1;
    case 'keyIs':
      return textOf(key) === argument;
    case 'notNull':
      return value !== null;
    case 'all':
      return true;
    case 'none':
      return false;
    default:
      throw new Error(`there is no predicate ${fn}`);
  }
}

export function flatValues(fn: string, key: Value, value: Value): string[] {
  if (fn === 'chars') return textOf(value).split('');
  if (fn === 'twice') return [textOf(value), textOf(key)];
  throw new Error(`there is no flat function ${fn}`);
}

export function flatRecords(fn: string, key: Value, value: Value): [string, string][] {
  if (fn === 'chars') return flatValues(fn, key, value).map((each) => [each, textOf(key)]);
  if (fn === 'swap')
    return [
      [textOf(key), textOf(value)],
      [textOf(value), textOf(key)],
    ];
  throw new Error(`there is no flat function ${fn}`);
}

export function initial(fn: string): string {
  return fn === 'sum' ? '0' : '';
}

export function add(fn: string, value: Value, before: string | null): string | null {
  const text = textOf(value);
  switch (fn) {
    case 'concat':
      return tail(before + text);
    case 'sum':
      return String(Number(before) + (weight(text) % 10));
    case 'max':
      return String(before) >= text ? before : text;
    case 'last':
      return text;
    case 'drop':
      return text.includes('x') ? null : tail((before ?? '') + text);
    default:
      throw new Error(`there is no aggregate ${fn}`);
  }
}

export function subtract(fn: string, value: Value, before: string | null): string | null {
  const text = textOf(value);
  switch (fn) {
    case 'concat':
    case 'max':
    case 'last':
      return tail(`${before}-${text}`);
    case 'sum':
      return String(Number(before) - (weight(text) % 10));
    case 'drop':
      return text.includes('x') ? null : tail(`${before ?? ''}-${text}`);
    default:
      throw new Error(`there is no aggregate ${fn}`);
  }
}

export function reduce(fn: string, beforeOrNull: string | null, valueOrNull: string | null): string | null {
  // Windows are given null values too.
  const before = textOf(beforeOrNull);
  const value = textOf(valueOrNull);
  switch (fn) {
    case 'concat':
      return tail(before + value);
    case 'minus':
      return tail(`${before}-${value}`);
    case 'max':
      return before >= value ? before : value;
    case 'last':
      return value;
    case 'drop':
      return value.includes('x') ? null : tail(before + value);
    default:
      throw new Error(`there is no reducer ${fn}`);
  }
}

export function merge(fn: string, oneOrNull: string | null, otherOrNull: string | null): string {
  const one = textOf(oneOrNull);
  const other = textOf(otherOrNull);
  if (fn === 'sum') return String(Number(one) + Number(other));
  if (fn === 'max') return one >= other ? one : other;
  return tail(`${one}|${other}`);
}

export function join(fn: string, left: Value, right: Value): string | null {
  switch (fn) {
    case 'plus':
      return tail(`${textOf(left)}+${textOf(right)}`);
    case 'left':
      return left === null ? null : textOf(left);
    case 'drop':
      return textOf(right).includes('x') ? null : tail(`${textOf(left)}+${textOf(right)}`);
    default:
      throw new Error(`there is no joiner ${fn}`);
  }
}

function taken(fn: string): [string, string] {
  const colon = fn.indexOf(':');
  return colon === -1 ? [fn, ''] : [fn.slice(0, colon), fn.slice(colon + 1)];
}

function weight(text: string): number {
  let sum = 0;
  for (let index = 0; index < text.length; index++) sum += text.charCodeAt(index);
  return sum;
}

function tail(text: string): string {
  return text.slice(-tailLength);
}
