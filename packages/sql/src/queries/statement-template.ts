import type { Long } from '../values/long.ts';
import { longOf } from '../values/long.ts';

/** A literal of a statement, and where it begins. */
export interface TemplateLiteral {
  readonly startIndex: number;
  readonly kind: 'string' | 'integer' | 'long' | 'other';
  readonly text: string;
  /** Of kinds other than `other`. */
  readonly value: string | Long | null;
}

/** A statement without the values in it: what is alike in statements that differ in their literals only. */
export interface StatementTemplate {
  /** The text with a mark of its kind in place of each literal. */
  readonly key: string;
  readonly literals: readonly TemplateLiteral[];
}

const lengthMax = 10_000;
const literalsMax = 200;
const numberPattern = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const plainInteger = /^\d{1,19}$/;

/** Null for texts that are long, or have comments or variables in them: they are read each time. */
export function statementTemplate(text: string): StatementTemplate | null {
  if (text.length > lengthMax) return null;
  const literals: TemplateLiteral[] = [];
  let key = '';
  let copied = 0;
  let at = 0;
  const take = (end: number, literal: TemplateLiteral) => {
    key += `${text.slice(copied, at)}\u0000${literal.kind}\u0000`;
    literals.push(literal);
    at = end;
    copied = end;
  };
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (isNamePart(code) && !isDigit(code)) {
      do at++;
      while (at < text.length && isNamePart(text.charCodeAt(at)));
    } else if (code === 39) {
      const end = endOfQuoted(text, at);
      if (end < 0) return null;
      const value = text.slice(at + 1, end - 1).replaceAll("''", "'");
      // A variable may stand in a string.
      if (value.includes('$')) return null;
      take(end, { startIndex: at, kind: 'string', text: text.slice(at, end), value });
    } else if (isDigit(code) || (code === 46 && isDigit(text.charCodeAt(at + 1)))) {
      numberPattern.lastIndex = at;
      const number = numberPattern.exec(text)![0];
      const end = at + number.length;
      // What goes on as a name is one.
      if (end < text.length && isNamePart(text.charCodeAt(end))) return null;
      take(end, numberLiteral(at, number));
    } else if (code === 34 || code === 96) {
      const end = endOfQuoted(text, at);
      if (end < 0) return null;
      at = end;
    } else if (code === 36 || code === 0 || isCommentAt(text, at, code)) {
      return null;
    } else {
      at++;
    }
    if (literals.length > literalsMax) return null;
  }
  return { key: key + text.slice(copied), literals };
}

function numberLiteral(startIndex: number, text: string): TemplateLiteral {
  if (!plainInteger.test(text)) return { startIndex, kind: 'other', text, value: null };
  const value = longOf(BigInt(text));
  const kind = typeof value === 'number' && value <= 2_147_483_647 ? 'integer' : 'long';
  // Beyond 64 bits.
  if (kind === 'long' && String(value) !== text) return { startIndex, kind: 'other', text, value: null };
  return { startIndex, kind, text, value };
}

function isCommentAt(text: string, at: number, code: number): boolean {
  const next = text.charCodeAt(at + 1);
  return (code === 45 && next === 45) || (code === 47 && next === 42);
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isNamePart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code === 64 || isDigit(code);
}

/** Index behind the closing quote, -1 where there is none; a doubled quote does not close. */
function endOfQuoted(text: string, start: number): number {
  const quote = text[start]!;
  let close = text.indexOf(quote, start + 1);
  while (close !== -1 && text[close + 1] === quote) close = text.indexOf(quote, close + 2);
  return close === -1 ? -1 : close + 1;
}
