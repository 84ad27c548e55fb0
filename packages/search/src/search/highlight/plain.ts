import type { TokenBuffer } from '../../analysis/token-buffer.ts';

export interface PlainOptions {
  numberOfFragments: number;
  fragmentSize: number;
  isScoreOrdered: boolean;
  /** `simple` cuts every so many characters; `span` does not leave a short rest. */
  isSimple: boolean;
}

interface Fragment {
  text: string;
  score: number;
  number: number;
}

/** Lucene's older highlighter: fragments of about the wanted size, cut between tokens. */
export function plainFragments(
  text: string,
  tokens: TokenBuffer,
  marked: readonly boolean[],
  options: PlainOptions,
  mark: (text: string) => string,
  encode: (text: string) => string,
): Fragment[] {
  const fragments: Fragment[] = [];
  let current: Fragment = { text: '', score: 0, number: 0 };
  let found = new Set<string>();
  let lastEnd = 0;
  let count = 1;
  for (let i = 0; i < tokens.count; i++) {
    const start = tokens.starts[i]!;
    const end = tokens.ends[i]!;
    if (start < lastEnd) continue;
    const isNew =
      i > 0 &&
      options.numberOfFragments > 0 &&
      end >= options.fragmentSize * count &&
      (options.isSimple || text.length - end >= options.fragmentSize >>> 1);
    if (isNew) {
      count++;
      fragments.push(current);
      current = { text: '', score: 0, number: fragments.length };
      found = new Set();
    }
    if (start > lastEnd) current.text += encode(text.slice(lastEnd, start));
    const word = text.slice(start, end);
    if (marked[i]) {
      current.text += mark(encode(word));
      if (!found.has(tokens.terms[i]!)) current.score++;
      found.add(tokens.terms[i]!);
    } else current.text += encode(word);
    lastEnd = end;
  }
  if (lastEnd < text.length) current.text += encode(text.slice(lastEnd));
  fragments.push(current);
  return fragments;
}

/** The best fragments of each value, best first; of all values in that order unless they are wanted by score. */
export function bestFragments(values: readonly (readonly Fragment[])[], options: PlainOptions): string[] {
  const limit = options.numberOfFragments === 0 ? Number.POSITIVE_INFINITY : options.numberOfFragments;
  const best = values.flatMap((fragments) =>
    fragments
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score || a.number - b.number)
      .slice(0, limit),
  );
  if (options.isScoreOrdered) best.sort((a, b) => b.score - a.score);
  return best.slice(0, limit).map(({ text }) => text);
}
