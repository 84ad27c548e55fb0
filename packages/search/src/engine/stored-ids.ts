import type { StoredArray } from './array-source.ts';
import { mayHold } from './id-filter.ts';

const slotsAtOnce = 16;

/** The ids of a segment on disk: lookups read the few bytes that they need, none for most ids that are not there. */
export class StoredIds {
  readonly #filter: Uint32Array;
  readonly #slots: StoredArray<Uint32Array>;
  readonly #offsets: StoredArray<Uint32Array>;
  readonly #bytes: StoredArray<Uint8Array>;

  constructor(
    filter: Uint32Array,
    slots: StoredArray<Uint32Array>,
    offsets: StoredArray<Uint32Array>,
    bytes: StoredArray<Uint8Array>,
  ) {
    this.#filter = filter;
    this.#slots = slots;
    this.#offsets = offsets;
    this.#bytes = bytes;
  }

  find(id: Uint8Array, hash: number, accept: (doc: number) => boolean): number {
    if (!mayHold(this.#filter, hash)) return -1;
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = 0) {
      for (; slot <= mask; slot += slotsAtOnce) {
        for (const entry of this.#slots.part(slot, Math.min(slot + slotsAtOnce, mask + 1))) {
          if (entry === 0) return -1;
          const [start, end] = this.#offsets.part(entry - 1, entry + 1) as unknown as [number, number];
          if (end - start !== id.length || !isSame(this.#bytes.part(start, end), id)) continue;
          if (accept(entry - 1)) return entry - 1;
        }
      }
    }
  }

  get residentBytes(): number {
    return this.#filter.byteLength;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = a.length - 1; i >= 0; i--) if (a[i] !== b[i]) return false;
  return true;
}
