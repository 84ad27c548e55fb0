import { BATCH_HEADER_BYTES, type BatchHeader, readBatchHeader } from '@headwater/protocol';
import { cutBatches, findBatch } from './batch-search.ts';
import type { FilePool, PooledFile } from './files/file-pool.ts';
import { ownMemory } from './own-memory.ts';
import { type ScanResult, scanSegment } from './segment-scan.ts';
import { type IndexEntry, SparseIndex } from './sparse-index.ts';
import { corrupt } from './storage-error.ts';
import { TransactionIndex } from './transaction-index.ts';
import type { ReadMemory } from './types.ts';

/** From this many unwritten entries on the index files of the active segment are brought up to date. */
const unwrittenEntriesMax = 4096;
/** What a file read takes along beyond the bytes asked for, as the index leads only near the batch. */
const readAheadBytes = 8 * 1024;

/** Of files that the cleaner writes; left behind by a crash, they are removed at the next start. */
export const draftSuffix = '.cleaned';

/** `00000000000000000042.log` and its relatives. */
export function segmentFileName(baseOffset: number, extension: string): string {
  return `${String(baseOffset).padStart(20, '0')}.${extension}`;
}

/** Extensions of what belongs to a `.log`. */
export const indexExtensions = ['index', 'timeindex', 'txnindex'] as const;

/** The base offset of an index file, null when the name is of another kind. */
export function indexBaseOffset(fileName: string): number | null {
  for (const extension of indexExtensions) {
    const base = segmentBaseOffset(fileName, extension);
    if (base !== null) return base;
  }
  return null;
}

/** The base offset that a file name tells, null when it is not a name of that kind. */
export function segmentBaseOffset(fileName: string, extension: string): number | null {
  const match = /^(\d{20})\.(\w+)$/.exec(fileName);
  return match !== null && match[2] === extension ? Number(match[1]) : null;
}

export interface SegmentPlace {
  pool: FilePool;
  directory: string;
  /** Bytes of log between two index entries. */
  indexIntervalBytes: number;
  /** Told when index files had to be made anew. */
  onRebuilt: (segment: Segment) => void;
}

/** One file of record batches with its indexes. Knows batches and positions, nothing of producers or retention. */
export class Segment {
  readonly baseOffset: number;
  readonly log: PooledFile;
  readonly offsetIndex: SparseIndex;
  readonly timeIndex: SparseIndex;
  readonly transactionIndex: TransactionIndex;
  readonly place: SegmentPlace;
  sizeBytes = 0;
  /** Bytes of the log file that an fsync has covered. */
  syncedBytes = 0;
  /** -1 when no record says a time. Known for closed segments after `ensureIndexes`. */
  maxTimestamp = -1;
  offsetOfMaxTimestamp = -1;
  /** Clock at the first append, for `segment.ms`; -1 while empty. */
  firstAppendAtMs = -1;
  bytesSinceIndexEntry = 0;
  /** Start and CRC of the newest batch, for the checkpoint. */
  lastBatchPosition = -1;
  lastBatchCrc = 0;
  /** Index files of closed segments are looked at when they are first needed. */
  #areIndexesLoaded = false;
  #trusted: { position: number; endOffset: number } | null = null;

  /** `suffix` is for files that are not in place yet. */
  constructor(place: SegmentPlace, baseOffset: number, suffix: '' | typeof draftSuffix = '') {
    const file = (extension: string) =>
      place.pool.file(`${place.directory}/${segmentFileName(baseOffset, extension)}${suffix}`);
    this.place = place;
    this.baseOffset = baseOffset;
    this.log = file('log');
    this.offsetIndex = new SparseIndex(file('index'), 4);
    this.timeIndex = new SparseIndex(file('timeindex'), 8);
    this.transactionIndex = new TransactionIndex(file('txnindex'));
  }

  /** Makes the log file of a new segment; what an earlier one of this name left behind goes. */
  begin(): void {
    const { files } = this.place.pool;
    for (const { path } of this.indexFiles()) files.remove(path);
    try {
      this.log.create();
      this.log.truncate(0);
    } catch (error) {
      this.log.release();
      files.remove(this.log.path);
      throw error;
    }
    this.#areIndexesLoaded = true;
  }

