/** FNV-1a over the bytes of an id. */
export function hashId(id: Uint8Array, start = 0, end = id.length): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ id[i]!, 0x01000193);
  hash ^= hash >>> 15;
  return hash >>> 0;
}

export interface Ids {
  readonly docCount: number;
  readonly idOffsets: Uint32Array;
  readonly idBytes: Uint8Array;
}

/** From id to document within one segment, by open addressing: `document + 1` at the id's hash or after it, 0 where there is none. */
export function idSlots({ docCount, idBytes, idOffsets }: Ids): Uint32Array {
  let capacity = 16;
  while (capacity < docCount * 2) capacity *= 2;
  const slots = new Uint32Array(capacity);
  const mask = capacity - 1;
  for (let doc = 0; doc < docCount; doc++) {
    const start = idOffsets[doc]!;
    const end = idOffsets[doc + 1]!;
    if (end === start) continue;
    let slot = hashId(idBytes, start, end) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = doc + 1;
  }
  return slots;
}

/** The slots of a segment in memory, made when the first lookup comes. */
export class IdTable {
  readonly #ids: Ids;
  readonly #slots: Uint32Array;
  readonly #mask: number;

  constructor(ids: Ids) {
    this.#ids = ids;
    this.#slots = idSlots(ids);
    this.#mask = this.#slots.length - 1;
  }

  find(id: Uint8Array, hash: number, accept: (doc: number) => boolean): number {
    const { idOffsets, idBytes } = this.#ids;
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
