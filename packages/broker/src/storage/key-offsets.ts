import { hash } from 'node:crypto';

const slotsMin = 1024;
/** Four words of the key's hash and the offset. */
const slotBytes = 24;
const fillMax = 0.75;

/**
 * The newest offset of each key, in a fixed number of bytes: keys are known by 128 bits of their SHA-256, as Kafka knows them by their
 * MD5, so that a key's length costs nothing and no two keys are ever taken for one.
 */
export class KeyOffsets {
  readonly #bytesMax: number;
  #slots = slotsMin;
  #hashes = new Int32Array(slotsMin * 4);
  /** -1: the slot is free. */
  #offsets = new Float64Array(slotsMin).fill(-1);
  #count = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get count(): number {
    return this.#count;
  }

  /** False, with nothing changed, when there is no room for another key. */
  put(key: Buffer, offset: number): boolean {
    const hashed = hashOf(key);
    let slot = this.#find(hashed);
    if (this.#offsets[slot]! < 0) {
      if (this.#count + 1 > this.#slots * fillMax) {
        if (!this.#grow()) return false;
        slot = this.#find(hashed);
      }
      this.#hashes.set(hashed, slot * 4);
      this.#count++;
    }
    this.#offsets[slot] = offset;
    return true;
  }

  /** -1 when the key is not there. */
  get(key: Buffer): number {
    return this.#offsets[this.#find(hashOf(key))]!;
  }

  /** The slot of the key, or the free one where it belongs. */
  #find(hashed: Int32Array): number {
    const mask = this.#slots - 1;
    let slot = hashed[0]! & mask;
    while (this.#offsets[slot]! >= 0) {
      const at = slot * 4;
      if (
        this.#hashes[at] === hashed[0] &&
        this.#hashes[at + 1] === hashed[1] &&
        this.#hashes[at + 2] === hashed[2] &&
        this.#hashes[at + 3] === hashed[3]
      ) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): boolean {
    if (this.#slots * 2 * slotBytes > this.#bytesMax) return false;
    const [hashes, offsets] = [this.#hashes, this.#offsets];
    this.#slots *= 2;
    this.#hashes = new Int32Array(this.#slots * 4);
    this.#offsets = new Float64Array(this.#slots).fill(-1);
    for (let old = 0; old < offsets.length; old++) {
      if (offsets[old]! < 0) continue;
      const hashed = hashes.subarray(old * 4, old * 4 + 4);
      const slot = this.#find(hashed);
      this.#hashes.set(hashed, slot * 4);
      this.#offsets[slot] = offsets[old]!;
    }
    return true;
  }
}

const words = new Int32Array(4);

function hashOf(key: Buffer): Int32Array {
  const digest = hash('sha256', key, 'buffer');
  for (let word = 0; word < 4; word++) words[word] = digest.readInt32LE(word * 4);
  return words;
}