  /** Takes a batch that is in the file into account: size, times, index entries. */
  noteBatch(header: BatchHeader, position: number): void {
    this.ensureIndexes();
    if (header.maxTimestamp > this.maxTimestamp) {
      // Not beyond what a double holds exactly, so that the index can be written; such times are a producer's mistake anyway.
      this.maxTimestamp = Math.min(header.maxTimestamp, Number.MAX_SAFE_INTEGER);
      this.offsetOfMaxTimestamp = header.lastOffset;
    }
    // Kafka's rule: an entry is due at the first batch after more than the interval.
    if (this.bytesSinceIndexEntry > this.place.indexIntervalBytes) {
      this.offsetIndex.add(header.lastOffset - this.baseOffset, position);
      this.#addTime();
      this.bytesSinceIndexEntry = 0;
      if (this.offsetIndex.unwrittenCount >= unwrittenEntriesMax) this.#tryWriteIndexes();
    }
    this.bytesSinceIndexEntry += header.sizeBytes;
    this.lastBatchPosition = position;
    this.lastBatchCrc = header.crc;
    this.sizeBytes = position + header.sizeBytes;
  }

  /** Brings the index files up to date; what cannot be written stays in memory. */
  writeIndexes(): void {
    this.transactionIndex.write();
    if (!this.#areIndexesLoaded) return;
    this.offsetIndex.write();
    this.timeIndex.write();
  }

  /** An end was cut off, or may have been, which a power cut would bring back: a fsync is due whatever is left was synced. */
  noteUnsynced(): void {
    this.syncedBytes = -1;
  }

  /** Records or index entries that a power cut would take. */
  get isDirty(): boolean {
    return (
      this.syncedBytes < this.sizeBytes ||
      this.offsetIndex.isDirty ||
      this.timeIndex.isDirty ||
      this.transactionIndex.isDirty
    );
  }

  async syncIndexes(): Promise<void> {
    try {
      await Promise.all([this.offsetIndex.sync(), this.timeIndex.sync(), this.transactionIndex.sync()]);
    } catch (error) {
      // Deleted or compacted meanwhile.
      if (!this.log.isRetired) throw error;
    }
  }

  /** Of a segment that is closed now: the last entry of the time index tells its greatest timestamp. */
  finishIndexes(): void {
    this.ensureIndexes();
    this.#addTime();
    this.#tryWriteIndexes();
  }

  /** After a start: of the index files the entries below the checkpoint hold, when they are needed. */
  trustIndexesBelow(position: number, endOffset: number): void {
    this.#trusted = { position, endOffset };
  }

  /** Begins the indexes anew, for a scan from the start of the segment. */
  clearIndexes(): void {
    this.offsetIndex.clear();
    this.timeIndex.clear();
    this.bytesSinceIndexEntry = 0;
    this.maxTimestamp = -1;
    this.offsetOfMaxTimestamp = -1;
    this.#areIndexesLoaded = true;
  }

  /** Loads the indexes when they are not, and makes them anew when they are missing or wrong. */
  ensureIndexes(): void {
    if (this.#areIndexesLoaded) return;
    const isLoaded =
      this.#tryLoad() && (this.#trusted === null ? this.#acceptClosed() : this.#acceptTrusted(this.#trusted));
    this.#areIndexesLoaded = true;
    if (!isLoaded) this.rebuildIndexes();
  }

  rebuildIndexes(): void {
    const { sizeBytes } = this;
    this.clearIndexes();
    this.walk(0, sizeBytes, (header, position) => this.noteBatch(header, position));
    this.#addTime();
    this.#tryWriteIndexes();
    if (sizeBytes > 0) this.place.onRebuilt(this);
  }

  /** A batch border at or before the batch that holds `offset`, not much more than an index interval away. */
  positionNear(offset: number): number {
    this.ensureIndexes();
    const position = this.#indexedPosition(offset);
    if (position === 0 || this.#isBatchNear(position, offset)) return position;
    // An index page that never reached the disk before a power cut shows in the bytes that it leads to.
    this.rebuildIndexes();
    return this.#indexedPosition(offset);
  }

  /**
   * Whole batches from the one that holds `offset` (or the next one), as `PartitionLog.read` has it; null when the segment ends
   * before `offset`.
   */
  async read(
    offset: number,
    endOffset: number,
    maxBytes: number,
    minOneBatch: boolean,
    memory: ReadMemory = ownMemory,
  ): Promise<Buffer | null> {
    let position = this.positionNear(offset);
    let wantBytes = maxBytes + readAheadBytes;
    while (position < this.sizeBytes) {
      const bytes = memory.take(Math.min(wantBytes, this.sizeBytes - position));
      if ((await this.log.read(bytes, position)) < bytes.length) throw this.#tooShort();
      const { at, header } = findBatch(bytes, offset);
      if (header === null) {
        position += at;
        continue;
      }
      if (position + at + header.sizeBytes > this.sizeBytes) throw this.#tooShort();
      if (at + header.sizeBytes <= bytes.length) return cutBatches(bytes, at, endOffset, maxBytes, minOneBatch);
      if (!minOneBatch && header.sizeBytes > maxBytes) return bytes.subarray(0, 0);
      // The batch begins in these bytes and ends after them.
      position += at;
      wantBytes = Math.max(header.sizeBytes, maxBytes);
    }
    return null;
  }

  /** Goes over the headers of the batches between two positions; false from `visit` ends it. */
  walk(start: number, end: number, visit: (header: BatchHeader, position: number) => unknown): void {
    const { problem, end: stop } = this.#scan(start, end, visit);
    if (problem !== null) throw corrupt(`${this.log.path} is damaged at byte ${stop}: ${problem}`);
  }

  readBatch(position: number, sizeBytes: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(sizeBytes);
    if (this.log.readSync(bytes, position) < sizeBytes) throw this.#tooShort();
    return bytes;
  }

  /** Null when the file ends there. */
  headerAt(position: number): BatchHeader | null {
    const bytes = Buffer.alloc(BATCH_HEADER_BYTES);
    return this.log.readSync(bytes, position) < bytes.length ? null : readBatchHeader(bytes);
  }

  /** Greatest timestamp of the first batch. */
  firstTimestamp(): number {
    return this.headerAt(0)?.maxTimestamp ?? Number.POSITIVE_INFINITY;
  }

  files(): PooledFile[] {
    return [this.log, ...this.indexFiles()];
  }

  indexFiles(): PooledFile[] {
    return [this.offsetIndex.file, this.timeIndex.file, this.transactionIndex.file];
  }

  paths(): string[] {
    return this.files().map(({ path }) => path);
  }

  release(): void {
    for (const file of this.files()) file.release();
  }

  /** Out of use: reads that go on find out instead of reading what stands at its path now. */
  retire(): void {
    for (const file of this.files()) file.retire();
  }

  #scan(start: number, end: number, visit: (header: BatchHeader, position: number) => unknown): ScanResult {
    return scanSegment({ file: this.log, start, end, firstOffset: this.baseOffset, isThorough: false, visit });
  }

  #addTime(): void {
    if (this.offsetOfMaxTimestamp >= 0 && this.maxTimestamp > (this.timeIndex.last?.key ?? -Infinity)) {
      this.timeIndex.add(this.maxTimestamp, this.offsetOfMaxTimestamp - this.baseOffset);
    }
  }

  #tryWriteIndexes(): void {
    try {
      this.writeIndexes();
    } catch {
      // Indexes are hints: the entries stay in memory, and the checkpoint, which reports errors, tries again.
    }
  }

