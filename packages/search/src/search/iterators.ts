import { hasBit, nextBit } from '../engine/bit-set.ts';
import type { DocValues, ValueBounds } from '../engine/doc-values.ts';
import { noMoreDocs, type PostingsIterator } from '../engine/postings.ts';
import type { Bm25 } from './bm25.ts';

/** Walks the documents that match, ascending; `doc` is -1 before the first and `noMoreDocs` after the last. */
export interface Scorer {
  doc: number;
  next(): number;
  /** The first match at or after `target`; `target` is beyond the current document. */
  advance(target: number): number;
  score(): number;
  /** About how many documents there are to walk. */
  readonly cost: number;
}

export class TermScorer implements Scorer {
  doc = -1;
  readonly #postings: PostingsIterator;
  readonly #similarity: Bm25;
  readonly #norms: Uint8Array | null;

  constructor(postings: PostingsIterator, similarity: Bm25, norms: Uint8Array | null) {
    this.#postings = postings;
    this.#similarity = similarity;
    this.#norms = norms;
  }

  get cost(): number {
    return this.#postings.docFreq;
  }

  next(): number {
    return (this.doc = this.#postings.next());
  }

  advance(target: number): number {
    return (this.doc = this.#postings.advance(target));
  }

  score(): number {
    // Fields without norms score as if every document had one token.
    return this.#similarity.score(this.#postings.freq, this.#norms === null ? 1 : this.#norms[this.doc]!);
  }
}

/** Postings without scores. */
export class PostingsScorer implements Scorer {
  doc = -1;
  readonly #postings: PostingsIterator;

  constructor(postings: PostingsIterator) {
    this.#postings = postings;
  }

  get cost(): number {
    return this.#postings.docFreq;
  }

  next(): number {
    return (this.doc = this.#postings.next());
  }

  advance(target: number): number {
    return (this.doc = this.#postings.advance(target));
  }

  score(): number {
    return 0;
  }
}

export class AllScorer implements Scorer {
  doc = -1;
  readonly #docCount: number;
  readonly #score: number;

  constructor(docCount: number, score: number) {
    this.#docCount = docCount;
    this.#score = score;
  }

  get cost(): number {
    return this.#docCount;
  }

  next(): number {
    return this.advance(this.doc + 1);
  }

  advance(target: number): number {
    return (this.doc = target < this.#docCount ? target : noMoreDocs);
  }

  score(): number {
    return this.#score;
  }
}

export class BitsScorer implements Scorer {
  doc = -1;
  readonly cost: number;
  readonly #bits: Uint32Array;
  readonly #size: number;

  constructor(bits: Uint32Array, size: number, cost: number) {
    this.#bits = bits;
    this.#size = size;
    this.cost = cost;
  }

  next(): number {
    return this.advance(this.doc + 1);
  }

  advance(target: number): number {
    const found = nextBit(this.#bits, target, this.#size);
    return (this.doc = found === this.#size ? noMoreDocs : found);
  }

  score(): number {
    return 0;
  }
}

/** A list of documents, ascending. */
export class ListScorer implements Scorer {
  doc = -1;
  readonly #docs: readonly number[];
  #at = -1;

  constructor(docs: readonly number[]) {
    this.#docs = docs;
  }

  get cost(): number {
    return this.#docs.length;
  }

  next(): number {
    return (this.doc = this.#docs[++this.#at] ?? noMoreDocs);
  }

  advance(target: number): number {
    while (this.doc < target) this.next();
    return this.doc;
  }

  score(): number {
    return 0;
  }
}

/** Documents that pass a test, tried one by one. */
export class TestScorer implements Scorer {
  doc = -1;
  readonly cost: number;
  readonly #docCount: number;
  readonly #test: (doc: number) => boolean;

  constructor(docCount: number, test: (doc: number) => boolean) {
    this.#docCount = docCount;
    this.cost = docCount;
    this.#test = test;
  }

  next(): number {
    return this.advance(this.doc + 1);
  }

  advance(target: number): number {
    for (let doc = target; doc < this.#docCount; doc++) if (this.#test(doc)) return (this.doc = doc);
    return (this.doc = noMoreDocs);
  }

  score(): number {
    return 0;
  }
}

/** No value lies within `lower` and `upper`, as is known without reading one. */
export function isOutside(bounds: ValueBounds | null, lower: number | bigint, upper: number | bigint): boolean {
  if (bounds === null) return false;
  // As `rangeTest` compares them.
  if (typeof bounds.min === 'bigint') return bounds.max < toBig(lower, true) || bounds.min > toBig(upper, false);
  return bounds.max < Number(lower) || bounds.min > Number(upper);
}

/** A test that a number of a document lies within bounds. */
export function rangeTest(values: DocValues, lower: number | bigint, upper: number | bigint): (doc: number) => boolean {
  const { values: items } = values;
  if (values.isBig) {
    const low = toBig(lower, true);
    const high = toBig(upper, false);
    return (doc) => {
      if (!values.seek(doc)) return false;
      for (let at = values.start; at < values.end; at++) {
        const value = items[at] as bigint;
        if (value >= low && value <= high) return true;
      }
      return false;
    };
  }
  const numbers = items as Float64Array;
  const low = Number(lower);
  const high = Number(upper);
  if (!values.isMultiValued && values.docs === null) {
    const { presence } = values;
    if (presence === null) return (doc) => numbers[doc]! >= low && numbers[doc]! <= high;
    return (doc) => hasBit(presence, doc) && numbers[doc]! >= low && numbers[doc]! <= high;
  }
  return (doc) => {
    if (!values.seek(doc)) return false;
    for (let at = values.start; at < values.end; at++) if (numbers[at]! >= low && numbers[at]! <= high) return true;
    return false;
  };
}

function toBig(bound: number | bigint, isLower: boolean): bigint {
  if (typeof bound === 'bigint') return bound;
  if (bound === Number.NEGATIVE_INFINITY || bound <= Number.MIN_SAFE_INTEGER) return -(2n ** 63n);
  if (bound === Number.POSITIVE_INFINITY || bound >= Number.MAX_SAFE_INTEGER) return 2n ** 63n - 1n;
  return BigInt(isLower ? Math.ceil(bound) : Math.floor(bound));
}

export class ConstantScorer implements Scorer {
  readonly #inner: Scorer;
  readonly #score: number;

  constructor(inner: Scorer, score: number) {
    this.#inner = inner;
    this.#score = score;
  }

  get doc(): number {
    return this.#inner.doc;
  }

  get cost(): number {
    return this.#inner.cost;
  }

  next(): number {
    return this.#inner.next();
  }

  advance(target: number): number {
    return this.#inner.advance(target);
  }

  score(): number {
    return this.#score;
  }
}

/** Documents that all match; the scores of some are added up. */
export class ConjunctionScorer implements Scorer {
  doc = -1;
  readonly #parts: readonly Scorer[];
  readonly #scoring: readonly Scorer[];

  constructor(parts: readonly Scorer[], scoring: readonly Scorer[]) {
    this.#parts = [...parts].sort((a, b) => a.cost - b.cost);
    this.#scoring = scoring;
  }

  get cost(): number {
    return this.#parts[0]!.cost;
  }

  next(): number {
    return this.#align(this.#parts[0]!.next());
  }

  advance(target: number): number {
    return this.#align(this.#parts[0]!.advance(target));
  }

  #align(first: number): number {
    const parts = this.#parts;
    let doc = first;
    let at = 1;
    while (doc !== noMoreDocs && at < parts.length) {
      const part = parts[at]!;
      const found = part.doc < doc ? part.advance(doc) : part.doc;
      if (found === doc) at++;
      else {
        doc = found === noMoreDocs ? noMoreDocs : parts[0]!.advance(found);
        at = 1;
      }
    }
    return (this.doc = doc);
  }

  score(): number {
    let sum = 0;
    for (const part of this.#scoring) sum += part.score();
    return Math.fround(sum);
  }
}

/** Documents in which at least `minimum` of the parts match. */
export class DisjunctionScorer implements Scorer {
  doc = -1;
  readonly cost: number;
  readonly #parts: Scorer[];
  readonly #minimum: number;
  readonly #combine: (scores: Float64Array, count: number) => number;
  readonly #scores: Float64Array;

  constructor(
    parts: readonly Scorer[],
    minimum = 1,
    combine: (scores: Float64Array, count: number) => number = sumScores,
  ) {
    this.#parts = [...parts];
    this.#minimum = minimum;
    this.#combine = combine;
    this.#scores = new Float64Array(parts.length);
    this.cost = parts.reduce((sum, part) => sum + part.cost, 0);
  }

  next(): number {
    return this.advance(this.doc + 1);
  }

  advance(target: number): number {
    const parts = this.#parts;
    let wanted = target;
    for (;;) {
      let smallest = noMoreDocs;
      let matches = 0;
      for (let i = 0; i < parts.length; i++) {
        const part = parts[i]!;
        const doc = part.doc < wanted ? part.advance(wanted) : part.doc;
        if (doc < smallest) {
          smallest = doc;
          matches = 1;
        } else if (doc === smallest) matches++;
      }
      if (smallest === noMoreDocs || matches >= this.#minimum) return (this.doc = smallest);
      wanted = smallest + 1;
    }
  }

  score(): number {
    let count = 0;
    for (const part of this.#parts) if (part.doc === this.doc) this.#scores[count++] = part.score();
    return this.#combine(this.#scores, count);
  }
}

export function sumScores(scores: Float64Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += scores[i]!;
  return Math.fround(sum);
}

export function maxScores(tieBreaker: number): (scores: Float64Array, count: number) => number {
  return (scores, count) => {
    let max = 0;
    let others = 0;
    for (let i = 0; i < count; i++) {
      const score = scores[i]!;
      if (score >= max) {
        others += max;
        max = score;
      } else others += score;
    }
    return Math.fround(max + others * tieBreaker);
  };
}

/** What must match, with what may: its score is added where it does. */
export class OptionalScorer implements Scorer {
  readonly #required: Scorer;
  readonly #optional: Scorer;

  constructor(required: Scorer, optional: Scorer) {
    this.#required = required;
    this.#optional = optional;
  }

  get doc(): number {
    return this.#required.doc;
  }

  get cost(): number {
    return this.#required.cost;
  }

  next(): number {
    return this.#required.next();
  }

  advance(target: number): number {
    return this.#required.advance(target);
  }

  score(): number {
    const { doc } = this;
    const score = this.#required.score();
    const found = this.#optional.doc < doc ? this.#optional.advance(doc) : this.#optional.doc;
    return found === doc ? Math.fround(score + this.#optional.score()) : score;
  }
}

export class ExclusionScorer implements Scorer {
  readonly #required: Scorer;
  readonly #excluded: Scorer;

  constructor(required: Scorer, excluded: Scorer) {
    this.#required = required;
    this.#excluded = excluded;
  }

  get doc(): number {
    return this.#required.doc;
  }

  get cost(): number {
    return this.#required.cost;
  }

  next(): number {
    return this.#skip(this.#required.next());
  }

  advance(target: number): number {
    return this.#skip(this.#required.advance(target));
  }

  #skip(first: number): number {
    let doc = first;
    while (doc !== noMoreDocs) {
      const excluded = this.#excluded.doc < doc ? this.#excluded.advance(doc) : this.#excluded.doc;
      if (excluded !== doc) return doc;
      doc = this.#required.next();
    }
    return doc;
  }

  score(): number {
    return this.#required.score();
  }
}

/** Lowers the scores of documents that match something unwanted. */
export class BoostingScorer implements Scorer {
  readonly #positive: Scorer;
  readonly #negative: Scorer | null;
  readonly #factor: number;

  constructor(positive: Scorer, negative: Scorer | null, factor: number) {
    this.#positive = positive;
    this.#negative = negative;
    this.#factor = factor;
  }

  get doc(): number {
    return this.#positive.doc;
  }

  get cost(): number {
    return this.#positive.cost;
  }

  next(): number {
    return this.#positive.next();
  }

  advance(target: number): number {
    return this.#positive.advance(target);
  }

  score(): number {
    const score = this.#positive.score();
    const negative = this.#negative;
    if (negative === null) return score;
    const found = negative.doc < this.doc ? negative.advance(this.doc) : negative.doc;
    return found === this.doc ? Math.fround(score * this.#factor) : score;
  }
}
