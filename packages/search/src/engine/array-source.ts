import type { ValueArray } from './doc-values.ts';
import type { ReadFile } from './files.ts';

/** An array of a segment: held in memory, or read from its file when it is asked for. */
export interface ArraySource<T extends ValueArray = ValueArray> {
  readonly length: number;
  readonly byteLength: number;
  /** All of it. A caller that loops takes it once. */
  all(): T;
}

/** Bytes of which callers want pieces: the postings of one term. */
export interface BlobSource extends ArraySource<Uint8Array> {
  /** The bytes from `start` to `end`; a view where they are in memory. */
  slice(start: number, end: number): Uint8Array;
}

/** An array of a segment that is not on disk (yet). */
export class HeldArray<T extends ValueArray> implements ArraySource<T> {
  readonly #array: T;

  constructor(array: T) {
    this.#array = array;
  }

  get length(): number {
    return this.#array.length;
  }

  get byteLength(): number {
    return this.#array.byteLength;
  }

  all(): T {
    return this.#array;
  }
}

export class HeldBlob extends HeldArray<Uint8Array> implements BlobSource {
  slice(start: number, end: number): Uint8Array {
    return this.all().subarray(start, end);
  }
}

export function held<T extends ValueArray>(array: T): HeldArray<T>;
export function held<T extends ValueArray>(array: T | null): HeldArray<T> | null;
export function held<T extends ValueArray>(array: T | null): HeldArray<T> | null {
  return array === null ? null : new HeldArray(array);
}

const arrayTypes = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  i32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
  i64: BigInt64Array,
} as const;

export type ArrayType = keyof typeof arrayTypes;

export function typeOf(array: ValueArray): ArrayType {
  if (array instanceof Uint16Array) return 'u16';
  if (array instanceof Uint32Array) return 'u32';
  if (array instanceof Int32Array) return 'i32';
  if (array instanceof Float32Array) return 'f32';
  if (array instanceof Float64Array) return 'f64';
  if (array instanceof BigInt64Array) return 'i64';
  return 'u8';
}

export function bytesPerElement(type: ArrayType): number {
  return arrayTypes[type].BYTES_PER_ELEMENT;
}

/**
 * The arrays of segments on disk that are in memory now, within a budget: when it is passed, those that were used longest ago are let go. Whoever
 * works with one keeps it until done.
 */
export class ArrayCache {
  readonly budgetBytes: number;
  #usedBytes = 0;
  #clock = 0;
  readonly #loaded = new Set<StoredArray<ValueArray>>();

  constructor(budgetBytes: number) {
    this.budgetBytes = budgetBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Moves on with every array that is read: between two of them all uses are as old as each other. */
  get clock(): number {
    return this.#clock;
  }

  add(array: StoredArray<ValueArray>): void {
    this.#clock++;
    this.#loaded.add(array);
    this.#usedBytes += array.byteLength;
    if (this.#usedBytes <= this.budgetBytes) return;
    // Some more than needed, so that not every read has to look for the oldest.
    const goal = this.budgetBytes * 0.8;
    for (const oldest of [...this.#loaded].sort((a, b) => a.usedAt - b.usedAt)) {
      if (this.#usedBytes <= goal) break;
      if (oldest !== array) oldest.drop();
    }
  }

  remove(array: StoredArray<ValueArray>): void {
    if (this.#loaded.delete(array)) this.#usedBytes -= array.byteLength;
  }
}

/** A blob up to this size is read whole. */
const wholeBlobBytesMax = 64 * 1024;

/** An array in a segment's file. Reads are synchronous: the page cache answers in microseconds, less than a promise costs. */
export class StoredArray<T extends ValueArray> implements ArraySource<T> {
  readonly length: number;
  readonly byteLength: number;
  /** The cache's clock at the last use. */
  usedAt = 0;
  readonly #cache: ArrayCache;
  readonly #file: ReadFile;
  readonly #type: ArrayType;
  readonly #offset: number;
  #array: T | null = null;

  constructor(cache: ArrayCache, file: ReadFile, type: ArrayType, offset: number, length: number) {
    this.#cache = cache;
    this.#file = file;
    this.#type = type;
    this.#offset = offset;
    this.length = length;
    this.byteLength = length * arrayTypes[type].BYTES_PER_ELEMENT;
  }

  /** Bytes of it that are in memory now. */
  get residentBytes(): number {
    return this.#array === null ? 0 : this.byteLength;
  }

  all(): T {
    this.usedAt = this.#cache.clock;
    return this.#array ?? this.#load();
  }

  /** One element, without reading the others. */
  at(index: number): number {
    if (this.#array !== null) return Number(this.#array[index]!);
    const size = arrayTypes[this.#type].BYTES_PER_ELEMENT;
    const bytes = this.#file.read(this.#offset + index * size, size);
    return Number(viewOf(this.#type, bytes, 1)[0]!);
  }

  /** The bytes of some elements, without reading the others. */
  part(start: number, end: number): T {
    if (this.#array !== null) return this.#array.subarray(start, end) as T;
    const size = arrayTypes[this.#type].BYTES_PER_ELEMENT;
    return viewOf(
      this.#type,
      this.#file.read(this.#offset + start * size, (end - start) * size),
      end - start,
    ) as unknown as T;
  }

  drop(): void {
    if (this.#array === null) return;
    this.#array = null;
    this.#cache.remove(this as unknown as StoredArray<ValueArray>);
  }

  #load(): T {
    const bytes = this.#file.read(this.#offset, this.byteLength);
    const array = viewOf(this.#type, bytes, this.length) as unknown as T;
    this.#array = array;
    this.#cache.add(this as unknown as StoredArray<ValueArray>);
    return array;
  }
}

export class StoredBlob extends StoredArray<Uint8Array> implements BlobSource {
  slice(start: number, end: number): Uint8Array {
    return this.byteLength <= wholeBlobBytesMax ? this.all().subarray(start, end) : this.part(start, end);
  }
}

function viewOf(type: ArrayType, bytes: Buffer, length: number): ValueArray {
  if (type === 'u8') return bytes;
  const Type = arrayTypes[type];
  // Buffers of reads have memory of their own and begin where any type may; others may not.
  if (bytes.byteOffset % Type.BYTES_PER_ELEMENT === 0)
    return new Type(bytes.buffer as ArrayBuffer, bytes.byteOffset, length);
  return new Type(new Uint8Array(bytes).buffer, 0, length);
}
