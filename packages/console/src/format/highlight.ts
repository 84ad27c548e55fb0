export interface Segment {
  text: string;
  isHit: boolean;
}

/** Delimiters asked of the store: characters that no text has, so that a text's own `<em>` stays text. */
export const markStart = '\ue000';
export const markEnd = '\ue001';

/** A fragment with the store's marks in segments; never as HTML. */
export function splitMarks(text: string, start = markStart, end = markEnd): Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf(start, at);
    if (open === -1) break;
    const close = text.indexOf(end, open + start.length);
    if (close === -1) break;
    if (open > at) segments.push({ text: text.slice(at, open), isHit: false });
    segments.push({ text: text.slice(open + start.length, close), isHit: true });
    at = close + end.length;
  }
  if (at < text.length) segments.push({ text: text.slice(at), isHit: false });
  return segments;
}

/** Whole words of `text` that are among `terms`, whatever their case. */
export function markTerms(text: string, terms: readonly string[]): Segment[] {
  if (terms.length === 0) return text === '' ? [] : [{ text, isHit: false }];
  const wanted = new Set(terms.map((term) => term.toLowerCase()));
  const segments: Segment[] = [];
  for (const [word] of text.matchAll(/[\p{L}\p{N}]+|[^\p{L}\p{N}]+/gu)) {
    const isHit = wanted.has(word.toLowerCase());
    const last = segments.at(-1);
    if (last && !isHit && !last.isHit) last.text += word;
    else segments.push({ text: word, isHit });
  }
  return segments;
}

/** The words of a query that are worth marking: of `lang:en kafka -java "big data"` these are `kafka`, `big` and `data`. */
export function queryTerms(query: string): string[] {
  const words: string[] = [];
  for (const part of query.match(/-?(?:[\w.]+:)?"[^"]*"|\S+/g) ?? []) {
    if (part.startsWith('-') || part.startsWith('!')) continue;
    if (part === 'AND' || part === 'OR' || part === 'NOT') continue;
    const text = part.replace(/^[\w.]+:/, '');
    words.push(...(text.match(/[\p{L}\p{N}]+/gu) ?? []));
  }
  return words;
}
