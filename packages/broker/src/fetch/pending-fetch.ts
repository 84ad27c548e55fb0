import { ErrorCode, type FetchRequest, type FetchResponseInput, iterateBatches } from '@headwater/protocol';
import type { ClockTimer } from '../clock/clock.ts';
import type { BrokerContext } from '../context.ts';
import { countRecords } from '../flow.ts';
import type { Request } from '../network/request.ts';
import {
  type AbortedTransaction,
  type Isolation,
  type MemoryLease,
  type PartitionLog,
  type ReadMemory,
  StorageError,
} from '../storage/index.ts';
import { storageErrorCode } from '../storage-error-code.ts';
import type { Waiter } from './fetch-waiters.ts';

type PartitionAnswer = FetchResponseInput['responses'][number]['partitions'][number];

/** One partition of a fetch: what is asked for, and what was found. */
interface Part {
  readonly log: PartitionLog | null;
  readonly partition: number;
  readonly offset: number;
  readonly maxBytes: number;
  errorCode: number;
  records: Buffer[];
  /** For `read_committed`: those with records in what was found. */
  aborted: AbortedTransaction[];
}

interface TopicPart {
  readonly name: string;
  readonly topicId: string;
  readonly parts: Part[];
}

const nothing: Buffer[] = [];
const noneAborted: AbortedTransaction[] = [];
/** What one fetch gets while clients leave too much unread: still a batch, so that everybody goes on. */
const scarceBytes = 64 * 1024;

/**
 * A fetch from its arrival to its answer. It reads; when that is less than it asks for and no error is to be told, it waits for
 * appends to its partitions, at most `maxWaitMs`, and reads again.
 */
export class PendingFetch implements Waiter, ReadMemory {
  readonly #context: BrokerContext;
  readonly #request: Request;
  readonly #body: FetchRequest;
  readonly #topics: TopicPart[] = [];
  /** Memory of file reads that is given back when the answer has left. */
  #taken: Buffer[] = [];
  #held: MemoryLease[] = [];
  #foundBytes = 0;
  #hasError = false;
  #timer: ClockTimer | null = null;
  #isTimeUp = false;
  #isReading = false;
  #isDone = false;
  /** Size of all its partitions when it began to wait: tells how much has come since without reading. */
  #sizeBytesBefore = 0;
  readonly #isolation: Isolation;

  constructor(context: BrokerContext, request: Request, body: FetchRequest) {
    this.#isolation = body.isolationLevel === 0 ? 'read_uncommitted' : 'read_committed';
    this.#context = context;
    this.#request = request;
    this.#body = body;
  }

  addTopic(name: string, topicId: string): void {
    this.#topics.push({ name, topicId, parts: [] });
  }

  /** Adds to the topic added last; without a log there is an error to tell. */
  addPartition(log: PartitionLog | null, partition: number, offset: number, maxBytes: number, errorCode: number): void {
    const topic = this.#topics[this.#topics.length - 1]!;
    topic.parts.push({ log, partition, offset, maxBytes, errorCode, records: nothing, aborted: noneAborted });
    if (errorCode !== 0) this.#hasError = true;
  }

  /** Storage asks for memory to read a file into. */
  take(sizeBytes: number): Buffer {
    const buffer = this.#context.readBuffers.take(sizeBytes);
    this.#taken.push(buffer);
    return buffer;
  }

  /** The cache gave parts of its memory. */
  hold(lease: MemoryLease): void {
    this.#held.push(lease);
  }

  start(): void {
    this.#giveBack();
    const reading = this.#read(0, 0, this.#maxBytes());
    if (reading === null) this.#afterRead();
    else this.#readCold(reading);
  }

