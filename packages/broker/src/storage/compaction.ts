import { CleaningHistory } from './cleaning-history.ts';
import { type CleanedGroup, cleanSegments, removeDraft } from './log-cleaner.ts';
import { Segment, type SegmentPlace } from './segment.ts';
import type { SegmentList } from './segment-list.ts';
import { swapSegments } from './segment-swap.ts';
import type { TopicConfig } from './topic-config.ts';
import type { AbortedTransaction } from './types.ts';

/** The log that is compacted. */
export interface CompactedLog {
  readonly segments: SegmentList;
  readonly config: TopicConfig;
  readonly lastStableOffset: number;
  readonly cleanerKeyBytes: number;
  aborted(fromOffset: number, toOffset: number): AbortedTransaction[];
  readonly place: SegmentPlace;
  checkpoint(): Promise<void>;
  /** Throws when the log takes no changes any more. */
  checkUsable(): void;
  /** A swap stopped half way: only a restart puts the files in order. */
  swapFailed(error: unknown): void;
  removeFiles(paths: string[]): void;
}

/** When a log is compacted, and how what the cleaner made gets into its place. */
export class Compaction {
  readonly history = new CleaningHistory();
  readonly #log: CompactedLog;
  #isRunning = false;

  constructor(log: CompactedLog) {
    this.#log = log;
  }

  /** Segments must not be deleted meanwhile. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Whether enough of the closed segments is dirty, or something has been dirty for too long. */
  isDue(now: number): boolean {
    const { segments, config } = this.#log;
    if (!config.isCompacted || this.#isRunning) return false;
    const cleanable = this.#cleanable(now);
    const dirty = cleanable.filter((segment) => segments.endOffset(segment) > this.history.cleanedBelow);
    if (dirty.length === 0) return false;
    const dirtyBytes = sumBytes(dirty);
    if (dirtyBytes > 0 && dirtyBytes >= sumBytes(cleanable) * config.minCleanableDirtyRatio) return true;
    return now - dirty[0]!.firstTimestamp() > config.maxCompactionLagMs;
  }

  /** Returns how many records went. */
  async run(now: number): Promise<number> {
    if (!this.isDue(now)) return 0;
    this.#isRunning = true;
    try {
      return await this.#clean(now);
    } finally {
      this.#isRunning = false;
    }
  }

  async #clean(now: number): Promise<number> {
    const log = this.#log;
    // From now on the checkpoint points to the active segment, which is not touched.
    await log.checkpoint();
    const { endOffset, groups, removedRecords } = await cleanSegments({
      place: log.place,
      segments: this.#cleanable(now),
      firstDirtyOffset: this.history.cleanedBelow,
      tombstonesGoneBelow: this.history.tombstonesGoneBelow(now, log.config.deleteRetentionMs),
      segmentBytes: log.config.segmentBytes,
      keyBytesMax: log.cleanerKeyBytes,
      aborted: log.aborted(log.segments.first?.baseOffset ?? 0, log.lastStableOffset),
      check: () => log.checkUsable(),
    });
    for (const [at, group] of groups.entries()) {
      try {
        this.#swap(group);
      } catch (error) {
        for (const { draft } of groups.slice(at)) removeDraft(draft);
        throw error;
      }
    }
    this.history.note(endOffset, now);
    await log.checkpoint();
    return removedRecords;
  }

  /** Closed segments from the start on whose records are all old enough and decided. */
  #cleanable(now: number): Segment[] {
    const { segments, config, lastStableOffset } = this.#log;
    return segments.oldestWhile((segment, endOffset) => {
      if (endOffset > lastStableOffset) return false;
      if (config.minCompactionLagMs === 0) return true;
      segment.ensureIndexes();
      return segment.maxTimestamp <= now - config.minCompactionLagMs;
    });
  }

  #swap({ segments, draft }: CleanedGroup): void {
    const log = this.#log;
    log.checkUsable();
    const place = log.place;
    const isFirst = segments[0] === log.segments.first;
    if (draft.sizeBytes === 0 && !isFirst) {
      removeDraft(draft);
      for (const segment of segments) segment.retire();
      log.removeFiles(segments.flatMap((segment) => segment.paths()));
      log.segments.replace(segments, []);
      return;
    }
    // The first segment stays even when it is empty: it says how far back the log goes, and consumers may have positions there.
    const endOffset = log.segments.endOffset(segments.at(-1)!);
    try {
      swapSegments(place, segments, draft, endOffset, (paths) => log.removeFiles(paths));
    } catch (error) {
      log.swapFailed(error);
      throw error;
    }
    const replacement = new Segment(place, draft.baseOffset);
    replacement.sizeBytes = draft.sizeBytes;
    replacement.syncedBytes = draft.sizeBytes;
    log.segments.replace(segments, [replacement]);
  }
}

function sumBytes(segments: Segment[]): number {
  return segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
