import { type BatchBuilder, type BatchOptions, type RecordInput, recordSizeMax } from '@headwater/protocol';
import type { PartitionQueue } from './partition-queue.ts';
import type { PreparedBatch } from './prepared-batch.ts';

export interface RecordResult {
  topic: string;
  partition: number;
  /** -1 when the broker was not asked for an answer (acks 0). */
  offset: number;
  /** The record's own, or the broker's where the topic has the log append time. */
  timestamp: number;
}

export interface BatchResult {
  baseOffset: number;
  /** -1: records keep their own timestamps. */
  logAppendTimeMs: number;
}

/** Records on their way to one partition, already in the form in which they are sent. */
export class ProducerBatch {
  readonly queue: PartitionQueue;
  /** Its place among the batches of the queue. */
  readonly order: number;
  readonly createdAtMs: number;
  readonly done: Promise<BatchResult>;
  readonly resolve: (result: BatchResult) => void;
  readonly reject: (error: unknown) => void;
  /** Set when the batch is first sent, and kept for every further attempt: so the broker knows it again. */
  producer: { id: number; epoch: number; sequence: number } | null = null;
  /** The finished bytes, once sent. */
  bytes: Buffer | null = null;
  attempts = 0;
  /** A request with it got lost: whether the broker has appended it is not known. */
  isUncertain = false;
  readonly isSealed: boolean;
  private readonly builder: BatchBuilder | PreparedBatch;

  /** A sealed batch takes no more records, and need not wait for any. */
  constructor(queue: PartitionQueue, builder: BatchBuilder | PreparedBatch, isSealed = false) {
    this.queue = queue;
    this.order = queue.takeOrder();
    this.createdAtMs = Date.now();
    this.builder = builder;
    this.isSealed = isSealed;
    const { promise, resolve, reject } = Promise.withResolvers<BatchResult>();
    this.done = promise;
    this.resolve = resolve;
    this.reject = reject;
    // Whoever sent the records hears of it; the batch itself must not be the one that nobody listens to.
    promise.catch(() => {});
  }

  get topic(): string {
    return this.queue.topic;
  }

  get partition(): number {
    return this.queue.partition;
  }

  get recordsCount(): number {
    return this.builder.recordsCount;
  }

  get sizeBytes(): number {
    return this.builder.sizeBytes;
  }

  hasRoom(record: RecordInput, batchBytes: number): boolean {
    if (this.isSealed || this.attempts > 0) return false;
    return this.recordsCount === 0 || this.sizeBytes + recordSizeMax(record) <= batchBytes;
  }

  /** Appends and gives the record's place in the batch. */
  append(record: RecordInput, timestamp: number): number {
    return (this.builder as BatchBuilder).append(record, timestamp);
  }

  finish(options: BatchOptions): Buffer {
    this.bytes ??= this.builder.finish(options);
    return this.bytes;
  }

  /** To be sent as if it never had been, under another producer id. */
  restart(): void {
    this.producer = null;
    this.bytes = null;
  }
}
