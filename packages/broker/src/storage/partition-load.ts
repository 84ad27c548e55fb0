import { type Checkpoint, checkpointFileName, readCheckpoint } from './checkpoint.ts';
import type { CleaningState } from './cleaning-history.ts';
import { readOwner } from './partition-owner.ts';
import { noteProducer } from './producer-note.ts';
import { ProducerStates } from './producer-states.ts';
import type { RecoveryRecorder } from './recovery-report.ts';
import { indexBaseOffset, Segment, type SegmentPlace, segmentBaseOffset, segmentFileName } from './segment.ts';
import { scanSegment } from './segment-scan.ts';
import { finishSwaps } from './segment-swap.ts';

export interface LoadedPartition {
  /** By base offset; the last one is written to. */
  segments: Segment[];
  nextOffset: number;
  producers: ProducerStates;
  cleaning: CleaningState;
  /** Nothing was appended after the checkpoint. */
  isCheckpointed: boolean;
}

export interface LoadOptions {
  place: SegmentPlace;
  /** Whose records these must be. */
  topicId: string;
  /** For messages: `orders-0`. */
  where: string;
  now: number;
  producerIdExpirationMs: number;
  isCompacted: boolean;
  /** Records below it are deleted; 0 when nothing was. */
  logStartOffset: number;
  recorder: RecoveryRecorder;
}

/** Files that an interrupted deletion or cleaning leaves behind. */
const leftover = /\.(deleted|cleaned|tmp)$/;

/**
 * Opens the log in a directory: finds the segments, reads what was appended after the checkpoint with its CRCs, cuts what is not
 * whole, and puts indexes and producer state together. Null when there is no such directory; `foreign` when it holds another
 * topic's records.
 *
 * Bytes below the checkpoint were synced and are trusted, so a start reads little however large the log is.
 */
export function loadPartition(options: LoadOptions): LoadedPartition | 'foreign' | null {
  const { place, topicId, recorder } = options;
  const { files } = place.pool;
  const names = listNames(place);
  if (names === null) return null;
  finishSwaps(files, place.directory, names);
  recorder.partitionsChecked++;
  const hasCheckpoint = names.has(checkpointFileName);
  const checkpoint = hasCheckpoint ? readCheckpoint(files, place.directory) : null;
  const owner = checkpoint?.topicId ?? readOwner(files, place.directory);
  if (owner !== undefined && owner !== topicId) return 'foreign';
  const loader = new Loader(options, findSegments(place, names));
  if (checkpoint !== null && loader.startFrom(checkpoint)) return loader.finish();
  if (hasCheckpoint) loader.reportLostCheckpoint();
  loader.startWithoutCheckpoint(hasCheckpoint);
  return loader.finish();
}

