/** A row of a windowed count: how often a word was tweeted in the window that began then. */
export interface WindowCount {
  word: string;
  startMs: number;
  count: number;
}

export interface TrendWord {
  word: string;
  count: number;
  /** In the window before. */
  before: number;
  /** Counts of the last windows, the oldest first; the last is `count`. */
  history: readonly number[];
}

export interface Trend {
  /** The window that is told about; null: nothing was counted. */
  startMs: number | null;
  /** It is the one that still goes on: no full one is there yet. */
  isSoFar: boolean;
  words: readonly TrendWord[];
}

export const historyWindows = 15;

/** Shorter ones are `the` and `a`: the same in every window. */
export const minLength = 4;

/**
 * The words that were said most in the last full window, with the window before it beside; where there is no full one yet, of the one that goes on, and
 * then nothing is compared.
 */
export function trendOf(rows: readonly WindowCount[], windowMs: number, nowMs: number, wordsMax = 8): Trend {
  const currentMs = Math.floor(nowMs / windowMs) * windowMs;
  const hasFull = rows.some(({ startMs }) => startMs === currentMs - windowMs);
  const startMs = hasFull ? currentMs - windowMs : currentMs;
  const byWord = new Map<string, number[]>();
  for (const row of rows) {
    const index = historyWindows - 1 - Math.round((startMs - row.startMs) / windowMs);
    if (index < 0 || index >= historyWindows || [...row.word].length < minLength) continue;
    let counts = byWord.get(row.word);
    if (counts === undefined) byWord.set(row.word, (counts = new Array<number>(historyWindows).fill(0)));
    counts[index] = (counts[index] ?? 0) + row.count;
  }
  const words = [...byWord]
    .map(([word, history]) => ({ word, history, count: history.at(-1)!, before: history.at(-2)! }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1))
    .slice(0, wordsMax);
  return { startMs: words.length === 0 ? null : startMs, isSoFar: !hasFull, words };
}

/** Against the window before, as one reads it: `+12`, `−3`, `new`, `same`. */
export function changeOf({ before, count }: Pick<TrendWord, 'before' | 'count'>): {
  text: string;
  direction: 'up' | 'down' | 'same';
} {
  if (before === 0) return { text: 'new', direction: 'up' };
  if (count === before) return { text: 'same', direction: 'same' };
  return count > before
    ? { text: `+${count - before}`, direction: 'up' }
    : { text: `−${before - count}`, direction: 'down' };
}
