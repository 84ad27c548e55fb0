import { type ArraySource, held } from './array-source.ts';
import { bitSet, hasBit, setBit } from './bit-set.ts';
import { BigInt64List, Float64List, Int32List } from './growable.ts';

export type ValueArray =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigInt64Array;

/** The smallest and the largest of some values. */
export interface ValueBounds {
  readonly min: number | bigint;
  readonly max: number | bigint;
}

export interface DocValuesSources {
  readonly values: ArraySource;
  readonly docs: ArraySource<Uint32Array> | null;
  readonly offsets: ArraySource<Uint32Array> | null;
  readonly presence: ArraySource<Uint32Array> | null;
}

/**
 * The values of one field by document: numbers, or ordinals into a term dictionary.
 *
 * Stored in the narrowest of five shapes: one value for every document; one for most (`presence` bits); one for few
 * (`docs` lists them); several (`offsets`), for all or for few documents. Values of one document are ascending.
 */
export class DocValues {
  readonly docCount: number;
  readonly sources: DocValuesSources;
  /** Known without reading a value; null where it is not: in a file of an earlier version. */
  readonly bounds: ValueBounds | null;
  /** Range of the current document within `values`, set by `seek`. */
  start = 0;
  end = 0;
  #cursor = 0;

  constructor(docCount: number, sources: DocValuesSources, bounds: ValueBounds | null) {
    this.docCount = docCount;
    this.sources = sources;
    this.bounds = bounds;
  }

  get values(): ValueArray {
    return this.sources.values.all();
  }

  get docs(): Uint32Array | null {
    return this.sources.docs === null ? null : this.sources.docs.all();
  }

  get offsets(): Uint32Array | null {
    return this.sources.offsets === null ? null : this.sources.offsets.all();
  }

  get presence(): Uint32Array | null {
    return this.sources.presence === null ? null : this.sources.presence.all();
  }

  get isBig(): boolean {
    return this.values instanceof BigInt64Array;
  }

  get isMultiValued(): boolean {
    return this.sources.offsets !== null;
  }

  /** Number of documents with a value. */
  get docsWithValue(): number {
    const { docs, offsets, presence } = this.sources;
    if (docs !== null) return docs.length;
    if (presence === null && offsets === null) return this.docCount;
    let count = 0;
    for (let doc = 0; doc < this.docCount; doc++) if (this.has(doc)) count++;
    return count;
  }

  has(doc: number): boolean {
    if (this.sources.docs !== null) return this.#find(doc) >= 0;
    const { offsets, presence } = this;
    if (presence !== null) return hasBit(presence, doc);
    return offsets === null || offsets[doc + 1]! > offsets[doc]!;
  }

  /** Where the first value of `doc` stands in `values`, or -1. */
  firstIndex(doc: number): number {
    if (this.sources.docs === null && this.sources.offsets === null) {
      const { presence } = this;
      return presence === null || hasBit(presence, doc) ? doc : -1;
    }
    return this.seek(doc) ? this.start : -1;
  }

  /** Sets `start` and `end` to the values of `doc`; false when it has none. */
  seek(doc: number): boolean {
    let at = doc;
    if (this.sources.docs !== null) {
      at = this.#find(doc);
      if (at < 0) return false;
    } else if (this.sources.presence !== null && !hasBit(this.presence!, doc)) return false;
    const { offsets } = this;
    if (offsets === null) {
      this.start = at;
      this.end = at + 1;
      return true;
    }
    this.start = offsets[at]!;
    this.end = offsets[at + 1]!;
    return this.end > this.start;
  }

  /** The value at an index of `values` as a double; large 64-bit integers are rounded. */
  number(index: number): number {
    return Number(this.values[index]!);
  }

  /** Callers walk documents upwards, so the last place is tried before a binary search. */
  #find(doc: number): number {
    const docs = this.docs!;
    const cursor = this.#cursor;
    if (docs[cursor] === doc) return cursor;
    let low = 0;
    let high = docs.length - 1;
    if (cursor < docs.length && docs[cursor]! < doc) {
      if (docs[cursor + 1] === doc) return (this.#cursor = cursor + 1);
      low = cursor;
    }
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = docs[middle]!;
      if (found < doc) low = middle + 1;
      else if (found > doc) high = middle - 1;
      else return (this.#cursor = middle);
    }
    this.#cursor = Math.max(0, Math.min(low, docs.length - 1));
    return -1;
  }
}

