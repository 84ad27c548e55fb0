import { MetricsError } from '../metrics-error.ts';

export interface Token {
  type: 'name' | 'number' | 'duration' | 'text' | 'operator' | 'end';
  /** As it stands; of a text what it means. */
  text: string;
  from: number;
  to: number;
}

const namePattern = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const plainNamePattern = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const durationPattern = /(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m(?!s))?(?:\d+s)?(?:\d+ms)?(?![a-zA-Z0-9_])/y;
const numberPattern = /0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const operatorPattern = /=~|!~|==|!=|<=|>=|[-+*/%^=<>(){}[\],@:]/y;

/** A query's tokens, the last one of type `end`. @throws HW_METRICS_PARSE */
export function tokenize(query: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let brackets = 0;
  let braces = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(query)?.[0];
    return found === '' ? undefined : found;
  };
  const add = (type: Token['type'], length: number, text = query.slice(at, at + length)): void => {
    tokens.push({ type, text, from: at, to: at + length });
    at += length;
  };
  while (at < query.length) {
    const char = query[at]!;
    if (/\s/.test(char)) at += 1;
    else if (char === '#') {
      const end = query.indexOf('\n', at);
      at = end === -1 ? query.length : end + 1;
    } else if (char === '"' || char === "'" || char === '`') {
      const { length, text } = readText(query, at);
      add('text', length, text);
    } else if (/[0-9]/.test(char) || (char === '.' && /[0-9]/.test(query[at + 1] ?? ''))) {
      const duration = match(durationPattern);
      if (duration !== undefined) add('duration', duration.length);
      else {
        const number = match(numberPattern)!;
        if (/[a-zA-Z0-9_]/.test(query[at + number.length] ?? '')) {
          const bad = /[a-zA-Z0-9_.]+/.exec(query.slice(at))![0];
          throw parseError(query, at, `bad number or duration syntax: "${bad.slice(0, 60)}"`);
        }
        add('number', number.length);
      }
    } else if (/[a-zA-Z_]/.test(char) || (char === ':' && brackets === 0)) {
      const name = match(brackets > 0 || braces > 0 ? plainNamePattern : namePattern);
      if (name === undefined) throw parseError(query, at, `unexpected character: ${JSON.stringify(char)}`);
      add('name', name.length);
    } else {
      const operator = match(operatorPattern);
      if (operator === undefined) throw parseError(query, at, `unexpected character: '${char}'`);
      if (operator === '[') brackets += 1;
      else if (operator === ']') brackets = Math.max(0, brackets - 1);
      else if (operator === '{') braces += 1;
      else if (operator === '}') braces = Math.max(0, braces - 1);
      add('operator', operator.length);
    }
  }
  tokens.push({ type: 'end', text: '', from: at, to: at });
  return tokens;
}

/** In Prometheus' words: `1:7: parse error: …`, line and column from 1. */
export function parseError(query: string, at: number, message: string): MetricsError {
  const before = query.slice(0, at).split('\n');
  return new MetricsError('HW_METRICS_PARSE', `${before.length}:${before.at(-1)!.length + 1}: parse error: ${message}`);
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** A text as Go's literals have it. */
function readText(query: string, from: number): { text: string; length: number } {
  const quote = query[from]!;
  let text = '';
  for (let i = from + 1; i < query.length; i++) {
    const char = query[i]!;
    if (char === quote) return { text, length: i + 1 - from };
    if (quote === '`') text += char;
    else if (char === '\n') break;
    else if (char !== '\\') text += char;
    else {
      const sequence = /^(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)/.exec(
        query.slice(i + 1, i + 10),
      )?.[0];
      if (sequence === undefined) break;
      if (sequence.length === 1) {
        const meant = escapes[sequence];
        if (meant === undefined || (sequence !== quote && (sequence === "'" || sequence === '"')))
          throw parseError(
            query,
            i,
            `unknown escape sequence U+${sequence.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')} '${sequence}'`,
          );
        text += meant;
      } else {
        const isOctal = /^[0-7]{3}$/.test(sequence);
        const code = isOctal ? Number.parseInt(sequence, 8) : Number.parseInt(sequence.slice(1), 16);
        if (code > 0x10ffff) throw parseError(query, i, 'escape is invalid Unicode code point');
        text += String.fromCodePoint(code);
      }
      i += sequence.length;
    }
  }
  throw parseError(query, from, quote === '`' ? 'unterminated raw string' : 'unterminated quoted string');
}
