import { wordsOf } from './words.ts';

/** A tweet's text and where it stands in its topic. */
export interface Position {
  partition: number;
  offset: number;
}

/** How often a word was seen, and up to where: source partition → offset of the last tweet that was counted for it. */
export interface WordState {
  count: number;
  counted: Map<number, number>;
}

/** What one word's record holds after a change. */
export interface WordUpdate {
  word: string;
  count: number;
  counted: ReadonlyMap<number, number>;
}

/** Longer ones are no words (and would not fit into a record with their count). */
export const wordLengthMax = 10_000;

/**
 * The running counts, and the rule that keeps them exact.
 *
 * A word's count and the offsets that it was counted up to are written as one record. After a crash, tweets whose offsets were
 * not committed come again; each word then knows by itself whether it has counted them. So some words of a batch may have
 * reached the log and others not: every one goes on from where it stands.
 */
export class WordCounts {
  readonly #words = new Map<string, WordState>();
  #totalWords = 0;
  #version = 0;

  get distinctWords(): number {
    return this.#words.size;
  }

  get totalWords(): number {
    return this.#totalWords;
  }

  /** Changes with every change of a count. */
  get version(): number {
    return this.#version;
  }

  countOf(word: string): number {
    return this.#words.get(word)?.count ?? 0;
  }

  /** Takes back what was written before. A count only grows: an older record that follows a newer one is ignored. */
  restore({ word, count, counted }: WordUpdate): void {
    const state = this.#words.get(word);
    if (state !== undefined && state.count > count) return;
    this.#totalWords += count - (state?.count ?? 0);
    this.#words.set(word, { count, counted: new Map(counted) });
    this.#version += 1;
  }

  forget(word: string): void {
    this.#totalWords -= this.countOf(word);
    this.#words.delete(word);
    this.#version += 1;
  }

  /** Counts tweets, which must be in order within a partition; returns the words that changed, as they now stand. */
  add(tweets: Iterable<Position & { text: string }>): WordUpdate[] {
    const changed = new Map<string, WordState>();
    for (const { partition, offset, text } of tweets) {
      const here = new Map<string, number>();
      for (const word of wordsOf(text)) here.set(word, (here.get(word) ?? 0) + 1);
      for (const [word, times] of here) {
        if (word.length > wordLengthMax) continue;
        let state = this.#words.get(word);
        if (state === undefined) this.#words.set(word, (state = { count: 0, counted: new Map() }));
        if (offset <= (state.counted.get(partition) ?? -1)) continue;
        state.count += times;
        state.counted.set(partition, offset);
        this.#totalWords += times;
        changed.set(word, state);
      }
    }
    if (changed.size > 0) this.#version += 1;
    return [...changed].map(([word, { count, counted }]) => ({ word, count, counted }));
  }

  /** The words seen most, from `minLength` characters on; ties in alphabetical order. */
  top(limit: number, minLength = 1): { word: string; count: number }[] {
    const best: { word: string; count: number }[] = [];
    for (const [word, { count }] of this.#words) {
      if (word.length < minLength) continue;
      const last = best.at(-1);
      if (best.length === limit && last !== undefined && compare({ word, count }, last) > 0) continue;
      let at = best.length;
      while (at > 0 && compare({ word, count }, best[at - 1]!) < 0) at -= 1;
      best.splice(at, 0, { word, count });
      if (best.length > limit) best.pop();
    }
    return best;
  }
}

function compare(a: { word: string; count: number }, b: { word: string; count: number }): number {
  return b.count - a.count || (a.word < b.word ? -1 : a.word > b.word ? 1 : 0);
}
