import type { TextField, TextStyle } from './texts.ts';

/** Numbers that a pattern writes and reads, by the names of `java.time.temporal`. */
export type NumberField =
  | 'year'
  | 'yearOfEra'
  | 'weekBasedYear'
  | 'quarter'
  | 'month'
  | 'week'
  | 'weekOfMonth'
  | 'dayOfMonth'
  | 'dayOfYear'
  | 'dayOfWeekInMonth'
  | 'localDayOfWeek'
  | 'clockHourOfAmPm'
  | 'hourOfAmPm'
  | 'clockHourOfDay'
  | 'hourOfDay'
  | 'minute'
  | 'second'
  | 'nanoOfSecond'
  | 'milliOfDay'
  | 'nanoOfDay';

export type SignStyle = 'normal' | 'notNegative' | 'exceedsPad';

export interface NumberPart {
  readonly kind: 'number';
  readonly field: NumberField;
  readonly min: number;
  readonly max: number;
  readonly sign: SignStyle;
  /** Two digits of a year from 2000 on. */
  readonly isReduced: boolean;
  /** Digits after the point of a second. */
  readonly isFraction: boolean;
  /** Digits of the numbers of fixed width that follow at once: they are left to these. */
  followingDigits: number;
}

export type Part =
  | { readonly kind: 'literal'; readonly text: string }
  | NumberPart
  | { readonly kind: 'text'; readonly field: TextField; readonly style: TextStyle }
  | { readonly kind: 'zoneId' }
  | { readonly kind: 'zoneName'; readonly isFull: boolean }
  /** `separator` between hours and minutes; `zero`: what stands for none. */
  | {
      readonly kind: 'offset';
      readonly separator: '' | ':';
      readonly minutes: 'whereNotZero' | 'always';
      readonly seconds: 'never' | 'whereNotZero';
      readonly zero: string;
    }
  | { readonly kind: 'localizedOffset'; readonly isFull: boolean }
  | { readonly kind: 'dayPeriod'; readonly style: TextStyle }
  | { readonly kind: 'optional'; readonly parts: readonly Part[] }
  | { readonly kind: 'padded'; readonly width: number; readonly part: Part };

/**
 * The parts of a pattern of Java's `DateTimeFormatter`.
 * https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/time/format/DateTimeFormatter.html#patterns
 *
 * @throws RangeError for what is no pattern
 */
