import type { Segment } from './segment.ts';

/** The segments of a partition by base offset, without overlaps; the last one is written to. Empty before the first append. */
export class SegmentList {
  #segments: Segment[];

  constructor(segments: Segment[] = []) {
    this.#segments = segments;
  }

  [Symbol.iterator](): IterableIterator<Segment> {
    return this.#segments[Symbol.iterator]();
  }

  get count(): number {
    return this.#segments.length;
  }

  get first(): Segment | undefined {
    return this.#segments[0];
  }

  /** The one that is written to; there must be one. */
  get active(): Segment {
    return this.#segments.at(-1)!;
  }

  get sizeBytes(): number {
    let sizeBytes = 0;
    for (const segment of this.#segments) sizeBytes += segment.sizeBytes;
    return sizeBytes;
  }

  /** Those whose newest bytes no fsync has covered. */
  get unsynced(): Segment[] {
    return this.#segments.filter(({ syncedBytes, sizeBytes }) => syncedBytes < sizeBytes);
  }

  get dirty(): Segment[] {
    return this.#segments.filter((segment) => segment.isDirty);
  }

  add(segment: Segment): void {
    this.#segments.push(segment);
  }

  /** Those that may hold `offset` or what follows it: from the last one that begins at or before it. */
  *from(offset: number): Generator<Segment> {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#segments[middle]!.baseOffset <= offset) low = middle + 1;
      else high = middle;
    }
    for (const segment of this.#segments.slice(Math.max(0, low - 1))) yield segment;
  }

  /** The oldest segments, up to the first for which `test` fails; `endOffset` is Infinity for the active one. */
  oldestWhile(test: (segment: Segment, endOffset: number) => boolean): Segment[] {
    const end = this.#segments.findIndex((segment, at) => !test(segment, this.#endOffsetAt(at)));
    return end < 0 ? this.#segments.slice() : this.#segments.slice(0, end);
  }

  /** Where the segment after this one begins, Infinity for the active one. */
  endOffset(segment: Segment): number {
    return this.#endOffsetAt(this.#segments.indexOf(segment));
  }

  /** Puts `replacement` where `old`, neighbours, were. */
  replace(old: readonly Segment[], replacement: readonly Segment[]): void {
    const at = this.#segments.indexOf(old[0]!);
    this.#segments = this.#segments.toSpliced(at, old.length, ...replacement);
  }

  #endOffsetAt(at: number): number {
    return this.#segments[at + 1]?.baseOffset ?? Number.POSITIVE_INFINITY;
  }
}
