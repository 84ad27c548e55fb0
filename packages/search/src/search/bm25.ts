import { normLengths } from '../engine/norms.ts';
import type { FieldStatistics } from './statistics.ts';

const k1 = Math.fround(1.2);
const b = Math.fround(0.75);
const { fround } = Math;

/** How rare a term is, as Lucene's BM25Similarity counts it. */
export function idf(docFreq: number, docCount: number): number {
  return fround(Math.log(1 + (docCount - docFreq + 0.5) / (docFreq + 0.5)));
}

/**
 * Scores of one term (or phrase): every step in 32-bit floats, as Lucene does, so that equal scores are equal here too.
 */
export class Bm25 {
  readonly weight: number;
  /** By norm byte: 1 / (k1 · ((1 − b) + b · length / average length)). */
  readonly #inverses = new Float32Array(256);

  constructor(boost: number, idfSum: number, field: FieldStatistics) {
    this.weight = fround(fround(boost) * idfSum);
    const average = fround(field.docCount === 0 ? 1 : field.sumTotalTermFreq / field.docCount);
    for (let norm = 0; norm < 256; norm++) {
      const ratio = fround(fround(b * normLengths[norm]!) / average);
      this.#inverses[norm] = fround(1 / fround(k1 * fround(fround(1 - b) + ratio)));
    }
  }

  score(freq: number, norm: number): number {
    return fround(this.weight - fround(this.weight / fround(1 + fround(freq * this.#inverses[norm]!))));
  }
}
