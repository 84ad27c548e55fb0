import type { FetchedBatch } from '../fetched-batch.ts';

/** Where to start without a position: an end of the log, the first record not older than a time, or an offset. */
export type StartSpec = 'earliest' | 'latest' | { timestamp: number };

/** One partition that a consumer holds: where it is, and what has been fetched of it and not been taken. */
export class PartitionState {
  readonly topic: string;
  readonly partition: number;
  /** Of the next batch to take. -1: not known yet. */
  position = -1;
  /** Of the next fetch. */
  fetchOffset = -1;
  /** After the last batch that the application is done with: what may be committed. */
  doneOffset = -1;
  committedOffset = -1;
  /** Of the record before `position`; -1: not known. */
  leaderEpoch = -1;
  highWatermark = -1;
  logStartOffset = -1;
  /** Up to where the isolation lets records be read; -1: not known yet. */
  endOffset = -1;
  isPaused = false;
  /** Where to look for the position; null: where the group has committed, or else where the consumer's options say. */
  startAt: StartSpec | null = null;
  leaderId: number | null = null;
  /** '' where the broker has no ids. */
  topicId = '';
  /** Counts seeks: answers to fetches from before one are dropped. */
  version = 0;
  /** In the line of those that have something to take. */
  isListed = false;
  isRemoved = false;
  queuedBytes = 0;
  private readonly batches: FetchedBatch[] = [];
  /** Where to go on after each of them: past control batches too. */
  private readonly nextOffsets: number[] = [];
  private head = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get hasBatches(): boolean {
    return this.head < this.batches.length;
  }

  push(batch: FetchedBatch): void {
    this.batches.push(batch);
    this.nextOffsets.push(batch.nextOffset);
    this.queuedBytes += batch.sizeBytes;
  }

  /** A batch without records for the application: the position goes past it with the batch before. */
  skip(nextOffset: number): void {
    if (this.hasBatches) this.nextOffsets[this.nextOffsets.length - 1] = nextOffset;
    else {
      if (this.doneOffset === this.position) this.doneOffset = nextOffset;
      this.position = nextOffset;
    }
  }

  take(): FetchedBatch {
    const batch = this.batches[this.head]!;
    this.position = this.nextOffsets[this.head]!;
    this.leaderEpoch = batch.header.partitionLeaderEpoch;
    this.queuedBytes -= batch.sizeBytes;
    this.head++;
    if (this.head === this.batches.length) this.clear();
    return batch;
  }

  /** The position is elsewhere from now on; -1: to be looked for. */
  moveTo(offset: number): void {
    this.version++;
    this.position = offset;
    this.fetchOffset = offset;
    this.doneOffset = offset;
    this.leaderEpoch = -1;
    this.clear();
  }

  private clear(): void {
    this.batches.length = 0;
    this.nextOffsets.length = 0;
    this.head = 0;
    this.queuedBytes = 0;
  }
}