  /** More has come (called at the end of a turn). */
  wake(): void {
    if (this.#isDone || this.#isReading) return;
    const { minBytes } = this.#body;
    // A marker of a few bytes may make much readable for `read_committed`.
    const isGrowthAll = this.#isolation === 'read_uncommitted';
    if (isGrowthAll && minBytes > 1 && this.#foundBytes + this.#totalSizeBytes() - this.#sizeBytesBefore < minBytes)
      return;
    this.#stopWaiting();
    this.start();
  }

  finish(): void {
    this.#isTimeUp = true;
    if (!this.#isDone && !this.#isReading) this.#answer();
  }

  #maxBytes(): number {
    const { config } = this.#context;
    const maxBytes = Math.min(this.#body.maxBytes, config.number('fetch.max.bytes'));
    const isScarce = this.#context.unsentBytes() > config.number('headwater.send.memory.bytes');
    this.#foundBytes = 0;
    return isScarce ? Math.min(maxBytes, scarceBytes) : maxBytes;
  }

  /**
   * Reads from one partition on. What the cache has comes at once; the first read from a file stops here and gives its promise,
   * after which reading goes on behind it.
   */
  #read(firstTopic: number, firstPart: number, maxBytes: number): Promise<void> | null {
    for (let topicIndex = firstTopic; topicIndex < this.#topics.length; topicIndex++) {
      const { parts } = this.#topics[topicIndex]!;
      for (let index = topicIndex === firstTopic ? firstPart : 0; index < parts.length; index++) {
        const part = parts[index]!;
        const leftBytes = Math.min(part.maxBytes, maxBytes - this.#foundBytes);
        part.records = nothing;
        part.aborted = noneAborted;
        if (part.log === null || part.errorCode !== 0) continue;
        // The first batch found is given whole, or a batch larger than the limit would never be read.
        if (leftBytes <= 0 && this.#foundBytes > 0) continue;
        try {
          const found = part.log.read(
            part.offset,
            Math.max(0, leftBytes),
            this.#foundBytes === 0,
            this,
            this.#isolation,
          );
          if (found instanceof Promise) return this.#continueAfter(found, topicIndex, index, maxBytes);
          this.#take(part, found);
        } catch (error) {
          this.#fail(part, error);
        }
      }
    }
    return null;
  }

  async #continueAfter(found: Promise<Buffer[]>, topicIndex: number, index: number, maxBytes: number): Promise<void> {
    const part = this.#topics[topicIndex]!.parts[index]!;
    try {
      this.#take(part, await found);
    } catch (error) {
      this.#fail(part, error);
    }
    await this.#read(topicIndex, index + 1, maxBytes);
  }

  #readCold(reading: Promise<void>): void {
    this.#isReading = true;
    // Cannot reject: each read's own error goes into the answer of its partition.
    void reading.then(() => {
      this.#isReading = false;
      if (!this.#isDone) this.#afterRead();
    });
  }

  #take(part: Part, found: Buffer[]): void {
    if (this.#isolation === 'read_committed' && found.length > 0) {
      part.aborted = part.log!.abortedTransactions(part.offset, endOffset(found));
    }
    part.records = found;
    for (const buffer of found) this.#foundBytes += buffer.length;
  }

  #fail(part: Part, error: unknown): void {
    part.errorCode = storageErrorCode(error);
    this.#hasError = true;
    if (error instanceof StorageError && error.kafkaError !== 'KAFKA_STORAGE_ERROR') return;
    const { topic, partition } = part.log!;
    this.#context.logger.error({ error, topic, partition, offset: part.offset }, 'a read failed');
  }

  #afterRead(): void {
    const { maxWaitMs, minBytes } = this.#body;
    if (this.#request.connection.isClosed) return;
    const isEnough = this.#foundBytes >= minBytes || this.#hasError || this.#topics.length === 0;
    if (isEnough || this.#isTimeUp || maxWaitMs <= 0) this.#answer();
    else this.#wait(maxWaitMs);
  }

  #wait(maxWaitMs: number): void {
    const { clock, fetchWaiters } = this.#context;
    const waitedMs = clock.monotonicMs() - this.#request.receivedAtMs;
    this.#timer ??= clock.schedule(Math.max(0, maxWaitMs - waitedMs), () => this.finish());
    this.#request.onAbandoned = () => {
      this.#isDone = true;
      this.#stopWaiting();
      this.#timer?.cancel();
      // Nothing of it was sent.
      if (!this.#isReading) this.#giveBack();
    };
    this.#sizeBytesBefore = this.#totalSizeBytes();
    for (const { parts } of this.#topics) {
      for (const { log } of parts) if (log !== null) fetchWaiters.add(log, this);
    }
  }

  #stopWaiting(): void {
    for (const { parts } of this.#topics) {
      for (const { log } of parts) if (log !== null) this.#context.fetchWaiters.remove(log, this);
    }
  }

  #totalSizeBytes(): number {
    let sizeBytes = 0;
    for (const { parts } of this.#topics) {
      for (const { log } of parts) sizeBytes += log?.sizeBytes ?? 0;
    }
    return sizeBytes;
  }

  #answer(): void {
    this.#isDone = true;
    if (this.#timer !== null) this.#stopWaiting();
    this.#timer?.cancel();
    const responses = this.#topics.map((topic) => ({
      topic: topic.name,
      topicId: topic.topicId,
      partitions: topic.parts.map((part) => this.#partitionAnswer(topic.name, part)),
    }));
    if (this.#taken.length > 0 || this.#held.length > 0) this.#request.onSent = () => this.#giveBack();
    this.#request.respondChunks(1, { errorCode: ErrorCode.NONE, sessionId: 0, responses });
  }

  #giveBack(): void {
    for (const buffer of this.#taken) this.#context.readBuffers.release(buffer);
    for (const lease of this.#held) lease.release();
    this.#taken = [];
    this.#held = [];
  }

  #partitionAnswer(topic: string, { log, partition, errorCode, records, aborted }: Part): PartitionAnswer {
    if (log === null || errorCode !== 0) return failedPartition(partition, errorCode, log === null);
    if (records.length > 0) this.#count(topic, records);
    const { highWatermark, logStartOffset } = log;
    return {
      partitionIndex: partition,
      errorCode: 0,
      highWatermark,
      lastStableOffset: log.lastStableOffset,
      logStartOffset,
      abortedTransactions: this.#isolation === 'read_uncommitted' ? null : aborted,
      records,
    };
  }

  #count(topic: string, records: Buffer[]): void {
    let count = 0;
    let sizeBytes = 0;
    for (const buffer of records) {
      count += countRecords(buffer);
      sizeBytes += buffer.length;
    }
    this.#context.flow.fetched(this.#request.clientId, topic, count, sizeBytes);
  }
}

/** The offset behind the last batch. */
function endOffset(found: Buffer[]): number {
  let end = 0;
  for (const { header } of iterateBatches(found[found.length - 1]!)) end = header.nextOffset;
  return end;
}

/** Kafka has an empty list where it knows no such partition, and none where it does. */
function failedPartition(partitionIndex: number, errorCode: number, isUnknown: boolean): PartitionAnswer {
  return {
    partitionIndex,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: isUnknown ? [] : null,
    records: nothing,
  };
}
