import { hasBit } from '../engine/bit-set.ts';
import { makeBreath } from '../engine/breath.ts';
import { noMoreDocs } from '../engine/postings.ts';
import type { View, ViewEntry } from '../engine/view.ts';
import type { Scorer } from './iterators.ts';
import { compareValues, type SegmentKey, type SortKey, type SortValue } from './sort-key.ts';
import type { Weight } from './weight.ts';

/** Takes part in a walk through the matches: aggregations do. */
export interface DocCollector {
  /** The function that gets each match of a segment. */
  segment(entry: ViewEntry): (doc: number, score: number) => void;
}

export interface CollectOptions {
  weight: Weight;
  /** Null ranks by score. */
  keys: readonly SortKey[] | null;
  /** How many hits are kept. */
  size: number;
  needsScores: boolean;
  after: readonly SortValue[] | null;
  postFilter: Weight | null;
  minScore: number | null;
  terminateAfter: number;
  collector: DocCollector | null;
  signal: AbortSignal;
  deadlineMs: number;
}

export interface TopHit {
  entry: ViewEntry;
  doc: number;
  score: number;
  values: readonly SortValue[];
}

export interface Collected {
  total: number;
  hits: TopHit[];
  maxScore: number;
  isTerminatedEarly: boolean;
  isTimedOut: boolean;
}

/** Walks all matches of a view, counts them and keeps the best. */
export async function collect(view: View, options: CollectOptions): Promise<Collected> {
  const breath = makeBreath(8);
  const result: Collected = { total: 0, hits: [], maxScore: Number.NaN, isTerminatedEarly: false, isTimedOut: false };
  for (const entry of view.entries) {
    const pause = breath();
    if (pause !== undefined) {
      await pause;
      options.signal.throwIfAborted();
      if (performance.now() > options.deadlineMs) {
        result.isTimedOut = true;
        break;
      }
    }
    if (entry.liveCount === 0) continue;
    if (options.size === 0 && options.collector === null && canCount(options, entry)) {
      const scorer = options.weight.scorer(entry);
      if (scorer !== null) result.total += countMatches(scorer, entry);
      continue;
    }
    const isDone = collectSegment(entry, options, result);
    if (isDone) break;
  }
  if (options.keys === null) result.hits.sort((a, b) => b.score - a.score || globalDoc(a) - globalDoc(b));
  return result;
}

function globalDoc(hit: TopHit): number {
  return hit.entry.base + hit.doc;
}

function canCount(options: CollectOptions, entry: ViewEntry): boolean {
  return (
    options.postFilter === null &&
    options.minScore === null &&
    options.after === null &&
    options.terminateAfter === 0 &&
    entry.segment.parts.roots === null
  );
}

function countMatches(scorer: Scorer, { segment, live, liveCount }: ViewEntry): number {
  if (scorer.constructor.name === 'AllScorer') return liveCount;
  let count = 0;
  if (live === null) while (scorer.next() !== noMoreDocs) count++;
  else for (let doc = scorer.next(); doc !== noMoreDocs; doc = scorer.next()) if (hasBit(live, doc)) count++;
  return segment.docCount === 0 ? 0 : count;
}

/** A document on its way into the hits: its values compare within the segment. */
interface Candidate {
  doc: number;
  score: number;
  values: (number | bigint)[];
}

/** True when the search is to stop here. */
function collectSegment(entry: ViewEntry, options: CollectOptions, result: Collected): boolean {
  const scorer = options.weight.scorer(entry);
  if (scorer === null) return false;
  const { live, segment } = entry;
  const { roots } = segment.parts;
  const { keys, size, needsScores, minScore, terminateAfter } = options;
  const postFilter = options.postFilter === null ? undefined : options.postFilter.scorer(entry);
  const onDoc = options.collector?.segment(entry) ?? null;
  const best = keys === null ? new ScoreHeap(size, result.hits) : new KeyHeap(size, entry, keys, options.after);
  for (let doc = scorer.next(); doc !== noMoreDocs; doc = scorer.next()) {
    if (live !== null && !hasBit(live, doc)) continue;
    if (roots !== null && !hasBit(roots, doc)) continue;
    const score = needsScores ? scorer.score() : 0;
    if (minScore !== null && score < minScore) continue;
    onDoc?.(doc, score);
    if (postFilter !== undefined) {
      if (postFilter === null) continue;
      const found = postFilter.doc < doc ? postFilter.advance(doc) : postFilter.doc;
      if (found !== doc) continue;
    }
    result.total++;
    if (needsScores && !(score <= result.maxScore)) result.maxScore = score;
    best.offer(entry, doc, score);
    if (terminateAfter > 0 && result.total >= terminateAfter) {
      result.isTerminatedEarly = true;
      break;
    }
  }
  if (keys !== null) result.hits = mergeHits(keys, result.hits, (best as KeyHeap).finish(), size);
  return result.isTerminatedEarly;
}

/** The best by score: the worst is on top. Documents come in order, so of equal scores the first stay. */
class ScoreHeap {
  readonly #size: number;
  readonly #hits: TopHit[];

