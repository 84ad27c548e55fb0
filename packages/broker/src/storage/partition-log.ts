import {
  type BatchHeader,
  iterateBatches,
  readBatchHeader,
  setBaseOffset,
  setLeaderEpoch,
  setMaxTimestampAndType,
} from '@headwater/protocol';
import { checkBatches } from './append-check.ts';
import { checkpointFileName, encodeCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { Compaction } from './compaction.ts';
import { FlushGate } from './flush-gate.ts';
import { ownMemory } from './own-memory.ts';
import { loadPartition } from './partition-load.ts';
import { encodeOwner, ownerFileName } from './partition-owner.ts';
import { noteProducer } from './producer-note.ts';
import { ProducerStates } from './producer-states.ts';
import { recompress, wantedCompression } from './recompress.ts';
import { deletableSegments } from './retention.ts';
import { Segment, type SegmentPlace, segmentFileName } from './segment.ts';
import { SegmentList } from './segment-list.ts';
import { SharedRun } from './shared-run.ts';
import { ioError, refused, StorageError } from './storage-error.ts';
import type { CapturedFile } from './store-capture.ts';
import type { StoreContext } from './store-context.ts';
import type { PartitionCache } from './tail-cache.ts';
import { findMaxTimestamp, findTimestamp, type ReadableRange } from './time-lookup.ts';
import type { TopicConfig } from './topic-config.ts';
import { encodeMarker, type TransactionMarker } from './transaction-marker.ts';
import type {
  AbortedTransaction,
  AppendOptions,
  AppendResult,
  Isolation,
  PartitionLog,
  ProducerInfo,
  ReadMemory,
  TimestampOffset,
} from './types.ts';

/** A fetch of more than this from files is answered in parts: nobody needs 50 MB in one turn. */
const fileReadBytesMax = 8 * 1024 * 1024;
const relativeOffsetMax = 0x7fff_ffff;
/** A read may meet segments that retention or the cleaner takes away under it. */
const readAttemptsMax = 3;

export interface PartitionTopic {
  readonly name: string;
  readonly topicId: string;
  /** Changes while the partition is open. */
  readonly config: TopicConfig;
}

/**
 * One partition: segments on disk, the tail in the cache, producers in memory. Everything is opened when it is first needed; until
 * the first append there is nothing on disk at all.
 */
export class Partition implements PartitionLog {
  readonly partition: number;
  readonly leaderEpoch = 0;
  readonly directory: string;
  readonly #topic: PartitionTopic;
  readonly #context: StoreContext;
  readonly #where: string;
  readonly #cache: PartitionCache;
  readonly #listeners = new Set<() => void>();
  readonly #flushGate: FlushGate;
  readonly #checkpoint: SharedRun;
  #isLoaded = false;
  #isDeleted = false;
  #refusal: StorageError | null = null;
  #hasDirectory = false;
  #segments = new SegmentList();
  #producers = new ProducerStates();
  #compaction: Compaction | null = null;
  #place: SegmentPlace | null = null;
  #logStartOffset = 0;
  #nextOffset = 0;
  #highWatermark = 0;
  #unflushedRecords = 0;
  #flushTimer: { cancel(): void } | null = null;
  /** A write failed and what it left behind could not be cut off yet. */
  #hasTornEnd = false;
  #isDirectoryUnsynced = false;

  constructor(context: StoreContext, topic: PartitionTopic, partition: number) {
    this.#context = context;
    this.#topic = topic;
    this.partition = partition;
    this.#where = `${topic.name}-${partition}`;
    this.directory = `${context.dir}/${this.#where}`;
    this.#cache = context.cache.partition();
    this.#flushGate = new FlushGate(() => this.#sync());
    this.#checkpoint = new SharedRun(() => this.#writeCheckpoint());
  }

  get topic(): string {
    return this.#topic.name;
  }

  get topicId(): string {
    return this.#topic.topicId;
  }

  get config(): TopicConfig {
    return this.#topic.config;
  }

  get logStartOffset(): number {
    this.load();
    return this.#logStartOffset;
  }

  get logEndOffset(): number {
    this.load();
    return this.#nextOffset;
  }

  get highWatermark(): number {
    this.load();
    return this.#highWatermark;
  }

  get lastStableOffset(): number {
    return Math.min(this.highWatermark, this.#producers.firstUndecidedOffset);
  }

  get sizeBytes(): number {
    this.load();
    return this.#segments.sizeBytes;
  }

  get segmentCount(): number {
    this.load();
    return this.#segments.count;
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** An fsync failed: what is on the disk must be read back at the next start. */
  get hasFailed(): boolean {
    return this.#refusal?.code === 'HW_BROKER_STORAGE_IO';
  }

  /** Opens the log when it is not open; repairs what a crash left. @throws StorageError KAFKA_STORAGE_ERROR */
  load(): void {
    if (this.#isLoaded) return;
    if (this.#refusal !== null) throw this.#refusal;
    const { clock, recorder, limits } = this.#context;
    try {
      let loaded = loadPartition({
        place: this.#segmentPlace,
        topicId: this.topicId,
        where: this.#where,
        now: clock.now(),
        producerIdExpirationMs: limits.producerIdExpirationMs,
        isCompacted: this.config.isCompacted,
        logStartOffset: this.#context.logStart(this.topicId, this.partition),
        recorder,
      });
      if (loaded === 'foreign') {
        this.#context.setAside(this.#where);
        loaded = null;
      }
      this.#hasDirectory = loaded !== null;
      // The process before may have been killed after it made files and before it synced their names.
      this.#isDirectoryUnsynced = this.#hasDirectory;
      this.#segments = new SegmentList(loaded?.segments);
      this.#producers = loaded?.producers ?? this.#producers;
      this.#nextOffset = loaded?.nextOffset ?? 0;
      if (loaded !== null && loaded.cleaning.length > 0) this.#cleaner.history.restore(loaded.cleaning);
      if (loaded?.isCheckpointed === false) {
        this.#context.checkpointDue(this);
        if (this.config.flushMessages !== Number.POSITIVE_INFINITY) this.#syncRecovered();
      }
    } catch (error) {
      throw ioError(`Opening ${this.#where}`, error);
    }
    const recordedStart = this.#context.logStart(this.topicId, this.partition);
    // A power cut may take records that were deleted already; their offsets are not given out again.
    this.#nextOffset = Math.max(this.#nextOffset, recordedStart);
    this.#highWatermark = this.#nextOffset;
    this.#logStartOffset = Math.max(recordedStart, this.#segments.first?.baseOffset ?? 0);
    this.#isLoaded = true;
  }

  append(records: Buffer, options: AppendOptions = {}): AppendResult {
    this.load();
    if (this.#refusal !== null) throw this.#refusal;
    const now = options.now ?? this.#context.clock.now();
    const origin = options.origin ?? 'client';
    const config = this.config;
    let received = checkBatches(records, config, origin, now, this.#where);
    const compression = origin === 'client' ? wantedCompression(config) : null;
    if (compression !== null && received.some((header) => header.compression !== compression)) {
      records = recompress(records, received, compression, this.config.compressionLevel, this.#where);
      received = Array.from(iterateBatches(records), ({ header }) => header);
    }
    if (records.length > config.segmentBytes) {
      throw refused(
        'RECORD_LIST_TOO_LARGE',
        `${records.length} bytes of records for ${this.#where} are more than a whole segment (segment.bytes ${config.segmentBytes}).`,
      );
    }
    const duplicate = origin === 'client' ? this.#checkSequences(received) : null;
    if (duplicate !== null) return duplicate;
    const isLogAppendTime = config.timestampType === 'LogAppendTime';
    const baseOffset = this.#nextOffset;
    const headers = this.#stamp(records, received, isLogAppendTime ? now : null);
    this.#write(records, headers, now);
    this.#note(headers, records);
    this.#cache.add(records, baseOffset, this.#nextOffset);
    this.#context.counters.appendedBytes += records.length;
    this.#context.checkpointDue(this);
    const flushed = this.#flushPolicy(this.#nextOffset - baseOffset);
    if (!this.#flushGate.isHeld) this.#advance(this.#nextOffset);
    return {
      baseOffset,
      lastOffset: this.#nextOffset - 1,
      logAppendTime: isLogAppendTime ? now : -1,
      logStartOffset: this.#logStartOffset,
      duplicate: false,
      flushed,
    };
  }

  appendMarker(marker: TransactionMarker): AppendResult {
    this.load();
    if (this.#refusal !== null) throw this.#refusal;
    this.#producers.checkMarker(marker, this.#where);
    return this.append(encodeMarker(marker, this.#context.clock.now()), { origin: 'coordinator' });
  }

  read(
    offset: number,
    maxBytes: number,
    minOneBatch: boolean,
    memory: ReadMemory = ownMemory,
    isolation: Isolation = 'read_uncommitted',
  ): Promise<Buffer[]> | Buffer[] {
    this.load();
    if (this.#refusal?.code === 'HW_BROKER_STORAGE_CLOSED') throw this.#refusal;
    if (!(offset >= this.#logStartOffset && offset <= this.#nextOffset)) throw this.#outOfRange(offset);
    const endOffset = isolation === 'read_committed' ? this.lastStableOffset : this.#highWatermark;
    if (offset >= endOffset) return [];
    const cached = this.#cache.read(offset, endOffset, maxBytes, minOneBatch, memory);
    return cached ?? this.#readFiles(offset, endOffset, Math.min(maxBytes, fileReadBytesMax), minOneBatch, memory);
  }

  abortedTransactions(fromOffset: number, toOffset: number): AbortedTransaction[] {
    this.load();
    const aborted: AbortedTransaction[] = [];
    try {
      for (const segment of this.#segments.from(fromOffset)) {
        for (const { producerId, firstOffset, lastOffset, lastStableOffset } of segment.transactionIndex.endedFrom(
          fromOffset,
        )) {
          if (firstOffset < toOffset) aborted.push({ producerId, firstOffset, lastOffset });
          if (lastStableOffset >= toOffset) return aborted;
        }
      }
      return aborted;
    } catch (error) {
      throw ioError(`Reading the aborted transactions of ${this.#where}`, error);
    }
  }

  offsetForTimestamp(timestamp: number): TimestampOffset | null {
    return this.#lookUp((range) => findTimestamp(this.#segments, range, timestamp));
  }

  maxTimestampOffset(): TimestampOffset | null {
    return this.#lookUp((range) => findMaxTimestamp(this.#segments, range));
  }

  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  deleteRecords(offset: number): number {
    this.load();
    if (this.#refusal !== null) throw this.#refusal;
    const target = offset === -1 ? this.#highWatermark : offset;
    if (!(target >= 0 && target <= this.#highWatermark)) throw this.#outOfRange(offset);
    if (target <= this.#logStartOffset) return this.#logStartOffset;
    this.#context.setLogStart(this.topicId, this.partition, target);
    this.#logStartOffset = target;
    return this.#logStartOffset;
  }

  producerEpoch(producerId: number): number {
    this.load();
    return this.#producers.epochOf(producerId);
  }

  hasOpenTransaction(producerId: number, producerEpoch: number): boolean {
    this.load();
    return this.#producers.hasOpenTransaction(producerId, producerEpoch);
  }

  producers(): ProducerInfo[] {
    this.load();
    return this.#producers.infos();
  }

  flush(): Promise<void> {
    return this.#flushGate.flush();
  }

  /** Deletes what retention lets go, by whole segments. Returns how many. */
  async applyRetention(now: number): Promise<number> {
    this.load();
    if (this.#deletable(now).length === 0) return 0;
    // So that producers whose records go are remembered. On a full disk it fails, and room is made all the same.
    await this.checkpoint().catch(() => {});
    const deletable = this.#deletable(now);
    try {
      // The end of the log must stay on disk, so a new, empty segment takes the place of the last one.
      if (deletable.includes(this.#segments.active)) this.#roll();
      if (deletable.length > 0) this.#segments.replace(deletable, []);
      this.#logStartOffset = Math.max(this.#logStartOffset, this.#segments.first?.baseOffset ?? 0);
      for (const segment of deletable) {
        segment.retire();
        this.#context.removeFiles(segment.paths());
      }
      return deletable.length;
    } catch (error) {
      throw ioError(`Retention of ${this.#where}`, error);
    }
  }

  /** Whether compaction has enough to do. */
  isCleaningDue(now: number): boolean {
    if (!this.config.isCompacted) return false;
    this.load();
    return this.#refusal === null && this.#cleaner.isDue(now);
  }

  /** Compacts the closed segments when that is due. Returns how many records went. */
  async clean(now: number): Promise<number> {
    if (!this.isCleaningDue(now)) return 0;
    try {
      const removedRecords = await this.#cleaner.run(now);
      // What went must not be found in the cache.
      this.#cache.dropBelow(this.#cleaner.history.cleanedBelow);
      return removedRecords;
    } catch (error) {
      throw ioError(`Compacting ${this.#where}`, error);
    } finally {
      // Closed meanwhile: the cleaner may have opened files again.
      if (this.#refusal !== null) for (const segment of this.#segments) segment.release();
    }
  }

  expireProducers(now: number): void {
    if (this.#isLoaded) this.#producers.expire(now, this.#context.limits.producerIdExpirationMs);
  }

  /** Syncs what was appended and notes it as whole, so that a start need not read it again. Concurrent calls share one. */
  checkpoint(): Promise<void> {
    return this.#checkpoint.run();
  }

  fenceProducer(producerId: number): boolean {
    return this.#isLoaded && this.#producers.fence(producerId);
  }

  /** Its files as they are now, with a checkpoint for just that. @throws StorageError KAFKA_STORAGE_ERROR */
  capture(): CapturedFile[] {
    this.load();
    if (this.#refusal !== null) throw this.#refusal;
    if (this.#segments.count === 0) return [];
    const { files } = this.#context.pool;
    const at = (name: string) => `${this.#where}/${name}`;
    const own = (name: string, content: Buffer): CapturedFile => ({
      path: at(name),
      sizeBytes: content.length,
      content,
    });
    try {
      const captured: CapturedFile[] = [own(ownerFileName, encodeOwner(this.topicId))];
      for (const segment of this.#segments) {
        if (segment.isDirty) segment.writeIndexes();
        for (const file of segment.files()) {
          if (file !== segment.log && !files.exists(file.path)) continue;
          const sizeBytes = file === segment.log ? segment.sizeBytes : files.sizeBytes(file.path);
          captured.push({ path: at(file.path.slice(this.directory.length + 1)), sizeBytes, content: null });
        }
      }
      captured.push(own(checkpointFileName, this.#encodeCheckpoint()));
      return captured;
    } catch (error) {
      throw ioError(`Capturing ${this.#where}`, error);
    }
  }

  /** No more appends; gives back descriptors and memory. */
  close(): void {
    this.#end(
      new StorageError(
        'HW_BROKER_STORAGE_CLOSED',
        'KAFKA_STORAGE_ERROR',
        `The log of ${this.#where} is closed: the broker stops.`,
      ),
    );
  }

  get isDeleted(): boolean {
    return this.#isDeleted;
  }

  /** The topic is deleted: wakes those who wait, so that they see it. */
  markDeleted(): void {
    this.#isDeleted = true;
    this.#end(
      new StorageError('HW_BROKER_STORAGE_CLOSED', 'UNKNOWN_TOPIC_OR_PARTITION', `The topic ${this.topic} is deleted.`),
    );
    this.#notify();
  }

  #end(refusal: StorageError): void {
    this.#refusal = refusal;
    this.#flushTimer?.cancel();
    this.#flushTimer = null;
    this.#cache.clear();
    for (const segment of this.#segments) segment.release();
  }

  /** Made when it is needed: most logs are not compacted. */
  get #cleaner(): Compaction {
    const partition = this;
    this.#compaction ??= new Compaction({
      get segments() {
        return partition.#segments;
      },
      get config() {
        return partition.config;
      },
      get lastStableOffset() {
        return partition.lastStableOffset;
      },
      aborted: (fromOffset, toOffset) => this.abortedTransactions(fromOffset, toOffset),
      cleanerKeyBytes: this.#context.limits.cleanerKeyBytes,
      place: this.#segmentPlace,
      checkpoint: () => this.checkpoint(),
      checkUsable: () => {
        if (this.#refusal !== null) throw this.#refusal;
      },
      swapFailed: (error) => {
        this.#refusal = ioError(`Compacting ${this.#where}`, error);
      },
      removeFiles: (paths) => this.#context.removeFiles(paths),
    });
    return this.#compaction;
  }

  get #segmentPlace(): SegmentPlace {
    const partition = this;
    this.#place ??= {
      pool: this.#context.pool,
      directory: this.directory,
      get indexIntervalBytes() {
        return partition.config.indexIntervalBytes;
      },
      onRebuilt: (segment) =>
        this.#context.recorder.add({
          kind: 'index-rebuilt',
          where: this.#where,
          message: `The indexes of ${segmentFileName(segment.baseOffset, 'log')} were missing or wrong and were made anew.`,
          offset: segment.baseOffset,
        }),
    };
    return this.#place;
  }

  /** The result of the first time when an idempotent producer sends a batch again. */
  #checkSequences(headers: BatchHeader[]): AppendResult | null {
    const first = headers[0]!;
    if (headers.length === 1) {
      const appended = first.isIdempotent ? this.#producers.check(first, this.#where) : null;
      if (appended === null) return null;
      const { lastOffset, offsetDelta, timestamp } = appended;
      return {
        baseOffset: lastOffset - offsetDelta,
        lastOffset,
        logAppendTime: this.config.timestampType === 'LogAppendTime' ? timestamp : -1,
        logStartOffset: this.#logStartOffset,
        duplicate: true,
        // The first one may still wait for its fsync, and then this one must too.
        flushed: lastOffset >= this.#highWatermark ? this.#durable() : null,
      };
    }
    // Kafka takes one batch a partition from producers with sequences, which makes an append of several all or nothing.
    if (headers.some((header) => header.isIdempotent)) {
      throw refused('INVALID_RECORD', `Several batches for ${this.#where} in one request, of an idempotent producer.`);
    }
    return null;
  }

  /** Sets offset, epoch and time in the bytes; returns the headers as they are then. */
  #stamp(records: Buffer, received: BatchHeader[], logAppendTime: number | null): BatchHeader[] {
    let at = 0;
    let offset = this.#nextOffset;
    return received.map(({ sizeBytes, lastOffsetDelta }) => {
      setBaseOffset(records, at, offset);
      setLeaderEpoch(records, at, this.leaderEpoch);
      if (logAppendTime !== null) setMaxTimestampAndType(records, at, logAppendTime, 'LogAppendTime');
      const header = readBatchHeader(records, at);
      offset += lastOffsetDelta + 1;
      at += sizeBytes;
      return header;
    });
  }

  #write(records: Buffer, headers: BatchHeader[], now: number): void {
    try {
      if (this.#hasTornEnd) this.#cutTornEnd();
      if (this.#segments.count === 0) this.#begin();
      else if (this.#isRollDue(records.length, headers.at(-1)!.lastOffset, now)) this.#roll();
      const segment = this.#segments.active;
      segment.ensureIndexes();
      try {
        segment.log.writeSync(records, segment.sizeBytes);
      } catch (error) {
        this.#hasTornEnd = true;
        this.#cutTornEnd();
        throw error;
      }
      if (segment.firstAppendAtMs < 0) segment.firstAppendAtMs = now;
    } catch (error) {
      this.#context.counters.failedAppends++;
      throw ioError(`Appending to ${this.#where}`, error);
    }
  }

  /** Takes written batches into account. */
  #note(headers: BatchHeader[], records: Buffer): void {
    const segment = this.#segments.active;
    let at = 0;
    for (const header of headers) {
      segment.noteBatch(header, segment.sizeBytes);
      if (header.isIdempotent) {
        noteProducer(this.#producers, segment, header, records.subarray(at, at + header.sizeBytes));
      }
      at += header.sizeBytes;
    }
    this.#nextOffset = headers.at(-1)!.nextOffset;
  }

  #begin(): void {
    const { files } = this.#context.pool;
    if (!this.#hasDirectory) {
      files.makeDirectory(this.directory);
      files.replaceFile(`${this.directory}/${ownerFileName}`, encodeOwner(this.topicId), false);
      this.#hasDirectory = true;
      this.#context.directoryMade(this.#where);
    }
    this.#startSegment();
  }

  #isRollDue(sizeBytes: number, lastOffset: number, now: number): boolean {
    const segment = this.#segments.active;
    if (segment.sizeBytes === 0) return false;
    const { segmentBytes, segmentJitterMs, segmentIndexBytes, isCompacted, maxCompactionLagMs } = this.config;
    // Only closed segments are compacted, so one must be closed in time.
    const segmentMs = Math.min(this.config.segmentMs, isCompacted ? maxCompactionLagMs : Number.POSITIVE_INFINITY);
    return (
      segment.sizeBytes + sizeBytes > segmentBytes ||
      now - segment.firstAppendAtMs > segmentMs - Math.min(segmentJitterMs, segmentMs) * this.#jitterShare ||
      segment.offsetIndex.sizeBytes + 8 > segmentIndexBytes ||
      lastOffset - segment.baseOffset > relativeOffsetMax
    );
  }

  /** Spreads partitions over the jitter, always the same way. */
  get #jitterShare(): number {
    return (this.partition * 0.618033988749895 + this.topic.length * 0.1) % 1;
  }

  #roll(): void {
    this.#segments.active.finishIndexes();
    this.#segments.active.offsetIndex.file.release();
    this.#segments.active.timeIndex.file.release();
    this.#startSegment();
    // Syncs the closed segment in the background, so that a start need not read it.
    this.#context.checkpointSoon(this);
    if (this.config.isCompacted) this.#context.cleaningDue(this);
  }

  #startSegment(): void {
    const segment = new Segment(this.#segmentPlace, this.#nextOffset);
    segment.begin();
    this.#segments.add(segment);
    this.#isDirectoryUnsynced = true;
  }

  #cutTornEnd(): void {
    const { active } = this.#segments;
    active.log.truncate(active.sizeBytes);
    active.noteUnsynced();
    this.#hasTornEnd = false;
    this.#context.checkpointDue(this);
  }

  #flushPolicy(recordsCount: number): Promise<void> | null {
    const { flushMessages, flushMs } = this.config;
    this.#unflushedRecords += recordsCount;
    if (this.#unflushedRecords >= flushMessages) {
      return this.#durable();
    }
    if (flushMs !== Number.POSITIVE_INFINITY && this.#flushTimer === null) {
      this.#flushTimer = this.#context.clock.schedule(flushMs, () => {
        this.#flushTimer = null;
        this.flush().catch(() => {});
      });
    }
    return null;
  }

  /**
   * What a killed process wrote and did not sync is for readers now, and acknowledged when it is sent again: where acknowledged means
   * synced, it must be on the disk first.
   */
  #syncRecovered(): void {
    for (const segment of this.#segments.unsynced) {
      segment.log.syncSync();
      segment.syncedBytes = segment.sizeBytes;
    }
    this.#context.pool.files.syncDirectory(this.directory);
  }

  /** Resolves when all that is written now is on the disk, which readers wait for as well. */
  #durable(): Promise<void> {
    const flushed = this.#flushGate.require(
      this.#nextOffset,
      () => this.#nextOffset,
      (end) => this.#advance(end),
    );
    // Nobody need wait (acks=0): then a failure must not end the process.
    flushed.catch(() => {});
    return flushed;
  }

  async #sync(): Promise<void> {
    // What a failed one did not get to the disk no later one does, though it succeeds.
    if (this.hasFailed) throw this.#refusal;
    this.#unflushedRecords = 0;
    try {
      for (const segment of this.#segments.unsynced) {
        const { sizeBytes } = segment;
        await segment.log.sync();
        segment.syncedBytes = Math.max(segment.syncedBytes, Math.min(sizeBytes, segment.sizeBytes));
      }
      if (this.#isDirectoryUnsynced) {
        // Before the waiting: a segment may be begun meanwhile.
        this.#isDirectoryUnsynced = false;
        this.#context.pool.files.syncDirectory(this.directory);
        // The topic itself may be new, as those of the coordinators are that nobody waited for.
        await this.#context.flushMetadata();
      }
      this.#context.counters.flushes++;
    } catch (error) {
      throw this.#syncFailed(error);
    }
  }

  /**
   * After a failed fsync the system may have dropped the pages, and a second fsync would succeed without them: nothing more is
   * appended until a restart has read back what is really there.
   */
  #syncFailed(error: unknown): StorageError {
    if (this.#refusal !== null) return this.#refusal;
    const failure = ioError(`Syncing ${this.#where}`, error);
    this.#context.logger.error(
      { where: this.#where, err: failure },
      'fsync failed; the partition takes no more records until a restart',
    );
    this.#refusal = failure;
    return failure;
  }

  #advance(offset: number): void {
    if (offset <= this.#highWatermark) return;
    this.#highWatermark = offset;
    this.#notify();
  }

  #notify(): void {
    if (this.#listeners.size === 0) return;
    // A copy: a listener may leave and another come meanwhile.
    for (const listener of [...this.#listeners]) listener();
  }

  async #writeCheckpoint(): Promise<void> {
    if (!this.#isLoaded || this.#segments.count === 0) return;
    // All of it as it is now; what is appended during the sync is left to the next checkpoint.
    const bytes = this.#encodeCheckpoint();
    const { dirty } = this.#segments;
    for (const each of dirty) each.writeIndexes();
    await this.flush();
    await Promise.all(dirty.map((each) => each.syncIndexes()));
    if (this.#refusal !== null) return;
    await writeCheckpoint(this.#context.pool.files, this.directory, bytes);
  }

  #encodeCheckpoint(): Buffer {
    const segment = this.#segments.active;
    return encodeCheckpoint({
      topicId: this.topicId,
      baseOffset: segment.baseOffset,
      position: segment.sizeBytes,
      lastBatchPosition: segment.lastBatchPosition,
      lastBatchCrc: segment.lastBatchCrc,
      endOffset: this.#nextOffset,
      maxTimestamp: segment.maxTimestamp,
      offsetOfMaxTimestamp: segment.offsetOfMaxTimestamp,
      firstAppendAtMs: segment.firstAppendAtMs,
      bytesSinceIndexEntry: segment.bytesSinceIndexEntry,
      cleaning: this.#compaction?.history.state() ?? [],
      producers: this.#producers.snapshot(),
    });
  }

  async #readFiles(
    offset: number,
    endOffset: number,
    maxBytes: number,
    minOneBatch: boolean,
    memory: ReadMemory,
  ): Promise<Buffer[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        // The first one ends before the offset when cleaning left a gap there; then it is the next that has anything.
        for (const segment of this.#segments.from(offset)) {
          const bytes = await segment.read(offset, endOffset, maxBytes, minOneBatch, memory);
          if (bytes !== null) return bytes.length === 0 ? [] : [bytes];
        }
        return [];
      } catch (error) {
        if (offset < this.#logStartOffset) throw this.#outOfRange(offset);
        if (this.#refusal !== null) throw this.#refusal;
        if (attempt === readAttemptsMax) throw ioError(`Reading ${this.#where}`, error);
      }
    }
  }

  #lookUp(find: (range: ReadableRange) => TimestampOffset | null): TimestampOffset | null {
    this.load();
    try {
      return find({ start: this.#logStartOffset, end: this.#highWatermark });
    } catch (error) {
      throw ioError(`Looking up a time in ${this.#where}`, error);
    }
  }

  #deletable(now: number): Segment[] {
    if (this.#refusal !== null || this.#compaction?.isRunning === true) return [];
    try {
      return deletableSegments(this.#segments, this.config, this.#logStartOffset, now);
    } catch (error) {
      throw ioError(`Retention of ${this.#where}`, error);
    }
  }

  #outOfRange(offset: number): StorageError {
    return refused(
      'OFFSET_OUT_OF_RANGE',
      `Offset ${offset} of ${this.#where} is not between ${this.#logStartOffset} and ${this.#nextOffset}.`,
    );
  }
}
