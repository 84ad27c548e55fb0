import { AlertError } from '../alert-error.ts';
import { formatDuration } from './duration.ts';
import type { Labels } from './labels.ts';

/** What a text of an alert may speak of. */
export interface TemplateData {
  readonly labels: Labels;
  readonly value: number | string | null;
}

export type Template = (data: TemplateData) => string;

type Value = string | number;
type Expression = (data: TemplateData) => Value;

const functions: Record<string, (values: Value[]) => Value> = {
  humanize: ([value]) => humanize(Number(value)),
  humanize1024: ([value]) => humanize1024(Number(value)),
  humanizePercentage: ([value]) => `${significant(Number(value) * 100)}%`,
  humanizeDuration: ([value]) => humanizeDuration(Number(value)),
  toUpper: ([value]) => String(value).toUpperCase(),
  toLower: ([value]) => String(value).toLowerCase(),
  title: ([value]) => String(value).replace(/(^|\s)\S/g, (letter) => letter.toUpperCase()),
  printf: ([format, ...values]) => printf(String(format), values),
};
const tokenPattern = /\s*(?:("(?:[^"\\]|\\.)*"|`[^`]*`)|(\||\(|\))|([^\s|()"`]+))/y;

/**
 * A text of an alert in the part of Go's templates that Prometheus' rules use: `{{ $labels.service }}`, `{{ $value }}`, the functions humanize,
 * humanize1024, humanizePercentage, humanizeDuration, printf, toUpper, toLower and title, and `|` between them. Throws HW_ALERTS_TEMPLATE for
 * what it does not know, so that a mistake shows when the rule is made and not when it fires.
 */
export function compileTemplate(text: string): Template {
  const parts: (string | Expression)[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf('{{', at);
    if (open === -1) break;
    const close = text.indexOf('}}', open);
    if (close === -1) throw mistake(text, 'a "{{" has no "}}"');
    let inner = text.slice(open + 2, close);
    let before = text.slice(at, open);
    at = close + 2;
    if (inner.startsWith('-')) {
      inner = inner.slice(1);
      before = before.trimEnd();
    }
    if (inner.endsWith('-')) {
      inner = inner.slice(0, -1);
      while (/\s/.test(text[at] ?? '')) at++;
    }
    parts.push(before, compileAction(text, inner));
  }
  parts.push(text.slice(at));
  return (data) => parts.map((part) => (typeof part === 'string' ? part : String(part(data)))).join('');
}

function compileAction(text: string, inner: string): Expression {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < inner.trimEnd().length) {
    const match = tokenPattern.exec(inner);
    if (match === null) throw mistake(text, `"${inner.trim()}" is not understood`);
    tokens.push(match[1] ?? match[2] ?? match[3]!);
  }
  let index = 0;
  const operand = (): Expression => {
    const token = tokens[index++];
    if (token === undefined) throw mistake(text, `"${inner.trim()}" ends too early`);
    if (token === '(') {
      const inside = pipeline();
      if (tokens[index++] !== ')') throw mistake(text, `"${inner.trim()}" has no ")"`);
      return inside;
    }
    if (token === '$value' || token === '.Value') return ({ value }) => value ?? '';
    const label = /^(?:\$labels|\.Labels)\.([a-zA-Z_]\w*)$/.exec(token)?.[1];
    if (label !== undefined) return ({ labels }) => labels[label] ?? '';
    if (token.startsWith('`')) return () => token.slice(1, -1);
    if (token.startsWith('"')) {
      const unquoted = JSON.parse(token) as string;
      return () => unquoted;
    }
    if (/^-?\d+(\.\d+)?$/.test(token)) return () => Number(token);
    throw mistake(
      text,
      `"${token}" is not known: there are $labels.NAME, $value and the functions ${Object.keys(functions).join(', ')}`,
    );
  };
  const command = (piped: Expression | undefined): Expression => {
    const called = Object.hasOwn(functions, tokens[index] ?? '') ? functions[tokens[index++]!] : undefined;
    if (called === undefined) {
      if (piped !== undefined) throw mistake(text, `"${tokens[index] ?? ''}" is no function`);
      return operand();
    }
    const values: Expression[] = [];
    while (index < tokens.length && tokens[index] !== '|' && tokens[index] !== ')') values.push(operand());
    if (piped !== undefined) values.push(piped);
    if (values.length === 0) throw mistake(text, 'a function has nothing to work on');
    return (data) => called(values.map((value) => value(data)));
  };
  const pipeline = (): Expression => {
    let expression = command(undefined);
    while (tokens[index] === '|') {
      index++;
      expression = command(expression);
    }
    return expression;
  };
  const expression = pipeline();
  if (index < tokens.length) throw mistake(text, `"${tokens[index]}" is too much in "${inner.trim()}"`);
  return expression;
}

function mistake(text: string, why: string): AlertError {
  return new AlertError('HW_ALERTS_TEMPLATE', `the template "${text.slice(0, 80)}" is not understood: ${why}`);
}

/** Four significant digits, as Go's %.4g. */
function significant(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return String(Number(value.toPrecision(4)));
}

function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return significant(value);
  const prefixes =
    Math.abs(value) >= 1 ? ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'] : ['', 'm', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];
  const factor = Math.abs(value) >= 1 ? 1 / 1_000 : 1_000;
  let index = 0;
  let rest = value;
  while (index < prefixes.length - 1 && (factor < 1 ? Math.abs(rest) >= 1_000 : Math.abs(rest) < 1)) {
    rest *= factor;
    index++;
  }
  return significant(rest) + prefixes[index];
}

function humanize1024(value: number): string {
  const prefixes = ['', 'ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'];
  let index = 0;
  let rest = value;
  while (Math.abs(rest) >= 1_024 && index < prefixes.length - 1) {
    rest /= 1_024;
    index++;
  }
  return significant(rest) + prefixes[index];
}

function humanizeDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return String(seconds);
  if (Math.abs(seconds) < 1) return `${humanize(seconds)}s`;
  if (Math.abs(seconds) < 60) return `${significant(seconds)}s`;
  return formatDuration(Math.trunc(seconds) * 1_000);
}

function printf(format: string, values: Value[]): string {
  let index = 0;
  return format.replace(/%(?:%|\.?(\d*)([sdvfgq]))/g, (whole, digits: string | undefined, verb: string | undefined) => {
    if (verb === undefined) return whole === '%%' ? '%' : whole;
    const value = values[index++] ?? '';
    if (verb === 'q') return JSON.stringify(String(value));
    if (verb === 'd') return String(Math.trunc(Number(value)));
    if (verb === 'f')
      return Number(value).toFixed(Math.min(digits === '' || digits === undefined ? 6 : Number(digits), 20));
    if (verb === 'g')
      return digits
        ? String(Number(Number(value).toPrecision(Math.min(Math.max(Number(digits), 1), 17))))
        : String(Number(value));
    return String(value);
  });
}