  constructor(size: number, hits: TopHit[]) {
    this.#size = size;
    this.#hits = hits;
  }

  offer(entry: ViewEntry, doc: number, score: number): void {
    const hits = this.#hits;
    if (hits.length < this.#size) {
      hits.push({ entry, doc, score, values: [] });
      this.#lift(hits.length - 1);
    } else if (this.#size > 0 && score > hits[0]!.score) {
      hits[0] = { entry, doc, score, values: [] };
      this.#sink();
    }
  }

  #isWorse(a: TopHit, b: TopHit): boolean {
    return a.score < b.score || (a.score === b.score && globalDoc(a) > globalDoc(b));
  }

  #lift(from: number): void {
    const hits = this.#hits;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!this.#isWorse(hits[at]!, hits[parent]!)) break;
      [hits[at], hits[parent]] = [hits[parent]!, hits[at]!];
      at = parent;
    }
  }

  #sink(): void {
    const hits = this.#hits;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= hits.length) return;
      if (child + 1 < hits.length && this.#isWorse(hits[child + 1]!, hits[child]!)) child++;
      if (!this.#isWorse(hits[child]!, hits[at]!)) return;
      [hits[at], hits[child]] = [hits[child]!, hits[at]!];
      at = child;
    }
  }
}

/** The best of one segment by sort keys: the worst is on top. */
class KeyHeap {
  readonly #size: number;
  readonly #entry: ViewEntry;
  readonly #readers: SegmentKey[];
  readonly #isDescending: boolean[];
  readonly #after: (number | bigint)[] | null;
  readonly #items: Candidate[] = [];

  constructor(size: number, entry: ViewEntry, keys: readonly SortKey[], after: readonly SortValue[] | null) {
    this.#size = size;
    this.#entry = entry;
    this.#readers = keys.map((key) => key.reader(entry));
    this.#isDescending = keys.map((key) => key.isDescending);
    this.#after = after === null ? null : this.#readers.map((reader, i) => reader.localize(after[i]!));
  }

  offer(_entry: ViewEntry, doc: number, score: number): void {
    if (this.#size === 0) return;
    const items = this.#items;
    const isFull = items.length === this.#size;
    const first = this.#readers[0]!.value(doc, score);
    if (isFull && this.#after === null) {
      // Most documents lose by the first key.
      const worst = items[0]!.values[0]!;
      if (this.#isDescending[0] ? first < worst : first > worst) return;
    }
    const values = [first];
    for (let i = 1; i < this.#readers.length; i++) values.push(this.#readers[i]!.value(doc, score));
    if (this.#after !== null && this.#compare(values, this.#after) <= 0) return;
    const item = { doc, score, values };
    if (!isFull) {
      items.push(item);
      let at = items.length - 1;
      while (at > 0) {
        const parent = (at - 1) >>> 1;
        if (!this.#isWorse(items[at]!, items[parent]!)) break;
        [items[at], items[parent]] = [items[parent]!, items[at]!];
        at = parent;
      }
    } else if (this.#isWorse(items[0]!, item)) {
      items[0] = item;
      let at = 0;
      for (;;) {
        let child = at * 2 + 1;
        if (child >= items.length) return;
        if (child + 1 < items.length && this.#isWorse(items[child + 1]!, items[child]!)) child++;
        if (!this.#isWorse(items[child]!, items[at]!)) return;
        [items[at], items[child]] = [items[child]!, items[at]!];
        at = child;
      }
    }
  }

  #compare(a: readonly (number | bigint)[], b: readonly (number | bigint)[]): number {
    for (let i = 0; i < a.length; i++) {
      const x = a[i]!;
      const y = b[i]!;
      if (x < y) return this.#isDescending[i] ? 1 : -1;
      if (x > y) return this.#isDescending[i] ? -1 : 1;
    }
    return 0;
  }

  #isWorse(a: Candidate, b: Candidate): boolean {
    const order = this.#compare(a.values, b.values);
    return order > 0 || (order === 0 && a.doc > b.doc);
  }

  /** The hits in order, with values that compare across segments. */
  finish(): TopHit[] {
    const items = this.#items.sort((a, b) => this.#compare(a.values, b.values) || a.doc - b.doc);
    return items.map(({ doc, score, values }) => ({
      entry: this.#entry,
      doc,
      score,
      values: values.map((value, i) => this.#readers[i]!.globalize(value)),
    }));
  }
}

/** Merges two ordered lists; of equals the first list's come first. */
export function mergeHits(keys: readonly SortKey[], first: TopHit[], second: TopHit[], size: number): TopHit[] {
  if (first.length === 0) return second.slice(0, size);
  const merged: TopHit[] = [];
  let i = 0;
  let j = 0;
  while (merged.length < size && (i < first.length || j < second.length)) {
    const takeFirst =
      j >= second.length || (i < first.length && compareValues(keys, first[i]!.values, second[j]!.values) <= 0);
    merged.push(takeFirst ? first[i++]! : second[j++]!);
  }
  return merged;
}
