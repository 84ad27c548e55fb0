import { crc32c } from '@headwater/protocol';
import { BlockBuilder } from './block.ts';
import { keyHash, makeFilter } from './key-filter.ts';
import type { WritableFile } from './state-files.ts';

/*
 * A run: rows in the order of their keys, each key once, written once and never changed.
 *
 * run    => group* top footer
 * group  => block* filter index       a filter of the group's keys; an index is a block: last key of a block, its length (4), its place
 * top    => a block: last key of a group, [length of filter and index (4), of the filter (4), CRC-32C of the filter (4)], its place
 * footer => place of top (8) length of top (4) rows (8) oldest time (8) newest time (8) CRC-32C of these (4) format (4)
 */
export const footerBytes = 44;
export const runFormat = 0x48575331;
const blockBytes = 4 * 1024;
const groupBlocks = 128;
const groupRowsMax = 8 * 1024;
const writeBytes = 128 * 1024;

/** Writes rows that come in the order of their keys. */
export class RunWriter {
  readonly #file: WritableFile;
  readonly #suffixLength: number;
  readonly #block = new BlockBuilder();
  readonly #index = new BlockBuilder();
  readonly #top = new BlockBuilder();
  #hashes: number[] = [];
  #lastHash = -1;
  #unwritten: Buffer[] = [];
  #unwrittenBytes = 0;
  #position = 0;
  #lastKey = '';
  #oldestMs = Number.POSITIVE_INFINITY;
  #newestMs = Number.NEGATIVE_INFINITY;
  rows = 0;

  /** `suffixLength`: of a key, what its filter does not have. */
  constructor(file: WritableFile, suffixLength: number) {
    this.#file = file;
    this.#suffixLength = suffixLength;
  }

  get sizeBytes(): number {
    return this.#position;
  }

  /** `timeMs`: by which the row is let go. @throws what the file system throws */
  add(key: string, value: Buffer | null, timestamp: number, timeMs: number): void {
    this.#block.add(key, value, timestamp);
    this.#lastKey = key;
    this.rows++;
    if (timeMs < this.#oldestMs) this.#oldestMs = timeMs;
    if (timeMs > this.#newestMs) this.#newestMs = timeMs;
    const hash = keyHash(key, key.length - this.#suffixLength);
    // Windows of one key follow each other.
    if (hash !== this.#lastHash) this.#hashes.push(hash);
    this.#lastHash = hash;
    if (this.#block.sizeBytes >= blockBytes) this.#endBlock();
  }

  finish(): void {
    this.#endBlock();
    this.#endGroup();
    const top = this.#top.finish();
    const footer = Buffer.allocUnsafe(footerBytes);
    footer.writeDoubleLE(this.#position, 0);
    footer.writeUInt32LE(top.length, 8);
    footer.writeDoubleLE(this.rows, 12);
    footer.writeDoubleLE(this.#oldestMs, 20);
    footer.writeDoubleLE(this.#newestMs, 28);
    footer.writeUInt32LE(crc32c(footer, 0, 36), 36);
    footer.writeUInt32LE(runFormat, 40);
    this.#write(top);
    this.#write(footer);
    this.#flush();
  }

  #endBlock(): void {
    if (this.#block.count === 0) return;
    const block = this.#block.finish();
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32LE(block.length);
    this.#index.add(this.#lastKey, length, this.#position);
    this.#write(block);
    if (this.#index.count >= groupBlocks || this.#hashes.length >= groupRowsMax) this.#endGroup();
  }

  #endGroup(): void {
    if (this.#index.count === 0) return;
    const filter = makeFilter(this.#hashes);
    const index = this.#index.finish();
    const lengths = Buffer.allocUnsafe(12);
    lengths.writeUInt32LE(filter.length + index.length, 0);
    lengths.writeUInt32LE(filter.length, 4);
    lengths.writeUInt32LE(crc32c(filter, 0, filter.length), 8);
    this.#top.add(this.#lastKey, lengths, this.#position);
    this.#write(filter);
    this.#write(index);
    this.#hashes = [];
    this.#lastHash = -1;
  }

  #write(data: Buffer): void {
    this.#unwritten.push(data);
    this.#unwrittenBytes += data.length;
    this.#position += data.length;
    if (this.#unwrittenBytes >= writeBytes) this.#flush();
  }

  #flush(): void {
    const data = Buffer.concat(this.#unwritten);
    this.#unwritten = [];
    this.#unwrittenBytes = 0;
    this.#file.write(data);
  }
}
