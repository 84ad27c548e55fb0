import { EsError } from '../errors.ts';

export type TokenKind =
  | 'AND'
  | 'OR'
  | 'NOT'
  | 'PLUS'
  | 'MINUS'
  | 'BAREOPER'
  | 'LPAREN'
  | 'RPAREN'
  | 'COLON'
  | 'STAR'
  | 'CARAT'
  | 'NUMBER'
  | 'QUOTED'
  | 'TERM'
  | 'FUZZY_SLOP'
  | 'PREFIXTERM'
  | 'WILDTERM'
  | 'REGEXPTERM'
  | 'RANGE'
  | 'EOF';

export interface Token {
  kind: TokenKind;
  image: string;
  /** Column in the query, from 0. */
  column: number;
  range?: RangeToken;
}

export interface RangeToken {
  lower: string;
  upper: string;
  includeLower: boolean;
  includeUpper: boolean;
  isLowerQuoted: boolean;
  isUpperQuoted: boolean;
}

const white = new Set([' ', '\t', '\n', '\r', '\u3000']);
const special = new Set([...'+-!():^[]"{}~*?\\/']);

/** A mistake in a query string. */
export class QueryStringError extends EsError {
  constructor(reason: string, cause?: EsError) {
    super(400, 'parse_exception', reason, {}, cause, true);
  }
}

export function queryStringError(query: string, text: string): QueryStringError {
  return new QueryStringError(`Cannot parse '${query}': ${text}`, new QueryStringError(text));
}

/** Cuts a query string into the tokens of Lucene's classic grammar. */
export function lex(query: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const isTermStart = (i: number): boolean =>
    i < query.length && (query[i] === '\\' ? i + 1 < query.length : !white.has(query[i]!) && !special.has(query[i]!));
  const isTermChar = (i: number): boolean => isTermStart(i) || query[i] === '-' || query[i] === '+';
  while (at < query.length) {
    const character = query[at]!;
    const column = at;
    const push = (kind: TokenKind, length: number): void => {
      tokens.push({ kind, image: query.slice(at, at + length), column });
      at += length;
    };
    if (white.has(character)) {
      at++;
      continue;
    }
    if (tokens.at(-1)?.kind === 'CARAT') {
      const number = /^[0-9]+(\.[0-9]+)?/.exec(query.slice(at));
      if (number === null) throw queryStringError(query, lexicalError(query, at, 0));
      push('NUMBER', number[0].length);
      continue;
    }
    if (query.startsWith('&&', at)) push('AND', 2);
    else if (query.startsWith('||', at)) push('OR', 2);
    else if (character === '+' || character === '-' || character === '!') {
      if (at + 1 < query.length && white.has(query[at + 1]!)) push('BAREOPER', 2);
      else push(character === '+' ? 'PLUS' : character === '-' ? 'MINUS' : 'NOT', 1);
    } else if (character === '(') push('LPAREN', 1);
    else if (character === ')') push('RPAREN', 1);
    else if (character === ':') push('COLON', 1);
    else if (character === '^') push('CARAT', 1);
    else if (character === '"') {
      let end = at + 1;
      while (end < query.length && query[end] !== '"') end += query[end] === '\\' ? 2 : 1;
      if (end >= query.length) throw queryStringError(query, lexicalError(query, query.length, 2, query.slice(at)));
      push('QUOTED', end + 1 - at);
    } else if (character === '/') {
      let end = at + 1;
      while (end < query.length && query[end] !== '/') end += query[end] === '\\' ? 2 : 1;
      if (end >= query.length) throw queryStringError(query, lexicalError(query, query.length, 2, query.slice(at)));
      push('REGEXPTERM', end + 1 - at);
    } else if (character === '~') {
      let end = at + 1;
      while (end < query.length && isTermChar(end)) end++;
      push('FUZZY_SLOP', end - at);
    } else if (character === '[' || character === '{') at = range(query, at, tokens);
    else if (isTermStart(at) || character === '*' || character === '?') {
      let end = at;
      let firstWild = -1;
      while (end < query.length) {
        if (query[end] === '*' || query[end] === '?') {
          if (firstWild < 0) firstWild = end;
          end++;
        } else if (end === at ? isTermStart(end) : isTermChar(end)) end += query[end] === '\\' ? 2 : 1;
        else break;
      }
      const image = query.slice(at, end);
      if (image === '*') push('STAR', 1);
      else if (firstWild < 0)
        push(image === 'AND' ? 'AND' : image === 'OR' ? 'OR' : image === 'NOT' ? 'NOT' : 'TERM', end - at);
      else if (firstWild === end - 1 && image.endsWith('*') && firstWild > at) push('PREFIXTERM', end - at);
      else push('WILDTERM', end - at);
    } else throw queryStringError(query, lexicalError(query, at, 2));
  }
  tokens.push({ kind: 'EOF', image: '<EOF>', column: query.length });
  return tokens;
}

function lexicalError(query: string, at: number, state: number, after = ''): string {
  const found = at >= query.length ? '<EOF>' : `"${query[at]}" (${query.charCodeAt(at)})`;
  return `Lexical error at line 1, column ${at + 1}.  Encountered: ${found} after prefix "${after}" (in lexical state ${state})`;
}

/** `[a TO b}`: each end may be quoted, and belongs to the range when its bracket is square. */
function range(query: string, start: number, tokens: Token[]): number {
  let at = start + 1;
  const parts: { text: string; isQuoted: boolean }[] = [];
  for (;;) {
    while (at < query.length && white.has(query[at]!)) at++;
    if (at >= query.length) throw queryStringError(query, `Encountered "<EOF>" at line 1, column ${query.length}.`);
    const character = query[at]!;
    if (character === ']' || character === '}') break;
    if (character === '"') {
      let end = at + 1;
      while (end < query.length && query[end] !== '"') end += query[end] === '\\' ? 2 : 1;
      if (end >= query.length) throw queryStringError(query, lexicalError(query, query.length, 1, query.slice(at)));
      parts.push({ text: query.slice(at + 1, end), isQuoted: true });
      at = end + 1;
    } else {
      let end = at;
      while (end < query.length && query[end] !== ' ' && query[end] !== ']' && query[end] !== '}') end++;
      parts.push({ text: query.slice(at, end), isQuoted: false });
      at = end;
    }
  }
  const [lower, to, upper] = parts;
  const isWhole = parts.length === 3 && to!.text === 'TO' && !to!.isQuoted;
  if (!isWhole && parts.length !== 2)
    throw queryStringError(query, `Encountered " "${query[at]}" "" at line 1, column ${at}.`);
  const high = isWhole ? upper! : to!;
  tokens.push({
    kind: 'RANGE',
    image: query.slice(start, at + 1),
    column: start,
    range: {
      lower: lower!.text,
      upper: high.text,
      includeLower: query[start] === '[',
      includeUpper: query[at] === ']',
      isLowerQuoted: lower!.isQuoted,
      isUpperQuoted: high.isQuoted,
    },
  });
  return at + 1;
}

/** Takes the backslashes away: `a\:b` is `a:b`. */
export function unescapeQuery(text: string): string {
  let result = '';
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\' && i + 1 < text.length) {
      i++;
      if (text[i] === 'u' && /^[0-9a-fA-F]{4}$/.test(text.slice(i + 1, i + 5))) {
        result += String.fromCharCode(Number.parseInt(text.slice(i + 1, i + 5), 16));
        i += 4;
        continue;
      }
    }
    result += text[i];
  }
  return result;
}
