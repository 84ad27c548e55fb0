/** The terms of a field in byte order, as one blob: a term's number is its place in that order. */
export class TermDictionary {
  readonly offsets: Uint32Array;
  readonly bytes: Buffer;

  constructor(offsets: Uint32Array, bytes: Uint8Array) {
    this.offsets = offsets;
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get size(): number {
    return this.offsets.length - 1;
  }

  /** A view of a term's bytes. */
  term(ordinal: number): Buffer {
    return this.bytes.subarray(this.offsets[ordinal]!, this.offsets[ordinal + 1]!);
  }

  text(ordinal: number): string {
    return this.bytes.toString('utf8', this.offsets[ordinal]!, this.offsets[ordinal + 1]!);
  }

  /** The ordinal of a term, or -1. */
  find(term: Buffer): number {
    const at = this.lowerBound(term);
    if (at === this.size) return -1;
    return this.#compare(at, term) === 0 ? at : -1;
  }

  /** The first ordinal whose term is not before `term`. */
  lowerBound(term: Buffer): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(middle, term) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first ordinal whose term is after `term`. */
  upperBound(term: Buffer): number {
    const at = this.lowerBound(term);
    return at < this.size && this.#compare(at, term) === 0 ? at + 1 : at;
  }

  /** The ordinals of the terms that begin with `prefix`: [from, to). */
  prefixRange(prefix: Buffer): [number, number] {
    const from = this.lowerBound(prefix);
    let low = from;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#startsWith(middle, prefix)) low = middle + 1;
      else high = middle;
    }
    return [from, low];
  }

  #compare(ordinal: number, term: Buffer): number {
    return this.bytes.compare(term, 0, term.length, this.offsets[ordinal]!, this.offsets[ordinal + 1]!);
  }

  #startsWith(ordinal: number, prefix: Buffer): boolean {
    const start = this.offsets[ordinal]!;
    if (this.offsets[ordinal + 1]! - start < prefix.length) return false;
    return this.bytes.compare(prefix, 0, prefix.length, start, start + prefix.length) === 0;
  }
}
