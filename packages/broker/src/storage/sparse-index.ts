import type { PooledFile } from './files/file-pool.ts';

/**
 * A sorted file of (key, value) pairs, the layout of Kafka's index files, so that its dump tools read them:
 *
 *     offset index  => relativeOffset:int32 position:int32        one entry each index.interval.bytes of log
 *     time index    => timestamp:int64 relativeOffset:int32
 *
 * Keys and values never go down. New entries wait in memory and are written in blocks; lookups are binary searches, in memory for
 * the newest entries, by small reads of the (page-cached) file for older ones, so an index costs no heap however large it is.
 */
export class SparseIndex {
  readonly file: PooledFile;
  readonly #keyBytes: 4 | 8;
  readonly #entryBytes: number;
  #storedCount = 0;
  /** Entries of before a cut or a rebuild follow in the file. */
  #isFileLonger = false;
  #isUnsynced = false;
  #keys: number[] = [];
  #values: number[] = [];
  #lastKey = -Infinity;
  #lastValue = -Infinity;

  constructor(file: PooledFile, keyBytes: 4 | 8) {
    this.file = file;
    this.#keyBytes = keyBytes;
    this.#entryBytes = keyBytes + 4;
  }

  get count(): number {
    return this.#storedCount + this.#keys.length;
  }

  get sizeBytes(): number {
    return this.count * this.#entryBytes;
  }

  get unwrittenCount(): number {
    return this.#keys.length;
  }

  /** There is something that a power cut would take. */
  get isDirty(): boolean {
    return this.#keys.length > 0 || this.#isFileLonger || this.#isUnsynced;
  }

  get last(): IndexEntry | null {
    return this.count === 0 ? null : { key: this.#lastKey, value: this.#lastValue };
  }

  /** Takes over what the file holds, nothing when there is none. False when it cannot be an index: the caller rebuilds it. */
  load(): boolean {
    const sizeBytes = this.file.sizeBytesOrZero();
    if (sizeBytes % this.#entryBytes !== 0) return false;
    this.#keys = [];
    this.#values = [];
    this.#setStored(sizeBytes / this.#entryBytes);
    return true;
  }

  /** Forgets everything; the file is emptied by the next `write`. */
  clear(): void {
    this.#keys = [];
    this.#values = [];
    this.#isFileLonger = true;
    this.#setStored(0);
  }

  add(key: number, value: number): void {
    this.#keys.push(key);
    this.#values.push(value);
    this.#lastKey = key;
    this.#lastValue = value;
  }

  /** The last entry whose key is at most `key`; null when there is none. */
  floor(key: number): IndexEntry | null {
    if (this.#keys.length > 0 && this.#keys[0]! <= key) {
      const at = lastIndex(this.#keys.length, (index) => this.#keys[index]! <= key);
      return { key: this.#keys[at]!, value: this.#values[at]! };
    }
    const at = lastIndex(this.#storedCount, (index) => this.#readStored(index).key <= key);
    return at < 0 ? null : this.#readStored(at);
  }

  /** Drops the entries from the first one on whose `field` is `limit` or more. */
  keepBelow(field: 'key' | 'value', limit: number): void {
    const recent = field === 'key' ? this.#keys : this.#values;
    const keep = lastIndex(recent.length, (index) => recent[index]! < limit) + 1;
    this.#keys.length = keep;
    this.#values.length = keep;
    if (keep > 0) {
      this.#lastKey = this.#keys[keep - 1]!;
      this.#lastValue = this.#values[keep - 1]!;
      return;
    }
    const kept = lastIndex(this.#storedCount, (index) => this.#readStored(index)[field] < limit) + 1;
    this.#isFileLonger ||= kept < this.#storedCount;
    this.#setStored(kept);
  }

  /** Brings the file up to date; on an error the entries stay in memory. A file that would be empty is not made. */
  write(): void {
    const storedBytes = this.#storedCount * this.#entryBytes;
    if (this.#keys.length > 0) {
      this.#isUnsynced = true;
      this.file.create();
      this.file.writeSync(this.#encodeUnwritten(), storedBytes);
      this.#storedCount += this.#keys.length;
      this.#keys = [];
      this.#values = [];
    }
    if (!this.#isFileLonger) return;
    const sizeBytes = this.#storedCount * this.#entryBytes;
    if (this.file.sizeBytesOrZero() > sizeBytes) this.file.truncate(sizeBytes);
    this.#isFileLonger = false;
  }

  async sync(): Promise<void> {
    if (!this.#isUnsynced) return;
    this.#isUnsynced = false;
    try {
      await this.file.sync();
    } catch (error) {
      this.#isUnsynced = true;
      throw error;
    }
  }

  #encodeUnwritten(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#keys.length * this.#entryBytes);
    for (let index = 0; index < this.#keys.length; index++) {
      const at = index * this.#entryBytes;
      const key = this.#keys[index]!;
      if (this.#keyBytes === 8) {
        bytes.writeInt32BE(Math.floor(key / 2 ** 32), at);
        bytes.writeUInt32BE(key >>> 0, at + 4);
      } else {
        bytes.writeInt32BE(key, at);
      }
      bytes.writeInt32BE(this.#values[index]!, at + this.#keyBytes);
    }
    return bytes;
  }

  #setStored(count: number): void {
    this.#storedCount = count;
    const last = count > 0 ? this.#readStored(count - 1) : null;
    this.#lastKey = last?.key ?? -Infinity;
    this.#lastValue = last?.value ?? -Infinity;
  }

  #readStored(index: number): IndexEntry {
    const bytes = this.#keyBytes === 8 ? scratch12 : scratch8;
    this.file.readSync(bytes, index * this.#entryBytes);
    const key = this.#keyBytes === 8 ? bytes.readInt32BE(0) * 2 ** 32 + bytes.readUInt32BE(4) : bytes.readInt32BE(0);
    return { key, value: bytes.readInt32BE(this.#keyBytes) };
  }
}

/** Entries are read one at a time and at once taken apart, so all indexes share these. */
const scratch8 = Buffer.alloc(8);
const scratch12 = Buffer.alloc(12);

export interface IndexEntry {
  key: number;
  value: number;
}

/** The last of `count` indexes for which `isBelow` holds, -1 when none; it must hold for a prefix. */
function lastIndex(count: number, isBelow: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBelow(middle)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
