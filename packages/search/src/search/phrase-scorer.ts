import { noMoreDocs, type PostingsIterator } from '../engine/postings.ts';
import type { Bm25 } from './bm25.ts';
import type { Scorer } from './iterators.ts';

/** One position of a phrase: the postings of its alternatives. */
interface Slot {
  offset: number;
  postings: PostingsIterator[];
  doc: number;
  positions: number[];
}

/** Documents in which terms stand next to each other, or within `slop` moves of that. */
export class PhraseScorer implements Scorer {
  doc = -1;
  readonly cost: number;
  readonly #slots: Slot[];
  readonly #slop: number;
  readonly #similarity: Bm25 | null;
  readonly #norms: Uint8Array | null;
  #freq = 0;

  constructor(
    slots: readonly { offset: number; postings: PostingsIterator[] }[],
    slop: number,
    similarity: Bm25 | null,
    norms: Uint8Array | null,
  ) {
    this.#slots = slots.map((slot) => ({ ...slot, doc: -1, positions: [] }));
    this.#slop = slop;
    this.#similarity = similarity;
    this.#norms = norms;
    const costs = slots.map(({ postings }) => postings.reduce((sum, one) => sum + one.docFreq, 0));
    this.cost = Math.min(...costs);
  }

  next(): number {
    return this.advance(this.doc + 1);
  }

  advance(target: number): number {
    let wanted = target;
    for (;;) {
      const doc = this.#align(wanted);
      if (doc === noMoreDocs) return (this.doc = noMoreDocs);
      this.#freq = this.#match(doc);
      if (this.#freq > 0) return (this.doc = doc);
      wanted = doc + 1;
    }
  }

  #align(target: number): number {
    let doc = target;
    for (let at = 0; at < this.#slots.length; ) {
      const slot = this.#slots[at]!;
      const found = slot.doc >= doc ? slot.doc : advanceSlot(slot, doc);
      if (found === noMoreDocs) return noMoreDocs;
      if (found > doc) {
        doc = found;
        at = 0;
      } else at++;
    }
    return doc;
  }

  /** How often the phrase is in the document. */
  #match(doc: number): number {
    for (const slot of this.#slots) readPositions(slot, doc);
    if (this.#slots.length === 1) return this.#slots[0]!.positions.length;
    return this.#slop === 0 ? exactFreq(this.#slots) : sloppyFreq(this.#slots, this.#slop);
  }

  score(): number {
    if (this.#similarity === null) return 0;
    return this.#similarity.score(Math.fround(this.#freq), this.#norms === null ? 1 : this.#norms[this.doc]!);
  }
}

function advanceSlot(slot: Slot, target: number): number {
  let smallest = noMoreDocs;
  for (const postings of slot.postings) {
    const doc = postings.doc < target ? postings.advance(target) : postings.doc;
    if (doc < smallest) smallest = doc;
  }
  return (slot.doc = smallest);
}

/** Positions of the slot's terms, moved back by the slot's place in the phrase. */
function readPositions(slot: Slot, doc: number): void {
  const { positions, postings, offset } = slot;
  positions.length = 0;
  let sources = 0;
  for (const one of postings) {
    if (one.doc !== doc) continue;
    sources++;
    for (let i = 0; i < one.freq; i++) positions.push(one.nextPosition() - offset);
  }
  if (sources > 1) positions.sort((a, b) => a - b);
}

function exactFreq(slots: readonly Slot[]): number {
  const [first, ...rest] = slots as [Slot, ...Slot[]];
  const at = new Array<number>(rest.length).fill(0);
  let freq = 0;
  outer: for (const position of first.positions) {
    for (let i = 0; i < rest.length; i++) {
      const { positions } = rest[i]!;
      while (at[i]! < positions.length && positions[at[i]!]! < position) at[i]!++;
      if (at[i]! >= positions.length) break outer;
      if (positions[at[i]!] !== position) continue outer;
    }
    freq++;
  }
  return freq;
}

/** The sum of 1 / (1 + distance) over the ways the terms stand near each other, as Lucene's sloppy matcher counts it. */
function sloppyFreq(slots: readonly Slot[], slop: number): number {
  const cursors = slots.map((slot) => ({ positions: slot.positions, at: 0 }));
  if (cursors.some(({ positions }) => positions.length === 0)) return 0;
  const position = (i: number): number => cursors[i]!.positions[cursors[i]!.at]!;
  let end = Math.max(...cursors.map((_, i) => position(i)));
  let freq = 0;
  for (;;) {
    let smallest = 0;
    for (let i = 1; i < cursors.length; i++) if (position(i) < position(smallest)) smallest = i;
    let next = Number.POSITIVE_INFINITY;
    for (let i = 0; i < cursors.length; i++) if (i !== smallest && position(i) < next) next = position(i);
    let length = end - position(smallest);
    let isDone = false;
    const cursor = cursors[smallest]!;
    for (;;) {
      if (++cursor.at >= cursor.positions.length) {
        isDone = true;
        break;
      }
      const now = position(smallest);
      if (now > next) {
        if (now > end) end = now;
        break;
      }
      length = Math.min(length, end - now);
    }
    if (length <= slop) freq += 1 / (1 + length);
    if (isDone) return freq;
  }
}
