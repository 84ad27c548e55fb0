import type { LabelSet } from '../labels/label-set.ts';
import { ChunkWriter, readChunk, type SampleBuffer } from './chunk-codec.ts';

/** Where a chunk is on disk. */
export interface ChunkPlace {
  file: number;
  offset: number;
  length: number;
}

/** Gets a chunk's bytes that are not in memory; undefined: they are gone. */
export type ChunkReader = (place: ChunkPlace) => Uint8Array | undefined;

const field = { first: 0, last: 1, count: 2, file: 3, offset: 4, length: 5 } as const;
const fields = 6;

/** One series: closed chunks, oldest first, and the one that is written. */
export class Series {
  readonly ref: number;
  readonly labels: LabelSet;
  open: ChunkWriter | null = null;
  /** Time of the newest sample. */
  lastMs = Number.NEGATIVE_INFINITY;
  /** The newest sample that is in a closed chunk. */
  closedMs = Number.NEGATIVE_INFINITY;
  /** `fields` numbers for each chunk: many chunks cost no objects. */
  #table = new Float64Array(fields * 2);
  #count = 0;
  /** Bytes of chunks that are in memory; by position. */
  #bodies: (Uint8Array | undefined)[] = [];

  constructor(ref: number, labels: LabelSet) {
    this.ref = ref;
    this.labels = labels;
  }

  get chunkCount(): number {
    return this.#count;
  }

  get isEmpty(): boolean {
    return this.#count === 0 && this.open === null;
  }

  get firstMs(): number {
    return this.#count > 0 ? this.#table[field.first]! : (this.open?.firstMs ?? Number.POSITIVE_INFINITY);
  }

  add(timeMs: number, low: number, high: number): ChunkWriter {
    this.open ??= new ChunkWriter();
    this.open.add(timeMs, low, high);
    this.lastMs = timeMs;
    return this.open;
  }

  addClosed(firstMs: number, lastMs: number, count: number, place: ChunkPlace, body: Uint8Array | undefined): void {
    if ((this.#count + 1) * fields > this.#table.length) {
      const table = new Float64Array(this.#table.length * 2);
      table.set(this.#table);
      this.#table = table;
    }
    this.#table.set([firstMs, lastMs, count, place.file, place.offset, place.length], this.#count * fields);
    this.#bodies[this.#count] = body;
    this.#count += 1;
    this.closedMs = Math.max(this.closedMs, lastMs);
    this.lastMs = Math.max(this.lastMs, lastMs);
  }

  /** Lets go of the bytes of chunks that are on disk up to `file`. @returns bytes that were held */
  forgetBodies(file: number): number {
    let bytes = 0;
    for (let i = 0; i < this.#count; i++) {
      const body = this.#bodies[i];
      if (body === undefined || this.#table[i * fields + field.file]! > file) continue;
      bytes += body.length;
      this.#bodies[i] = undefined;
    }
    return bytes;
  }

  /** Takes away the chunks of files up to `file`. @returns bytes that were held in memory */
  dropFiles(file: number): { bytes: number; samples: number } {
    return this.#drop((i) => this.#table[i * fields + field.file]! <= file);
  }

  /** Takes away the chunks that end before `timeMs`. */
  dropBefore(timeMs: number): { bytes: number; samples: number } {
    return this.#drop((i) => this.#table[i * fields + field.last]! < timeMs);
  }

  #drop(isDropped: (chunk: number) => boolean): { bytes: number; samples: number } {
    let dropped = 0;
    let bytes = 0;
    let samples = 0;
    while (dropped < this.#count && isDropped(dropped)) {
      bytes += this.#bodies[dropped]?.length ?? 0;
      samples += this.#table[dropped * fields + field.count]!;
      dropped += 1;
    }
    if (dropped === 0) return { bytes, samples };
    this.#table.copyWithin(0, dropped * fields, this.#count * fields);
    this.#bodies.splice(0, dropped);
    this.#count -= dropped;
    return { bytes, samples };
  }

  overlaps(fromMs: number, toMs: number): boolean {
    return this.lastMs >= fromMs && this.firstMs <= toMs;
  }

  /** Appends the samples of [fromMs, toMs] to `out`. */
  read(fromMs: number, toMs: number, out: SampleBuffer, reader: ChunkReader): void {
    const table = this.#table;
    // The first chunk that ends at or after `fromMs`.
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (table[middle * fields + field.last]! < fromMs) low = middle + 1;
      else high = middle;
    }
    for (let i = low; i < this.#count && table[i * fields]! <= toMs; i++) {
      const at = i * fields;
      const place = {
        file: table[at + field.file]!,
        offset: table[at + field.offset]!,
        length: table[at + field.length]!,
      };
      const body = this.#bodies[i] ?? reader(place);
      if (body !== undefined) readChunk(body, table[at + field.count]!, table[at]!, out, fromMs, toMs);
    }
    const { open } = this;
    if (open !== null && open.lastMs >= fromMs && open.firstMs <= toMs)
      readChunk(open.view(), open.count, open.firstMs, out, fromMs, toMs);
  }
}
