import type { SourcePosition } from '../source-range.ts';
import type { Token, TokenKind, Trivia } from './token.ts';

const isSpace = (code: number) => code === 32 || code === 10 || code === 13 || code === 9;
const isDigit = (code: number) => code >= 48 && code <= 57;
const isLetter = (code: number) => (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
const isNamePart = (code: number) => isLetter(code) || isDigit(code) || code === 64;

const pairs = new Set(['<>', '!=', '<=', '>=', '||', ':=', '->', '=>']);
const singles = new Set('=<>+-*/%,.;()[]');
const variablePattern = /\$\{([A-Za-z_][A-Za-z0-9_@]*)\}/y;

/** Where a text stands in a greater one; what is found in it is placed there. */
const beginning: SourcePosition = { line: 1, column: 0, index: 0 };

/**
 * The tokens of a text, the last one of kind `end`. Nothing is thrown: what is no token becomes `unknown` or `unclosed`, for the parser to
 * tell of in its place. Time and memory are linear in the length of the text.
 *
 * @param origin the place of the text's first character. Default: line 1, column 0
 * @param onTrivia is told of spaces and comments
 */
export function tokenize(
  text: string,
  origin: SourcePosition = beginning,
  onTrivia?: (trivia: Trivia) => void,
): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = origin.line;
  /** Index of the line's first character; negative where the origin is in the midst of a line. */
  let lineStart = -origin.column;
  const placeOf = (index: number): SourcePosition => ({
    line,
    column: index - lineStart,
    index: origin.index + index,
  });
  const countLines = (from: number, to: number) => {
    for (let index = from; index < to; index++) {
      if (text.charCodeAt(index) !== 10) continue;
      line++;
      lineStart = index + 1;
    }
  };
  const push = (kind: TokenKind, end: number, value?: string) => {
    const start = placeOf(at);
    const written = text.slice(at, end);
    if (kind === 'string' || kind === 'quoted' || kind === 'unclosed') countLines(at, end);
    tokens.push({ kind, text: written, value: value ?? written, start, end: placeOf(end) });
    at = end;
  };
  const skip = (kind: Trivia['kind'], end: number) => {
    onTrivia?.({ kind, startIndex: origin.index + at, endIndex: origin.index + end });
    countLines(at, end);
    at = end;
  };

  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (isSpace(code)) {
      let end = at + 1;
      while (end < text.length && isSpace(text.charCodeAt(end))) end++;
      skip('space', end);
    } else if (code === 45 && text.charCodeAt(at + 1) === 45) {
      const newline = text.indexOf('\n', at);
      skip('comment', newline === -1 ? text.length : newline);
    } else if (code === 47 && text.charCodeAt(at + 1) === 42) {
      const close = text.indexOf('*/', at + 2);
      if (close === -1) push('unclosed', text.length);
      else skip('comment', close + 2);
    } else if (isLetter(code)) {
      let end = at + 1;
      while (end < text.length && isNamePart(text.charCodeAt(end))) end++;
      push('word', end, text.slice(at, end).toUpperCase());
    } else if (isDigit(code) || (code === 46 && isDigit(text.charCodeAt(at + 1)))) {
      const { kind, end } = numberAt(text, at);
      push(kind, end);
    } else if (code === 39 || code === 34 || code === 96) {
      const quote = text[at]!;
      const end = endOfQuoted(text, at, quote);
      if (end === -1) push('unclosed', text.length);
      else push(code === 39 ? 'string' : 'quoted', end, text.slice(at + 1, end - 1).replaceAll(quote + quote, quote));
    } else if (code === 36) {
      variablePattern.lastIndex = at;
      const name = variablePattern.exec(text)?.[1];
      if (name === undefined) push('unknown', at + 1);
      else push('variable', variablePattern.lastIndex, name);
    } else if (pairs.has(text.slice(at, at + 2))) {
      push('symbol', at + 2);
    } else if (singles.has(text[at]!)) {
      push('symbol', at + 1);
    } else {
      push('unknown', at + (text.codePointAt(at)! > 0xffff ? 2 : 1));
    }
  }
  push('end', at);
  return tokens;
}

/** Index behind the closing quote, -1 where there is none; a doubled quote does not close. */
function endOfQuoted(text: string, start: number, quote: string): number {
  let close = text.indexOf(quote, start + 1);
  while (close !== -1 && text[close + 1] === quote) close = text.indexOf(quote, close + 2);
  return close === -1 ? -1 : close + 1;
}

const numberPattern = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const digitsPattern = /\d[A-Za-z0-9_@]+/y;

/** The longest of what a digit can begin, as generated lexers choose. */
function numberAt(text: string, at: number): { kind: TokenKind; end: number } {
  numberPattern.lastIndex = at;
  const number = numberPattern.exec(text)![0];
  digitsPattern.lastIndex = at;
  const name = digitsPattern.exec(text)?.[0] ?? '';
  if (name.length > number.length) return { kind: 'digits', end: at + name.length };
  const kind = /[eE]/.test(number) ? 'float' : number.includes('.') ? 'decimal' : 'integer';
  return { kind, end: at + number.length };
}
