import type { Segment } from './segment.ts';

/** FNV-1a over the bytes of an id. */
export function hashId(id: Uint8Array, start = 0, end = id.length): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ id[i]!, 0x01000193);
  hash ^= hash >>> 15;
  return hash >>> 0;
}

/** From id to document within one segment: open addressing, built when the first lookup comes. */
export class IdTable {
  readonly #segment: Segment;
  readonly #slots: Uint32Array;
  readonly #mask: number;

  constructor(segment: Segment) {
    this.#segment = segment;
    const { idOffsets, docCount } = segment.parts;
    let capacity = 16;
    while (capacity < docCount * 2) capacity *= 2;
    this.#slots = new Uint32Array(capacity);
    this.#mask = capacity - 1;
    for (let doc = 0; doc < docCount; doc++) {
      const start = idOffsets[doc]!;
      const end = idOffsets[doc + 1]!;
      if (end === start) continue;
      let slot = hashId(segment.ids, start, end) & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = doc + 1;
    }
  }

  find(id: Uint8Array, hash: number, accept: (doc: number) => boolean): number {
    const { idOffsets, idBytes } = this.#segment.parts;
    const { length } = id;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entry = this.#slots[slot]!;
      if (entry === 0) return -1;
      const doc = entry - 1;
      const start = idOffsets[doc]!;
      if (idOffsets[doc + 1]! - start !== length) continue;
      // From the end: ids that differ mostly differ there.
      let at = length - 1;
      while (at >= 0 && idBytes[start + at] === id[at]) at--;
      if (at < 0 && accept(doc)) return doc;
    }
  }

  get sizeBytes(): number {
    return this.#slots.byteLength;
  }
}