function listNames(place: SegmentPlace): Set<string> | null {
  try {
    return new Set(place.pool.files.list(place.directory).map(({ name }) => name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The segments by base offset, after tidying what an interrupted deletion left. */
function findSegments(place: SegmentPlace, names: ReadonlySet<string>): Segment[] {
  const { files } = place.pool;
  const bases: number[] = [];
  for (const name of names) {
    const base = segmentBaseOffset(name, 'log');
    if (base !== null) bases.push(base);
    const indexed = indexBaseOffset(name);
    const isAlone = indexed !== null && !names.has(segmentFileName(indexed, 'log'));
    if (isAlone || leftover.test(name)) files.remove(`${place.directory}/${name}`);
  }
  return bases
    .sort((a, b) => a - b)
    .map((base) => {
      const segment = new Segment(place, base);
      segment.sizeBytes = files.sizeBytes(segment.log.path);
      segment.syncedBytes = segment.sizeBytes;
      return segment;
    });
}

class Loader {
  readonly #options: LoadOptions;
  readonly #segments: Segment[];
  readonly #producers = new ProducerStates();
  #cleaning: CleaningState = [];
  #nextOffset = 0;
  #isCheckpointed = true;
  /** What is scanned was never compacted: no offset is missing between two segments. */
  #isContiguous = false;

  constructor(options: LoadOptions, segments: Segment[]) {
    this.#options = options;
    this.#segments = segments;
    this.#dropEmpty();
  }

  /** Only the last segment may be empty, or the first, which then says where the log begins. */
  #dropEmpty(): void {
    for (let at = this.#segments.length - 2; at > 0; at--) if (this.#segments[at]!.sizeBytes === 0) this.#drop(at);
  }

  /** Scans what came after the checkpoint. False, with nothing changed, when it does not belong to these files. */
  startFrom(checkpoint: Checkpoint): boolean {
    const at = this.#segments.findIndex(({ baseOffset }) => baseOffset === checkpoint.baseOffset);
    if (at < 0) {
      // Retention may have removed the segment since; what is left must all be newer.
      if (this.#segments.length === 0 || this.#segments[0]!.baseOffset < checkpoint.endOffset) return false;
      this.#restore(checkpoint);
      this.#scanFrom(0);
      return true;
    }
    const segment = this.#segments[at]!;
    if (!matches(segment, checkpoint)) return false;
    this.#restore(checkpoint);
    this.#nextOffset = checkpoint.endOffset;
    const fileBytes = segment.sizeBytes;
    segment.maxTimestamp = checkpoint.maxTimestamp;
    segment.offsetOfMaxTimestamp = checkpoint.offsetOfMaxTimestamp;
    segment.bytesSinceIndexEntry = checkpoint.bytesSinceIndexEntry;
    segment.firstAppendAtMs = checkpoint.firstAppendAtMs;
    segment.lastBatchPosition = checkpoint.lastBatchPosition;
    segment.lastBatchCrc = checkpoint.lastBatchCrc;
    segment.trustIndexesBelow(checkpoint.position, checkpoint.endOffset);
    if (checkpoint.position < fileBytes) segment.transactionIndex.keepBelow(checkpoint.endOffset);
    segment.sizeBytes = checkpoint.position;
    this.#scan(segment, checkpoint.position, fileBytes);
    this.#keepContiguous(at);
    if (at < this.#segments.length - 1) segment.finishIndexes();
    this.#scanFrom(at + 1);
    return true;
  }

  /** Reads everything: which of it was ever synced is not known. Without one ever there was no compaction, which begins with one. */
  startWithoutCheckpoint(isLost: boolean): void {
    this.#isContiguous = !isLost && !this.#options.isCompacted;
    this.#scanFrom(0);
  }

  #restore(checkpoint: Checkpoint): void {
    this.#producers.restore(checkpoint.producers);
    this.#cleaning = checkpoint.cleaning;
    // Compaction begins with a checkpoint and stays below it.
    this.#isContiguous = true;
  }

  reportLostCheckpoint(): void {
    this.#options.recorder.add({
      kind: 'checkpoint-ignored',
      where: this.#options.where,
      message: 'The checkpoint is missing or does not match the segments; all of them were read instead.',
    });
  }

  finish(): LoadedPartition {
    this.#producers.expire(this.#options.now, this.#options.producerIdExpirationMs);
    // A roll that failed half way leaves an empty file; records that went on into the segment before it would be hidden by it.
    const last = this.#segments.at(-1);
    if (last?.sizeBytes === 0 && last.baseOffset < this.#nextOffset) this.#drop(this.#segments.length - 1);
    this.#nextOffset = Math.max(this.#nextOffset, this.#segments.at(-1)?.baseOffset ?? 0);
    return {
      segments: this.#segments,
      nextOffset: this.#nextOffset,
      producers: this.#producers,
      cleaning: this.#cleaning,
      isCheckpointed: this.#isCheckpointed,
    };
  }

  #scanFrom(index: number): void {
    for (let at = index; at < this.#segments.length; at++) {
      const segment = this.#segments[at]!;
      const fileBytes = segment.sizeBytes;
      segment.clearIndexes();
      segment.transactionIndex.keepBelow(0);
      segment.sizeBytes = 0;
      this.#nextOffset = Math.max(this.#nextOffset, segment.baseOffset);
      this.#scan(segment, 0, fileBytes);
      this.#keepContiguous(at);
      if (at === this.#segments.length - 1) break;
      if (segment.sizeBytes > 0) segment.finishIndexes();
      else if (at === 0) continue;
      else this.#drop(at--);
    }
  }

  /**
   * A power cut may take the end of a segment and leave one that was begun after it. What follows such a gap goes too: of a
   * transaction or of a producer's sequence a beginning may be left, never an end without it.
   */
  #keepContiguous(at: number): void {
    const next = this.#segments[at + 1];
    if (!this.#isContiguous || next === undefined) return;
    if (next.baseOffset <= Math.max(this.#nextOffset, this.#options.logStartOffset)) return;
    const reason = `offsets ${this.#nextOffset} to ${next.baseOffset - 1} before it never reached the disk`;
    for (let last = this.#segments.length - 1; last > at; last--) this.#drop(last, reason);
    const { place } = this.#options;
    place.pool.files.syncDirectory(place.directory);
  }

  #scan(segment: Segment, start: number, end: number): void {
    const { recorder, now } = this.#options;
    // What the process before did to it after the checkpoint it may not have synced.
    segment.noteUnsynced();
    if (start === end) return;
    this.#isCheckpointed = false;
    if (segment.firstAppendAtMs < 0) segment.firstAppendAtMs = now;
    const result = scanSegment({
      file: segment.log,
      start,
      end,
      firstOffset: Math.max(this.#nextOffset, segment.baseOffset),
      isThorough: true,
      visit: (header, position, batch) => {
        segment.noteBatch(header, position);
        noteProducer(this.#producers, segment, header, batch);
        this.#nextOffset = header.nextOffset;
      },
    });
    recorder.scannedBytes += result.scannedBytes;
    if (result.problem === null) return;
    segment.log.truncate(result.end);
    // Or a second power cut could bring back whole batches from there behind those that are written in their place.
    segment.log.syncSync();
    recorder.add({
      kind: 'tail-cut',
      where: this.#options.where,
      message: `Cut ${end - result.end} bytes off ${segmentFileName(segment.baseOffset, 'log')} after offset ${this.#nextOffset - 1}: ${result.problem}.`,
      bytes: end - result.end,
      offset: this.#nextOffset,
    });
  }

  #drop(at: number, reason = 'it held no whole batch'): void {
    const [segment] = this.#segments.splice(at, 1);
    segment!.release();
    for (const { path } of segment!.files()) this.#options.place.pool.files.remove(path);
    this.#options.recorder.add({
      kind: 'segment-dropped',
      where: this.#options.where,
      message: `Removed ${segmentFileName(segment!.baseOffset, 'log')}: ${reason}.`,
      offset: segment!.baseOffset,
    });
  }
}

function matches(segment: Segment, checkpoint: Checkpoint): boolean {
  if (segment.sizeBytes < checkpoint.position) return false;
  // A file of just that size is that file, so that nothing need be opened after a clean shutdown.
  if (checkpoint.position === 0 || segment.sizeBytes === checkpoint.position) return true;
  const header = segment.headerAt(checkpoint.lastBatchPosition);
  return (
    header !== null &&
    header.crc === checkpoint.lastBatchCrc &&
    checkpoint.lastBatchPosition + header.sizeBytes === checkpoint.position
  );
}
