import { ErrorCode, type FetchRequest, type FetchResponseInput, iterateBatches } from '@headwater/protocol';
import type { ClockTimer } from '../clock/clock.ts';
import type { BrokerContext } from '../context.ts';
import { countRecords } from '../flow.ts';
import type { Request } from '../network/request.ts';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import {
  type AbortedTransaction,
  type Isolation,
  type MemoryLease,
  type ReadMemory,
  StorageError,
} from '../storage/index.ts';
import { storageErrorCode } from '../storage-error-code.ts';
import { type DivergingEpoch, divergingEpoch } from '../topics/leader-epoch.ts';
import type { FetchPart } from './fetch-part.ts';
import type { Waiter } from './fetch-waiters.ts';
import { type FetchPlan, nextEpoch } from './session-fetch.ts';

type TopicAnswer = FetchResponseInput['responses'][number];
type PartitionAnswer = TopicAnswer['partitions'][number];

/** What one read of a partition found, where it found anything. */
interface Found {
  readonly errorCode: number;
  readonly records: Buffer[];
  /** For `read_committed`: those with records in what was found. */
  readonly aborted: AbortedTransaction[];
  readonly diverging: DivergingEpoch | null;
}

const nothing: Buffer[] = [];
const noneAborted: AbortedTransaction[] = [];
const nothingFound: Found = { errorCode: 0, records: nothing, aborted: noneAborted, diverging: null };
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
  readonly #plan: FetchPlan;
  readonly #isolation: Isolation;
  #found = new Map<FetchPart, Found>();
  /** Memory of file reads that is given back when the answer has left. */
  #taken: Buffer[] = [];
  #held: MemoryLease[] = [];
  #foundBytes = 0;
  #hasError = false;
  #timer: ClockTimer | null = null;
  #isTimeUp = false;
  #isReading = false;
  #isDone = false;
  #isSuperseded = false;
  /** Size of all its partitions when it began to wait: tells how much has come since without reading. */
  #sizeBytesBefore = 0;

  constructor(context: BrokerContext, request: Request, body: FetchRequest, plan: FetchPlan) {
    this.#context = context;
    this.#request = request;
    this.#body = body;
    this.#plan = plan;
    this.#isolation = body.isolationLevel === 0 ? 'read_uncommitted' : 'read_committed';
    plan.session?.begin(this);
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
    if (this.#found.size > 0) this.#found = new Map();
    this.#findLogs();
    const reading = this.#read(0, this.#maxBytes());
    if (reading === null) this.#afterRead();
    else this.#readCold(reading);
  }

  /** More has come (called at the end of a turn). */
  wake(): void {
    if (this.#isDone || this.#isReading) return;
    const { minBytes } = this.#body;
    // A marker of a few bytes may make much readable for `read_committed`.
    const isGrowthAll = this.#isolation === 'read_uncommitted';
    if (isGrowthAll && minBytes > 1) {
      const grownBytes = this.#totalSizeBytes() - this.#sizeBytesBefore;
      if (this.#foundBytes + grownBytes < minBytes && !this.#plan.parts.some(({ log }) => log?.isDeleted)) return;
    }
    this.#stopWaiting();
    this.start();
  }

  finish(): void {
    this.#isTimeUp = true;
    if (!this.#isDone && !this.#isReading) this.#answer();
  }

  /** The session went on without it (a client that does not wait for answers): it has nothing to tell any more. */
  supersede(): void {
    this.#isSuperseded = true;
    this.finish();
  }

  #findLogs(): void {
    const { authorizer, store } = this.#context;
    const subject = this.#request.connection;
    let lastTopic = '';
    let mayRead = true;
    for (const part of this.#plan.parts) {
      let errorCode = part.find(store);
      // Partitions of a topic mostly follow each other: it is asked for once.
      if (!authorizer.isOpen && part.topic !== lastTopic) {
        lastTopic = part.topic;
        mayRead = lastTopic === '' || authorizer.isAllowed(subject, AclOperation.READ, ResourceType.TOPIC, lastTopic);
      }
      if (!mayRead) {
        part.log = null;
        errorCode = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
      }
      if (errorCode !== 0) this.#fail(part, errorCode);
    }
  }

  #maxBytes(): number {
    const { config } = this.#context;
    const { quota } = this.#request;
    const ofQuota = quota === null ? Number.POSITIVE_INFINITY : quota.maxFetchBytes;
    const maxBytes = Math.min(this.#body.maxBytes, config.number('fetch.max.bytes'), ofQuota);
    const isScarce = this.#context.unsentBytes() > config.number('headwater.send.memory.bytes');
    this.#foundBytes = 0;
    return isScarce ? Math.min(maxBytes, scarceBytes) : maxBytes;
  }

  /**
   * Reads from one partition on. What the cache has comes at once; the first read from a file stops here and gives its promise,
   * after which reading goes on behind it.
   */
  #read(first: number, maxBytes: number): Promise<void> | null {
    const { parts } = this.#plan;
    for (let index = first; index < parts.length; index++) {
      const part = parts[index]!;
      const { log, offset } = part;
      if (log === null || this.#found.has(part)) continue;
      const leftBytes = Math.min(part.maxBytes, maxBytes - this.#foundBytes);
      try {
        if (part.lastFetchedEpoch >= 0 && this.#hasDiverged(part)) continue;
        if (offset === log.highWatermark) continue;
        // The first batch found is given whole, or a batch larger than the limit would never be read.
        if (leftBytes <= 0 && this.#foundBytes > 0) continue;
        const isFirst = this.#foundBytes === 0;
        const found = log.read(offset, Math.max(0, leftBytes), isFirst, this, this.#isolation);
        if (found instanceof Promise) return this.#continueAfter(found, index, maxBytes);
        this.#take(part, found);
      } catch (error) {
        this.#failRead(part, error);
      }
    }
    return null;
  }

  async #continueAfter(found: Promise<Buffer[]>, index: number, maxBytes: number): Promise<void> {
    const part = this.#plan.parts[index]!;
    try {
      this.#take(part, await found);
    } catch (error) {
      this.#failRead(part, error);
    }
    await this.#read(index + 1, maxBytes);
  }

  #readCold(reading: Promise<void>): void {
    this.#isReading = true;
    // Cannot reject: each read's own error goes into the answer of its partition.
    void reading.then(() => {
      this.#isReading = false;
      if (!this.#isDone) this.#afterRead();
    });
  }

  #take(part: FetchPart, records: Buffer[]): void {
    if (records.length === 0) return;
    const isCommitted = this.#isolation === 'read_committed';
    const aborted = isCommitted ? part.log!.abortedTransactions(part.offset, endOffset(records)) : noneAborted;
    this.#found.set(part, { errorCode: 0, records, aborted, diverging: null });
    for (const buffer of records) this.#foundBytes += buffer.length;
  }

  #hasDiverged(part: FetchPart): boolean {
    const diverging = divergingEpoch(part.log!, part.lastFetchedEpoch, part.offset);
    if (diverging === null) return false;
    const errorCode = diverging === 'unknown' ? ErrorCode.OFFSET_OUT_OF_RANGE : 0;
    this.#found.set(part, { ...nothingFound, errorCode, diverging: diverging === 'unknown' ? null : diverging });
    this.#hasError = true;
    return true;
  }

  #failRead(part: FetchPart, error: unknown): void {
    this.#fail(part, storageErrorCode(error));
    if (error instanceof StorageError && error.kafkaError !== 'KAFKA_STORAGE_ERROR') return;
    const { topic, partition, offset } = part;
    this.#context.logger.error({ error, topic, partition, offset }, 'a read failed');
  }

  #fail(part: FetchPart, errorCode: number): void {
    this.#found.set(part, { ...nothingFound, errorCode });
    this.#hasError = true;
  }

  #afterRead(): void {
    const { maxWaitMs, minBytes } = this.#body;
    if (this.#request.connection.isClosed) {
      this.#isDone = true;
      this.#plan.session?.end(this);
      this.#giveBack();
      return;
    }
    const isEnough = this.#foundBytes >= minBytes || this.#hasError || this.#plan.parts.length === 0;
    if (isEnough || this.#isTimeUp || maxWaitMs <= 0) this.#answer();
    else this.#wait(maxWaitMs);
  }

  #wait(maxWaitMs: number): void {
    const { clock, fetchWaiters } = this.#context;
    const { parts, session } = this.#plan;
    const waitedMs = clock.monotonicMs() - this.#request.receivedAtMs;
    this.#timer ??= clock.schedule(Math.max(0, maxWaitMs - waitedMs), () => this.finish());
    this.#request.onAbandoned = () => {
      this.#isDone = true;
      this.#stopWaiting();
      this.#timer?.cancel();
      session?.end(this);
      // Nothing of it was sent.
      if (!this.#isReading) this.#giveBack();
    };
    if (this.#body.minBytes > 1) this.#sizeBytesBefore = this.#totalSizeBytes();
    if (session !== null) session.watch();
    else for (const { log } of parts) if (log !== null) fetchWaiters.add(log, this);
  }

  /** A session goes on hearing of appends. */
  #stopWaiting(): void {
    if (this.#plan.session !== null) return;
    for (const { log } of this.#plan.parts) if (log !== null) this.#context.fetchWaiters.remove(log, this);
  }

  #totalSizeBytes(): number {
    let sizeBytes = 0;
    for (const { log } of this.#plan.parts) sizeBytes += log?.sizeBytes ?? 0;
    return sizeBytes;
  }

  #answer(): void {
    this.#isDone = true;
    if (this.#timer !== null) this.#stopWaiting();
    this.#timer?.cancel();
    const { session } = this.#plan;
    const isThrottled = this.#request.quota?.isFetchThrottled(this.#foundBytes) ?? false;
    if (isThrottled) this.#giveBack();
    const body = session === null ? this.#fullAnswer(isThrottled) : this.#incrementalAnswer(isThrottled);
    session?.end(this);
    if (this.#taken.length > 0 || this.#held.length > 0) this.#request.onSent = () => this.#giveBack();
    this.#request.respondChunks(1, body);
  }

  #fullAnswer(isThrottled: boolean): FetchResponseInput {
    if (isThrottled) return { errorCode: ErrorCode.NONE, sessionId: 0, responses: [] };
    const { beginsSession, parts, usesTopicIds } = this.#plan;
    const responses = this.#responses(parts);
    const session = beginsSession ? this.#context.fetchSessions.create(parts, usesTopicIds) : null;
    return { errorCode: ErrorCode.NONE, sessionId: session?.id ?? 0, responses };
  }

  #incrementalAnswer(isThrottled: boolean): FetchResponseInput {
    const session = this.#plan.session!;
    if (this.#isSuperseded || session.epoch !== nextEpoch(this.#body.sessionEpoch)) {
      return { errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH, sessionId: session.id, responses: [] };
    }
    if (isThrottled) return { errorCode: ErrorCode.NONE, sessionId: session.id, responses: [] };
    const responses = this.#responses(this.#plan.parts.filter((part) => this.#isNew(part)));
    const moved = new Set<FetchPart>();
    for (const [part, { records }] of this.#found) if (records.length > 0) moved.add(part);
    session.moveToEnd(moved);
    return { errorCode: ErrorCode.NONE, sessionId: session.id, responses };
  }

  /** Whether the client of a session does not know it yet. Errors are told each time. */
  #isNew(part: FetchPart): boolean {
    const { log, toldHighWatermark, toldLogStartOffset } = part;
    if (log === null || this.#found.has(part)) return true;
    return log.highWatermark !== toldHighWatermark || log.logStartOffset !== toldLogStartOffset;
  }

  /** Partitions of a topic that follow each other are told together. */
  #responses(parts: readonly FetchPart[]): TopicAnswer[] {
    const responses: TopicAnswer[] = [];
    let partitions: PartitionAnswer[] = [];
    let last: FetchPart | null = null;
    for (const part of parts) {
      if (last === null || last.topic !== part.topic || last.topicId !== part.topicId) {
        partitions = [];
        responses.push({ topic: part.topic, topicId: part.topicId, partitions });
      }
      last = part;
      partitions.push(this.#partitionAnswer(part));
    }
    return responses;
  }

  #giveBack(): void {
    for (const buffer of this.#taken) this.#context.readBuffers.release(buffer);
    for (const lease of this.#held) lease.release();
    this.#taken = [];
    this.#held = [];
  }

  #partitionAnswer(part: FetchPart): PartitionAnswer {
    const { log, partition, topic } = part;
    const { aborted, diverging, errorCode, records } = this.#found.get(part) ?? nothingFound;
    if (log === null || errorCode !== 0) {
      // When the error is over, the client is to hear of the partition.
      part.toldHighWatermark = -1;
      part.toldLogStartOffset = -1;
      return failedPartition(partition, errorCode, log === null);
    }
    if (records.length > 0) this.#count(topic, records);
    const { highWatermark, logStartOffset } = log;
    part.toldHighWatermark = highWatermark;
    part.toldLogStartOffset = logStartOffset;
    return {
      partitionIndex: partition,
      errorCode: 0,
      highWatermark,
      lastStableOffset: log.lastStableOffset,
      logStartOffset,
      abortedTransactions: this.#isolation === 'read_uncommitted' ? null : aborted,
      records,
      ...(diverging === null ? {} : { divergingEpoch: diverging }),
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
