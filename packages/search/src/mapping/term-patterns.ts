import { illegalArgument } from '../errors.ts';
import type { Query } from '../search/query.ts';

/** A prefix query on the terms of a field. */
export function prefixTerms(field: string, prefix: string, isCaseIgnored: boolean): Query {
  if (isCaseIgnored) {
    const lower = prefix.toLowerCase();
    return multiTerm(field, '', (term) => term.toLowerCase().startsWith(lower), `${prefix}*`);
  }
  return multiTerm(field, prefix, null, `${prefix}*`);
}

/** `*` any run, `?` any character, `\` takes the next as it is. */
export function wildcardTerms(field: string, pattern: string, isCaseIgnored: boolean): Query {
  let source = '';
  let literal = '';
  let isLiteral = true;
  for (let i = 0; i < pattern.length; i++) {
    let character = pattern[i]!;
    if (character === '*' || character === '?') {
      isLiteral = false;
      source += character === '*' ? '[^]*' : '[^]';
      continue;
    }
    if (character === '\\' && i + 1 < pattern.length) character = pattern[++i]!;
    if (isLiteral) literal += character;
    source += escapeRegex(character);
  }
  const regex = new RegExp(`^${source}$`, isCaseIgnored ? 'iu' : 'u');
  return multiTerm(field, isCaseIgnored ? '' : literal, (term) => regex.test(term), pattern);
}

/** A regular expression of Lucene: anchored, `.` any character, `~`, `<1-5>`, `&` and `@` are not served. */
export function regexpTerms(field: string, pattern: string, isCaseIgnored: boolean): Query {
  let regex: RegExp;
  try {
    regex = new RegExp(`^(?:${toJavaScript(pattern)})$`, isCaseIgnored ? 'isu' : 'su');
  } catch {
    const isOpen = pattern.endsWith('[') || pattern.endsWith('(');
    throw illegalArgument(isOpen ? 'unexpected end-of-string' : `illegal regular expression: ${pattern}`);
  }
  const prefix = isCaseIgnored ? '' : literalPrefix(pattern);
  return multiTerm(field, prefix, (term) => regex.test(term), `/${pattern}/`);
}

/** What every match begins with. */
function literalPrefix(pattern: string): string {
  if (pattern.includes('|')) return '';
  const literal = /^[A-Za-z0-9 _]*/.exec(pattern)![0];
  // A quantifier takes the last character back.
  return /[?*{]/.test(pattern[literal.length] ?? '') ? literal.slice(0, -1) : literal;
}

function toJavaScript(pattern: string): string {
  let source = '';
  let isInClass = false;
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i]!;
    if (character === '\\' && i + 1 < pattern.length) {
      const next = pattern[++i]!;
      source += /[dDsSwW]/.test(next) || isInClass ? `\\${next}` : escapeRegex(next);
    } else if (character === '"' && !isInClass) {
      const end = pattern.indexOf('"', i + 1);
      if (end < 0) throw illegalArgument("expected '\"'");
      source += escapeRegex(pattern.slice(i + 1, end));
      i = end;
    } else if (
      (character === '~' || character === '&' || character === '<' || character === '@' || character === '#') &&
      !isInClass
    ) {
      if (character === '@') source += '.*';
      else if (character === '#') source += '(?!)';
      else throw illegalArgument(`operator [${character}] of regular expressions is not supported`);
    } else {
      if (character === '[') isInClass = true;
      if (character === ']') isInClass = false;
      source += character === '^' && !isInClass ? '\\^' : character === '$' ? '\\$' : character;
    }
  }
  return source;
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}

function multiTerm(field: string, prefix: string, accepts: ((term: string) => boolean) | null, text: string): Query {
  return { kind: 'multiTerm', field, prefix: Buffer.from(prefix), accepts, text };
}

/** Edits allowed by a fuzziness: a number, or AUTO by the length of the term. */
export function editsOf(fuzziness: string, term: string): number {
  const upper = fuzziness.toUpperCase();
  if (upper.startsWith('AUTO')) {
    const match = /^AUTO(?::(\d+),(\d+))?$/.exec(upper);
    if (match === null) throw illegalArgument(`failed to find low and high distance values`);
    const low = Number(match[1] ?? 3);
    const high = Number(match[2] ?? 6);
    const length = [...term].length;
    return length < low ? 0 : length < high ? 1 : 2;
  }
  const edits = Number(fuzziness);
  if (!Number.isFinite(edits)) throw illegalArgument(`Invalid fuzziness value: ${fuzziness}`);
  return Math.min(2, Math.max(0, Math.trunc(edits)));
}

/** Refuses a fuzziness that means nothing, when the query is read. */
export function checkFuzziness(fuzziness: string): string {
  editsOf(fuzziness, 'sample');
  return fuzziness;
}
