import type { PooledFile } from './files/file-pool.ts';

/** An aborted transaction, as fetch answers tell it, and as far as the log was decided when it ended. */
export interface AbortedEntry {
  producerId: number;
  firstOffset: number;
  /** Of the marker. */
  lastOffset: number;
  lastStableOffset: number;
}

const entryBytes = 34;
const entriesPerRead = 64;

/**
 * The aborted transactions that end in a segment, in Kafka's layout (`.txnindex`, 34 bytes an entry, big endian):
 *
 *     version:int16 producerId:int64 firstOffset:int64 lastOffset:int64 lastStableOffset:int64
 *
 * In the order of their ends, so a lookup searches the file. New entries wait in memory for the next checkpoint; after a crash they are found
 * again in the markers.
 */
export class TransactionIndex {
  readonly file: PooledFile;
  #storedCount: number | null = null;
  #unwritten: AbortedEntry[] = [];
  #isFileLonger = false;
  #isUnsynced = false;

  constructor(file: PooledFile) {
    this.file = file;
  }

  /** There is something that a power cut would take. */
  get isDirty(): boolean {
    return this.#unwritten.length > 0 || this.#isFileLonger || this.#isUnsynced;
  }

  add(entry: AbortedEntry): void {
    this.#unwritten.push(entry);
  }

  entries(): AbortedEntry[] {
    const bytes = Buffer.alloc(this.#stored * entryBytes);
    if (bytes.length > 0) this.file.readSync(bytes, 0);
    const stored = Array.from({ length: this.#stored }, (_, at) => decodeEntry(bytes, at * entryBytes));
    return [...stored, ...this.#unwritten];
  }

  /** Those that ended at `offset` or later, in their order: the file is searched, and read a piece at a time. */
  *endedFrom(offset: number): Generator<AbortedEntry> {
    const one = Buffer.alloc(entryBytes);
    let low = 0;
    for (let high = this.#stored; low < high; ) {
      const middle = (low + high) >> 1;
      this.file.readSync(one, middle * entryBytes);
      if (decodeEntry(one, 0).lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    const stored = this.#stored;
    for (let first = low; first < stored; first += entriesPerRead) {
      const bytes = Buffer.alloc(Math.min(entriesPerRead, stored - first) * entryBytes);
      this.file.readSync(bytes, first * entryBytes);
      for (let at = 0; at < bytes.length; at += entryBytes) yield decodeEntry(bytes, at);
    }
    for (const entry of this.#unwritten) if (entry.lastOffset >= offset) yield entry;
  }

  /** After a crash: what the scan will find again goes. */
  keepBelow(offset: number): void {
    const kept = this.entries().filter(({ lastOffset }) => lastOffset < offset);
    if (kept.length === this.#stored && this.#unwritten.length === 0) return;
    this.#storedCount = 0;
    this.#unwritten = kept;
    this.#isFileLonger = true;
  }

  write(): void {
    if (this.#unwritten.length === 0 && !this.#isFileLonger) return;
    this.#isUnsynced = true;
    const stored = this.#stored;
    const bytes = Buffer.alloc(this.#unwritten.length * entryBytes);
    for (const [at, entry] of this.#unwritten.entries()) encodeEntry(entry, bytes, at * entryBytes);
    const sizeBytes = stored * entryBytes + bytes.length;
    if (bytes.length > 0) {
      this.file.create();
      this.file.writeSync(bytes, stored * entryBytes);
    }
    if (this.#isFileLonger && this.file.sizeBytesOrZero() > sizeBytes) this.file.truncate(sizeBytes);
    this.#isFileLonger = false;
    this.#storedCount = stored + this.#unwritten.length;
    this.#unwritten = [];
  }

  async sync(): Promise<void> {
    if (!this.#isUnsynced || this.#stored === 0) return;
    this.#isUnsynced = false;
    try {
      await this.file.sync();
    } catch (error) {
      this.#isUnsynced = true;
      throw error;
    }
  }

  get #stored(): number {
    this.#storedCount ??= Math.floor(this.file.sizeBytesOrZero() / entryBytes);
    return this.#storedCount;
  }
}

function encodeEntry(entry: AbortedEntry, bytes: Buffer, at: number): void {
  bytes.writeInt16BE(0, at);
  writeOffset(bytes, at + 2, entry.producerId);
  writeOffset(bytes, at + 10, entry.firstOffset);
  writeOffset(bytes, at + 18, entry.lastOffset);
  writeOffset(bytes, at + 26, entry.lastStableOffset);
}

function decodeEntry(bytes: Buffer, at: number): AbortedEntry {
  return {
    producerId: readOffset(bytes, at + 2),
    firstOffset: readOffset(bytes, at + 10),
    lastOffset: readOffset(bytes, at + 18),
    lastStableOffset: readOffset(bytes, at + 26),
  };
}

/** Offsets and ids are never negative here, and below 2^53. */
function writeOffset(bytes: Buffer, at: number, value: number): void {
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  bytes.writeUInt32BE(value >>> 0, at + 4);
}

function readOffset(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}
