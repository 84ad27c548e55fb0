import type { View } from '../engine/view.ts';

export interface FieldStatistics {
  docCount: number;
  sumTotalTermFreq: number;
}

/** Counts that scores are made of, over one view or (for `dfs_query_then_fetch`) several. */
export class Statistics {
  readonly #views: readonly View[];
  readonly #fields = new Map<string, FieldStatistics>();

  constructor(views: readonly View[]) {
    this.#views = views;
  }

  field(path: string): FieldStatistics {
    let found = this.#fields.get(path);
    if (found === undefined) {
      found = { docCount: 0, sumTotalTermFreq: 0 };
      for (const view of this.#views) {
        for (const { segment } of view.entries) {
          const field = segment.terms(path);
          if (field === undefined) continue;
          found.docCount += field.docCount;
          found.sumTotalTermFreq += field.sumTotalTermFreq;
        }
      }
      this.#fields.set(path, found);
    }
    return found;
  }

  docFreq(path: string, term: Buffer): number {
    let count = 0;
    for (const view of this.#views) {
      for (const { segment } of view.entries) {
        const field = segment.terms(path);
        const ordinal = field?.dictionary.find(term) ?? -1;
        if (ordinal >= 0) count += field!.docFreqs[ordinal]!;
      }
    }
    return count;
  }

  /** Every term of a field that `accepts`, with its document frequency, in the order of bytes. */
  terms(path: string, prefix: Buffer, accepts: (term: Buffer) => boolean, countMax: number): Map<string, number> {
    const found = new Map<string, number>();
    for (const view of this.#views) {
      for (const { segment } of view.entries) {
        const field = segment.terms(path);
        if (field === undefined) continue;
        const [from, to] = field.dictionary.prefixRange(prefix);
        let taken = 0;
        for (let ordinal = from; ordinal < to && taken < countMax; ordinal++) {
          const term = field.dictionary.term(ordinal);
          if (!accepts(term)) continue;
          taken++;
          const key = term.toString('latin1', 0, term.length);
          found.set(key, (found.get(key) ?? 0) + field.docFreqs[ordinal]!);
        }
      }
    }
    return found;
  }
}
