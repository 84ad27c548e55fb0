import { porterStem } from './porter-stemmer.ts';
import type { TokenBuffer, TokenFilter } from './token-buffer.ts';

// Stop words of Lucene's EnglishAnalyzer (Apache-2.0).
export const englishStopWords: readonly string[] =
  'a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was will with'.split(
    ' ',
  );

/** Lower case by code point, as Java does: a final sigma is a sigma, `İ` is one `i`. */
export function lowercase(term: string): string {
  const lower = term.toLowerCase();
  if (lower === term) return term;
  if (lower.length === term.length && !term.includes('Σ')) return lower;
  let text = '';
  for (const character of term) {
    if (character === 'İ') text += 'i';
    else text += character.toLowerCase();
  }
  return text;
}

export const lowercaseFilter: TokenFilter = (tokens) => {
  for (let i = 0; i < tokens.count; i++) tokens.terms[i] = lowercase(tokens.terms[i]!);
};

export const uppercaseFilter: TokenFilter = (tokens) => {
  for (let i = 0; i < tokens.count; i++) tokens.terms[i] = tokens.terms[i]!.toUpperCase();
};

export const trimFilter: TokenFilter = (tokens) => {
  for (let i = 0; i < tokens.count; i++) tokens.terms[i] = tokens.terms[i]!.trim();
};

export function stopFilter(words: Iterable<string>, isCaseIgnored = false): TokenFilter {
  const stops = new Set(words);
  if (isCaseIgnored) {
    for (const word of [...stops]) stops.add(lowercase(word));
    return (tokens) => tokens.retain((term) => !stops.has(lowercase(term)));
  }
  return (tokens) => tokens.retain((term) => !stops.has(term));
}

/** Cuts an English `'s`. */
export const englishPossessiveFilter: TokenFilter = (tokens: TokenBuffer) => {
  for (let i = 0; i < tokens.count; i++) {
    const term = tokens.terms[i]!;
    const last = term.charCodeAt(term.length - 1);
    if (term.length < 2 || (last !== 0x73 && last !== 0x53)) continue;
    const mark = term.charCodeAt(term.length - 2);
    if (mark === 0x27 || mark === 0x2019 || mark === 0xff07) tokens.terms[i] = term.slice(0, -2);
  }
};

export const porterStemFilter: TokenFilter = (tokens) => {
  for (let i = 0; i < tokens.count; i++) tokens.terms[i] = porterStem(tokens.terms[i]!);
};
