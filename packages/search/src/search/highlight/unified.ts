import { type Breaks, breakAfter, breakBefore, sentenceBreaks, wordBreaks } from './text-breaks.ts';

/** A place to highlight in the whole content. */
export interface Match {
  start: number;
  end: number;
  term: string;
}

interface Passage {
  start: number;
  end: number;
  matches: Match[];
  score: number;
}

export interface UnifiedOptions {
  /** 0: whole values. */
  numberOfFragments: number;
  fragmentSize: number;
  isScoreOrdered: boolean;
  isByWords: boolean;
  noMatchSize: number;
}

/** Stands between the values of a field with several. */
export const valueSeparator = '\u2029';

/**
 * Lucene's unified highlighter: the text is cut at sentences (no longer than the fragment size), the best passages are kept.
 * Passages are ranked by BM25, as if each were a document of its own.
 */
export function unifiedSnippets(
  content: string,
  matches: readonly Match[],
  options: UnifiedOptions,
  format: (start: number, end: number, matches: readonly Match[]) => string,
): string[] {
  if (matches.length === 0) return noMatch(content, options, format);
  const cutter = new Cutter(content, options);
  const freqs = new Map<string, number>();
  for (const { term } of matches) freqs.set(term, (freqs.get(term) ?? 0) + 1);
  const passages: Passage[] = [];
  let current: Passage | null = null;
  for (const match of matches) {
    if (current === null || match.start >= current.end) {
      const start = Math.max(0, cutter.preceding(match.start + 1));
      current = { start, end: Math.min(cutter.following(), content.length), matches: [], score: 0 };
      passages.push(current);
    }
    current.matches.push(match);
  }
  for (const passage of passages) passage.score = score(passage, content.length, freqs);
  const limit = options.numberOfFragments === 0 ? Number.POSITIVE_INFINITY : options.numberOfFragments;
  const best = [...passages].sort((a, b) => b.score - a.score || a.start - b.start).slice(0, limit);
  if (!options.isScoreOrdered) best.sort((a, b) => a.start - b.start);
  return best.map((passage) => format(passage.start, passage.end, passage.matches));
}

function noMatch(
  content: string,
  options: UnifiedOptions,
  format: (start: number, end: number, matches: readonly Match[]) => string,
): string[] {
  if (options.noMatchSize <= 0) return [];
  let start = 0;
  while (content[start] === valueSeparator) start++;
  if (start >= content.length) return [];
  let end = content.indexOf(valueSeparator, start);
  if (end < 0) end = content.length;
  if (start + options.noMatchSize < end) {
    const found = breakAfter(wordBreaks(content), start + options.noMatchSize);
    end = found < 0 ? content.length : found;
  }
  return [format(start, end, [])];
}

const k1 = 1.2;
const b = 0.75;
const pivot = 87;

function score(passage: Passage, contentLength: number, freqs: ReadonlyMap<string, number>): number {
  const inPassage = new Map<string, number>();
  for (const { term } of passage.matches) inPassage.set(term, (inPassage.get(term) ?? 0) + 1);
  const length = passage.end - passage.start;
  let sum = 0;
  for (const [term, freq] of inPassage) {
    const norm = k1 * (1 - b + b * (length / pivot));
    const documents = 1 + contentLength / pivot;
    const total = freqs.get(term)!;
    const weight = (k1 + 1) * Math.log(1 + (documents + 0.5) / (total + 0.5));
    sum += (freq / (freq + norm)) * weight;
  }
  return Math.fround(sum * (1 + 1 / Math.log(pivot + passage.start)));
}

/** Finds the passage around an offset: sentences up to the fragment size, words where a sentence is longer. */
class Cutter {
  readonly #content: string;
  readonly #options: UnifiedOptions;
  /** The value that the current passage lies in. */
  #valueStart = 0;
  #valueEnd = -1;
  #main: Breaks = new Int32Array();
  #words: Breaks | null = null;
  #windowStart = -1;
  #windowEnd = -1;
  #innerStart = -1;
  #innerEnd = 0;

  constructor(content: string, options: UnifiedOptions) {
    this.#content = content;
    this.#options = options;
  }

  #enter(offset: number): void {
    if (offset >= this.#valueStart && offset < this.#valueEnd) return;
    const content = this.#content;
    const at = Math.min(offset, content.length - 1);
    this.#valueStart = content.lastIndexOf(valueSeparator, at === 0 ? 0 : at - 1) + 1;
    if (at === 0) this.#valueStart = 0;
    const end = content.indexOf(valueSeparator, at);
    this.#valueEnd = end < 0 ? content.length : end + 1;
    const value = content.slice(this.#valueStart, this.#valueEnd);
    const { numberOfFragments, isByWords } = this.#options;
    if (numberOfFragments === 0) this.#main = Int32Array.from([0, value.length]);
    else this.#main = isByWords ? wordBreaks(value) : sentenceBreaks(value);
    this.#words = null;
    this.#windowStart = this.#windowEnd = -1;
  }

  preceding(offset: number): number {
    this.#enter(offset - 1);
    const base = this.#valueStart;
    const local = offset - base;
    const main = this.#main;
    const { fragmentSize, numberOfFragments, isByWords } = this.#options;
    const isBounded = numberOfFragments > 0 && !isByWords && fragmentSize > 0;
    if (!isBounded) {
      this.#innerStart = breakBefore(main, local);
      const end = breakAfter(main, local - 1);
      this.#innerEnd = end < 0 ? this.#valueEnd - base : end;
      return base + this.#innerStart;
    }
    if (local > this.#windowStart && local < this.#windowEnd) {
      this.#innerStart = this.#innerEnd;
      this.#innerEnd = this.#windowEnd;
    } else {
      this.#windowStart = this.#innerStart = breakBefore(main, local);
      const end = breakAfter(main, local - 1);
      this.#windowEnd = this.#innerEnd = end < 0 ? this.#valueEnd - base : end;
      // More sentences as long as they fit.
      while (this.#innerEnd - this.#innerStart < fragmentSize) {
        const next = breakAfter(main, this.#innerEnd);
        if (next < 0 || next - this.#innerStart > fragmentSize) break;
        this.#windowEnd = this.#innerEnd = next;
      }
    }
    if (this.#innerEnd - this.#innerStart > fragmentSize) {
      this.#words ??= wordBreaks(this.#content.slice(base, this.#valueEnd));
      if (local - fragmentSize > this.#innerStart) {
        this.#innerStart = Math.max(this.#innerStart, breakBefore(this.#words, local - fragmentSize));
      }
      const remaining = Math.max(0, fragmentSize - (local - this.#innerStart));
      if (local + remaining < this.#windowEnd) {
        const end = breakAfter(this.#words, local + remaining);
        this.#innerEnd = Math.min(this.#windowEnd, end < 0 ? this.#windowEnd : end);
      }
    }
    return base + this.#innerStart;
  }

  /** The end of the passage that `preceding` has found. */
  following(): number {
    return this.#valueStart + this.#innerEnd;
  }
}