export function patternParts(pattern: string): readonly Part[] {
  const mistake = (what: string): RangeError => new RangeError(`'${pattern}' is no pattern of dates: ${what}`);
  const stack: Part[][] = [[]];
  const optionalStarts: Part[][] = [];
  let at = 0;
  let padding = 0;
  const add = (part: Part): void => {
    stack.at(-1)!.push(padding > 0 ? { kind: 'padded', width: padding, part } : part);
    padding = 0;
  };
  while (at < pattern.length) {
    const letter = pattern[at]!;
    if (/[A-Za-z]/.test(letter)) {
      let end = at + 1;
      while (pattern[end] === letter) end++;
      const count = end - at;
      at = end;
      if (letter === 'p') {
        if (!/[A-Za-z]/.test(pattern[at] ?? '')) throw mistake('p stands before another letter');
        padding = count;
        continue;
      }
      const parts = letterParts(letter, count);
      if (parts === undefined) throw mistake(`${letter.repeat(count)} has no meaning`);
      add(parts);
      continue;
    }
    at++;
    if (letter === "'") {
      const [text, next] = quotedText(pattern, at);
      if (next === -1) throw mistake('a quote is not closed');
      add({ kind: 'literal', text });
      at = next;
    } else if (letter === '[') {
      optionalStarts.push(stack.at(-1)!);
      stack.push([]);
    } else if (letter === ']') {
      if (optionalStarts.length === 0) throw mistake('] has no [');
      optionalStarts.pop();
      const parts = stack.pop()!;
      add({ kind: 'optional', parts: linked(parts) });
    } else if (/[{}#]/.test(letter)) throw mistake(`${letter} is reserved`);
    else add({ kind: 'literal', text: letter });
  }
  while (stack.length > 1) {
    const parts = stack.pop()!;
    stack.at(-1)!.push({ kind: 'optional', parts: linked(parts) });
  }
  return linked(stack[0]!);
}

/** The text up to the closing quote, of which two stand for one; the position behind it, or -1. */
function quotedText(pattern: string, from: number): [text: string, next: number] {
  let text = '';
  for (let at = from; at < pattern.length; at++) {
    if (pattern[at] !== "'") text += pattern[at]!;
    else if (pattern[at + 1] === "'") {
      text += "'";
      at++;
    } else return [at === from ? "'" : text, at + 1];
  }
  return ['', -1];
}

/** Tells numbers of variable width how many digits follow them that are not theirs, as in `yyyyMMdd`. */
function linked(parts: readonly Part[]): readonly Part[] {
  let base: NumberPart | undefined;
  for (const part of parts) {
    if (part.kind !== 'number') base = undefined;
    else if (base !== undefined && part.min === part.max && part.sign === 'notNegative') {
      base.followingDigits += part.max;
    } else base = part;
  }
  return parts;
}

function number(field: NumberField, min: number, max: number, sign: SignStyle): NumberPart {
  return { kind: 'number', field, min, max, sign, isReduced: false, isFraction: false, followingDigits: 0 };
}

/** One letter: as many digits as it has; two: two digits. */
function oneOrTwo(field: NumberField, count: number): NumberPart | undefined {
  if (count === 1) return number(field, 1, 19, 'normal');
  return count === 2 ? number(field, 2, 2, 'notNegative') : undefined;
}

function yearPart(field: NumberField, count: number): NumberPart {
  if (count === 2) return { ...number(field, 2, 2, 'notNegative'), isReduced: true };
  return number(field, count, 19, count < 4 ? 'normal' : 'exceedsPad');
}

function textPart(field: TextField, count: number): Part | undefined {
  const style = ([undefined, 'short', 'short', 'short', 'full', 'narrow'] as const)[count];
  return style && { kind: 'text', field, style };
}

const plainNumbers: Readonly<Record<string, NumberField>> = {
  d: 'dayOfMonth',
  h: 'clockHourOfAmPm',
  H: 'hourOfDay',
  k: 'clockHourOfDay',
  K: 'hourOfAmPm',
  m: 'minute',
  s: 'second',
  w: 'week',
};

const wideNumbers: Readonly<Record<string, NumberField>> = { A: 'milliOfDay', n: 'nanoOfSecond', N: 'nanoOfDay' };

function letterParts(letter: string, count: number): Part | undefined {
  const plain = plainNumbers[letter];
  if (plain !== undefined) return oneOrTwo(plain, count);
  const wide = wideNumbers[letter];
  if (wide !== undefined) return count <= 19 ? number(wide, count, 19, 'notNegative') : undefined;
  switch (letter) {
    case 'u':
      return yearPart('year', count);
    case 'y':
      return yearPart('yearOfEra', count);
    case 'Y':
      return yearPart('weekBasedYear', count);
    case 'M':
    case 'L':
      return count <= 2 ? oneOrTwo('month', count) : textPart('month', count);
    case 'Q':
    case 'q':
      return count <= 2 ? oneOrTwo('quarter', count) : textPart('quarter', count);
    case 'E':
      return textPart('dayOfWeek', count);
    case 'e':
      return count <= 2 ? oneOrTwo('localDayOfWeek', count) : textPart('dayOfWeek', count);
    case 'c':
      if (count === 2) return undefined;
      return count === 1 ? oneOrTwo('localDayOfWeek', 1) : textPart('dayOfWeek', count);
    case 'D':
      if (count === 1) return number('dayOfYear', 1, 19, 'normal');
      return count <= 3 ? number('dayOfYear', count, 3, 'notNegative') : undefined;
    case 'F':
      return count === 1 ? number('dayOfWeekInMonth', 1, 19, 'normal') : undefined;
    case 'W':
      return count === 1 ? number('weekOfMonth', 1, 19, 'normal') : undefined;
    case 'S':
      return count <= 9 ? { ...number('nanoOfSecond', count, count, 'notNegative'), isFraction: true } : undefined;
    case 'a':
      return count === 1 ? { kind: 'text', field: 'amPm', style: 'short' } : undefined;
    case 'B': {
      const style = ({ 1: 'short', 4: 'full', 5: 'narrow' } as const)[count];
      return style && { kind: 'dayPeriod', style };
    }
    case 'G':
      return textPart('era', count);
    default:
      return zonePart(letter, count);
  }
}

function zonePart(letter: string, count: number): Part | undefined {
  switch (letter) {
    case 'V':
      return count === 2 ? { kind: 'zoneId' } : undefined;
    case 'v':
      return count === 1 || count === 4 ? { kind: 'zoneName', isFull: count === 4 } : undefined;
    case 'z':
      return count <= 4 ? { kind: 'zoneName', isFull: count === 4 } : undefined;
    case 'O':
      return count === 1 || count === 4 ? { kind: 'localizedOffset', isFull: count === 4 } : undefined;
    case 'Z':
      if (count === 4) return { kind: 'localizedOffset', isFull: true };
      if (count === 5) return { kind: 'offset', separator: ':', minutes: 'always', seconds: 'whereNotZero', zero: 'Z' };
      if (count > 5) return undefined;
      return { kind: 'offset', separator: '', minutes: 'always', seconds: 'never', zero: '+0000' };
    case 'X':
    case 'x': {
      if (count > 5) return undefined;
      const separator = count === 3 || count === 5 ? ':' : '';
      const zero = letter === 'X' ? 'Z' : count === 1 ? '+00' : `+00${separator}00`;
      return {
        kind: 'offset',
        separator,
        minutes: count === 1 ? 'whereNotZero' : 'always',
        seconds: count >= 4 ? 'whereNotZero' : 'never',
        zero,
      };
    }
    default:
      return undefined;
  }
}
