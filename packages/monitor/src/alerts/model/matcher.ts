import { LinearRegex } from '@headwater/regex';
import { AlertError } from '../alert-error.ts';
import type { Labels } from './labels.ts';

export type MatchOperator = '=' | '!=' | '=~' | '!~';

/** One condition on a label. A label that is missing is as if it were empty; expressions match whole values. */
export interface Matcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
  matches(labels: Labels): boolean;
}

/** Names may have dots here, so that the same conditions serve fields of records. */
const head = /^\s*([a-zA-Z_$][a-zA-Z0-9_.$-]*)\s*(=~|!~|!=|=)\s*/;
/** Longest expression: what it costs to match grows with it. */
const valueMaxChars = 4_096;

/** Throws HW_ALERTS_MATCHER when the expression cannot be taken. */
export function makeMatcher(name: string, operator: MatchOperator, value: string): Matcher {
  if (value.length > valueMaxChars)
    throw new AlertError('HW_ALERTS_MATCHER', `the matcher of "${name}" is longer than ${valueMaxChars} characters`);
  if (operator === '=') return { name, operator, value, matches: (labels) => (labels[name] ?? '') === value };
  if (operator === '!=') return { name, operator, value, matches: (labels) => (labels[name] ?? '') !== value };
  let regex: LinearRegex;
  try {
    regex = new LinearRegex(value);
  } catch (cause) {
    throw new AlertError(
      'HW_ALERTS_MATCHER',
      `the matcher of "${name}" is not understood: ${(cause as Error).message}`,
      cause,
    );
  }
  const isWanted = operator === '=~';
  return { name, operator, value, matches: (labels) => regex.test(labels[name] ?? '') === isWanted };
}

/** `service=~"orders|billing"`; quotes may be left out. Throws HW_ALERTS_MATCHER. */
export function parseMatcher(text: string): Matcher {
  const [matcher, rest] = readMatcher(text);
  if (rest.trim() !== '') throw mistake(text);
  return matcher;
}

/** `{service="orders", severity!="info"}`, with or without braces; an empty text is no condition. Throws HW_ALERTS_MATCHER. */
export function parseMatchers(text: string): Matcher[] {
  let rest = text.trim();
  if (rest.startsWith('{')) {
    if (!rest.endsWith('}')) throw mistake(text);
    rest = rest.slice(1, -1).trim();
  }
  const matchers: Matcher[] = [];
  while (rest !== '') {
    const [matcher, after] = readMatcher(rest);
    matchers.push(matcher);
    rest = after.trim();
    if (rest === '') break;
    if (!rest.startsWith(',')) throw mistake(text);
    rest = rest.slice(1).trim();
  }
  return matchers;
}

export function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every((matcher) => matcher.matches(labels));
}

export function formatMatcher({ name, operator, value }: Matcher): string {
  return `${name}${operator}${JSON.stringify(value)}`;
}

function readMatcher(text: string): [Matcher, string] {
  const match = head.exec(text);
  if (match === null) throw mistake(text);
  const [whole, name, operator] = match;
  const rest = text.slice(whole.length);
  if (!rest.startsWith('"')) {
    const end = rest.search(/[,}]/);
    const value = (end === -1 ? rest : rest.slice(0, end)).trim();
    if (value.includes('"')) throw mistake(text);
    return [makeMatcher(name!, operator as MatchOperator, value), end === -1 ? '' : rest.slice(end)];
  }
  let value = '';
  for (let index = 1; index < rest.length; index++) {
    const char = rest[index]!;
    if (char === '"') return [makeMatcher(name!, operator as MatchOperator, value), rest.slice(index + 1)];
    if (char !== '\\') {
      value += char;
      continue;
    }
    const escaped = rest[++index];
    if (escaped === 'n') value += '\n';
    else if (escaped === '"' || escaped === '\\') value += escaped;
    else value += `\\${escaped ?? ''}`;
  }
  throw mistake(text);
}

function mistake(text: string): AlertError {
  return new AlertError(
    'HW_ALERTS_MATCHER',
    `"${text.slice(0, 100)}" is no matcher: write name="value", with =, !=, =~ or !~, several of them with commas between`,
  );
}
