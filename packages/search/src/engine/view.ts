import { hasBit } from './bit-set.ts';
import { hashId } from './id-table.ts';
import type { Segment } from './segment.ts';
import type { StoredDocument } from './shard.ts';

export interface ViewEntry {
  segment: Segment;
  /** Live documents; null when all are. */
  live: Uint32Array | null;
  liveCount: number;
  /** Number of the segment's first document within the shard. */
  base: number;
}

/** A shard as one refresh left it: what a search reads from its first phase to its last. */
export class View {
  readonly entries: readonly ViewEntry[];
  readonly #onUnused: (segments: Segment[]) => void;
  #users = 1;

  constructor(entries: readonly ViewEntry[], onUnused: (segments: Segment[]) => void) {
    this.entries = entries;
    this.#onUnused = onUnused;
  }

  get docCount(): number {
    const last = this.entries.at(-1);
    return last === undefined ? 0 : last.base + last.segment.docCount;
  }

  acquire(): void {
    this.#users++;
  }

  release(): void {
    if (--this.#users === 0) this.#onUnused(this.entries.map((entry) => entry.segment));
  }

  get(id: string): StoredDocument | null {
    const bytes = Buffer.from(id);
    const hash = hashId(bytes);
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const { segment, live } = this.entries[i]!;
      const doc = segment.findId(bytes, hash, (found) => live === null || hasBit(live, found));
      if (doc < 0) continue;
      return {
        id,
        seqNo: segment.seqNo(doc),
        primaryTerm: segment.primaryTerm(doc),
        version: segment.version(doc),
        routing: segment.routing(doc),
        source: segment.readSource(doc),
      };
    }
    return null;
  }
}