/** Gathers values, documents ascending, and stores them in the narrowest shape. */
export class DocValuesBuilder {
  readonly #docCount: number;
  readonly #docs = new Int32List(64);
  /** Where the values of each document end. */
  readonly #ends = new Int32List(64);
  readonly #values = new Float64List(64);
  /** The exact values, once one is a bigint. */
  #big: BigInt64List | null = null;
  #isMulti = false;

  constructor(docCount: number) {
    this.#docCount = docCount;
  }

  /** Adds the values of one document; they must be ascending. */
  add(doc: number, values: ArrayLike<number | bigint>, start = 0, end = values.length): void {
    if (end === start) return;
    if (end - start > 1) this.#isMulti = true;
    for (let i = start; i < end; i++) {
      const value = values[i]!;
      if (typeof value === 'bigint') this.#addBig(value);
      else {
        this.#big?.push(BigInt(value));
        this.#values.push(value);
      }
    }
    this.#docs.push(doc);
    this.#ends.push(this.#values.length);
  }

  #addBig(value: bigint): void {
    if (this.#big === null) {
      this.#big = new BigInt64List();
      for (const known of this.#values.view()) this.#big.push(BigInt(known));
    }
    this.#big.push(value);
    this.#values.push(0);
  }

  get isEmpty(): boolean {
    return this.#docs.length === 0;
  }

  build(): DocValues {
    const found = this.#docs.length;
    const docCount = this.#docCount;
    const isSparse = found * 3 < docCount;
    const docs = isSparse ? new Uint32Array(this.#docs.view()) : null;
    if (this.#isMulti) {
      return this.#docValues(this.#narrowed(), docs, this.#offsets(isSparse), null);
    }
    if (isSparse || found === docCount) return this.#docValues(this.#narrowed(), docs, null, null);
    const presence = bitSet(docCount);
    const dense = this.#narrowed();
    const spread = new (dense.constructor as new (length: number) => ValueArray)(docCount);
    for (let i = 0; i < found; i++) {
      const doc = this.#docs.get(i);
      setBit(presence, doc);
      spread[doc] = dense[i]!;
    }
    return this.#docValues(spread, null, null, presence);
  }

  #docValues(
    values: ValueArray,
    docs: Uint32Array | null,
    offsets: Uint32Array | null,
    presence: Uint32Array | null,
  ): DocValues {
    const sources = { values: held(values), docs: held(docs), offsets: held(offsets), presence: held(presence) };
    // Not of `values`: who has none has a 0 there.
    return new DocValues(this.#docCount, sources, boundsOf(this.#big?.view() ?? this.#values.view()));
  }

  #offsets(isSparse: boolean): Uint32Array {
    const ends = this.#ends.view();
    const offsets = new Uint32Array((isSparse ? ends.length : this.#docCount) + 1);
    if (isSparse) offsets.set(ends, 1);
    else {
      let i = 0;
      for (let doc = 0; doc < this.#docCount; doc++) {
        if (i < ends.length && this.#docs.get(i) === doc) i++;
        offsets[doc + 1] = i === 0 ? 0 : ends[i - 1]!;
      }
    }
    return offsets;
  }

  #narrowed(): ValueArray {
    return this.#big === null ? narrow(this.#values.view()) : this.#big.view().slice();
  }
}

function boundsOf(values: Float64Array | BigInt64Array): ValueBounds | null {
  if (values.length === 0) return null;
  let min = values[0]!;
  let max = min;
  for (const value of values) {
    // Of what is not a number nothing can be said.
    if (Number.isNaN(value)) return null;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

function narrow(values: Float64Array): ValueArray {
  let isInteger = true;
  let isFloat = true;
  let min = 0;
  let max = 0;
  for (const value of values) {
    if (isInteger && (!Number.isInteger(value) || Object.is(value, -0))) isInteger = false;
    if (isFloat && Math.fround(value) !== value && !Number.isNaN(value)) isFloat = false;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (isInteger && min >= 0) {
    if (max <= 0xff) return new Uint8Array(values);
    if (max <= 0xffff) return new Uint16Array(values);
    if (max <= 0xffffffff) return new Uint32Array(values);
  }
  if (isInteger && min >= -0x80000000 && max <= 0x7fffffff) return new Int32Array(values);
  return isFloat ? new Float32Array(values) : values.slice();
}