  #tryLoad(): boolean {
    try {
      return this.offsetIndex.load() && this.timeIndex.load();
    } catch {
      return false;
    }
  }

  #acceptClosed(): boolean {
    const last = this.timeIndex.last;
    if (last === null || !this.#isOffsetIndexWhole() || !this.#isTimeRight(last)) return false;
    this.maxTimestamp = last.key;
    this.offsetOfMaxTimestamp = this.baseOffset + last.value;
    return true;
  }

  #acceptTrusted({ position, endOffset }: { position: number; endOffset: number }): boolean {
    this.offsetIndex.keepBelow('value', position);
    this.timeIndex.keepBelow('value', endOffset - this.baseOffset);
    return this.#isOffsetIndexWhole();
  }

  /** The last entry leads to its batch, and no further entry was due after it. */
  #isOffsetIndexWhole(): boolean {
    const last = this.offsetIndex.last;
    if (last !== null) {
      const header = last.value >= 0 && last.value < this.sizeBytes ? this.headerAt(last.value) : null;
      if (header?.magic !== 2 || header.lastOffset !== this.baseOffset + last.key) return false;
    }
    let bytesSinceEntry = 0;
    let isNoneDue = true;
    const { end } = this.#scan(last?.value ?? 0, this.sizeBytes, (header) => {
      isNoneDue = bytesSinceEntry <= this.place.indexIntervalBytes;
      bytesSinceEntry += header.sizeBytes;
      return isNoneDue;
    });
    return isNoneDue && end === this.sizeBytes;
  }

  /** The last entry of the time index names a batch that has that timestamp. */
  #isTimeRight({ key, value }: IndexEntry): boolean {
    const offset = this.baseOffset + value;
    let isRight = false;
    this.#scan(this.#indexedPosition(offset), this.sizeBytes, (header) => {
      isRight = header.lastOffset === offset && Math.min(header.maxTimestamp, Number.MAX_SAFE_INTEGER) === key;
      return header.lastOffset < offset;
    });
    return isRight;
  }

  #isBatchNear(position: number, offset: number): boolean {
    const header = position < this.sizeBytes ? this.headerAt(position) : null;
    return header !== null && header.magic === 2 && header.baseOffset >= this.baseOffset && header.baseOffset <= offset;
  }

  #indexedPosition(offset: number): number {
    return this.offsetIndex.floor(offset - this.baseOffset)?.value ?? 0;
  }

  #tooShort(): Error {
    return corrupt(`${this.log.path} is shorter than the log says`);
  }
}
