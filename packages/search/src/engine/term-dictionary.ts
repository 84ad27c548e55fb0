import type { ArraySource } from './array-source.ts';

/** The terms of a field in byte order, as one blob: a term's number is its place in that order. */
export class TermDictionary {
  readonly size: number;
  readonly #offsets: ArraySource<Uint32Array>;
  readonly #bytes: ArraySource<Uint8Array>;

  constructor(offsets: ArraySource<Uint32Array>, bytes: ArraySource<Uint8Array>) {
    this.size = offsets.length - 1;
    this.#offsets = offsets;
    this.#bytes = bytes;
  }

  get offsets(): Uint32Array {
    return this.#offsets.all();
  }

  get bytes(): Buffer {
    const bytes = this.#bytes.all();
    return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Where they are, to be written or counted. */
  get sources(): readonly [offsets: ArraySource<Uint32Array>, bytes: ArraySource<Uint8Array>] {
    return [this.#offsets, this.#bytes];
  }

  /** A view of a term's bytes. */
  term(ordinal: number): Buffer {
    const { offsets } = this;
    return this.bytes.subarray(offsets[ordinal]!, offsets[ordinal + 1]!);
  }

  text(ordinal: number): string {
    const { offsets } = this;
    return this.bytes.toString('utf8', offsets[ordinal]!, offsets[ordinal + 1]!);
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
    const { offsets } = this;
    return this.bytes.compare(term, 0, term.length, offsets[ordinal]!, offsets[ordinal + 1]!);
  }

  #startsWith(ordinal: number, prefix: Buffer): boolean {
    const { offsets } = this;
    const start = offsets[ordinal]!;
    if (offsets[ordinal + 1]! - start < prefix.length) return false;
    return this.bytes.compare(prefix, 0, prefix.length, start, start + prefix.length) === 0;
  }
}
