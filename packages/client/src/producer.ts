import { BatchBuilder, type CompressionName, ErrorCode, type RecordInput, recordSizeMax } from '@headwater/protocol';
import { delay } from './backoff.ts';
import { BatchSender } from './batch-sender.ts';
import { brokerError, ClientError } from './client-error.ts';
import type { Cluster } from './cluster.ts';
import type { LinkPool } from './link-pool.ts';
import { PartitionQueue } from './partition-queue.ts';
import { keyPartition, StickyPartitions } from './partitioner.ts';
import { PreparedBatch } from './prepared-batch.ts';
import { type BatchResult, ProducerBatch, type RecordResult } from './producer-batch.ts';
import type { BatchAuthor } from './producer-identity.ts';

export interface ProducerOptions {
  /** -1: all in-sync replicas have it, 1: the leader has it, 0: no answer. Default -1. */
  acks?: -1 | 0 | 1;
  /** How long a record may wait for others to share its batch. Default 5; a full batch goes at once. */
  lingerMs?: number;
  /** Size at which a batch is full, before compression. Default 256 KiB. */
  batchBytes?: number;
  /** Default 'none'. */
  compression?: CompressionName;
  /** Records accepted and not acknowledged yet; `send` waits when this is passed. Default 32 MiB. */
  maxBufferedBytes?: number;
  /** Batches of a partition that are sent and not acknowledged, at most 5. Default 5; 1 for a producer that is not idempotent. */
  inFlightBatches?: number;
  /** Retries write nothing twice and keep the order. Default true; needs acks -1. */
  idempotent?: boolean;
  /** From acceptance to the last attempt. Default 30,000. */
  deliveryTimeoutMs?: number;
  /** Whether a broker may create a topic that is not there. Default true. */
  allowAutoTopicCreation?: boolean;
}

export interface SendRequest {
  topic: string;
  /** Default: chosen by key, or by chance for records without one. */
  partition?: number;
  records: readonly RecordInput[];
  signal?: AbortSignal | undefined;
}

/** A record that may say its partition itself. */
export interface EachRecord extends RecordInput {
  /** Default: chosen by key, or by chance for records without one. */
  partition?: number;
}

export interface PreparedRequest {
  topic: string;
  partition: number;
  /** Records in the form in which they are sent: a builder that is used no more, or a whole batch (format 2, one only). */
  batch: BatchBuilder | Buffer;
  signal?: AbortSignal | undefined;
}

export interface SendEachRequest {
  topic: string;
  records: readonly EachRecord[];
  signal?: AbortSignal | undefined;
}

/** Calls of `send` waiting for room in the buffer. */
const WAITING_MAX = 10_000;

interface WaitingCall {
  size: number;
  start: () => void;
  reject: (error: unknown) => void;
}

interface PlacedRecord {
  batch: ProducerBatch;
  /** Its place in the batch. */
  index: number;
  timestamp: number;
}

/** Records to place; `rejected` by index, where one that has no place does not stop the others. */
interface Placing {
  topic: string;
  partition?: number;
  records: readonly EachRecord[];
  rejected?: Map<number, unknown>;
  signal?: AbortSignal | undefined;
}

/**
 * Collects records into batches by partition and sends them to the leaders: partitions side by side, full batches of one
 * partition without waiting for the answer to the one before. Order holds, also over retries; what arrives while a batch
 * is in flight makes the next one larger.
 *
 * @example
 * const producer = client.producer({ lingerMs: 10, compression: 'lz4' });
 * const [result] = await producer.send({ topic: 'orders', records: [{ key: 'o-1', value: '{"total":12}' }] });
 * await producer.close();
 */
export class Producer {
  private readonly cluster: Cluster;
  private readonly options: Required<ProducerOptions>;
  private readonly pool: LinkPool;
  private readonly inFlightMax: number;
  /** By topic, then by partition. */
  private readonly queues = new Map<string, (PartitionQueue | undefined)[]>();
  private readonly sticky = new StickyPartitions();
  private readonly sender: BatchSender;
  private bufferedBytes = 0;
  /** Calls of `send` that have not put their records into batches yet. */
  private readonly accepting = new Set<Promise<PlacedRecord[]>>();
  /** By topic: the last call that waits for metadata, or for one that does. */
  private readonly placing = new Map<string, Promise<PlacedRecord[]>>();
  private readonly waiting: WaitingCall[] = [];
  private timer: NodeJS.Timeout | null = null;
  private timerAtMs = Number.POSITIVE_INFINITY;
  private isFlushing = 0;
  private pumpScheduled = false;
  private closing: Promise<void> | null = null;
  private readonly stopping = new AbortController();

  constructor(cluster: Cluster, options: ProducerOptions = {}, author?: BatchAuthor) {
    this.cluster = cluster;
    const idempotent = options.idempotent ?? (options.acks === undefined || options.acks === -1);
    this.options = {
      acks: -1,
      lingerMs: 5,
      batchBytes: 256 * 1024,
      compression: 'none',
      maxBufferedBytes: 32 * 1024 * 1024,
      deliveryTimeoutMs: 30_000,
      allowAutoTopicCreation: true,
      inFlightBatches: idempotent ? 5 : 1,
      ...options,
      idempotent,
    };
    this.inFlightMax = this.options.inFlightBatches;
    // The broker knows the last five of a producer again, no more; without sequences it would not keep the order.
    if (!(this.inFlightMax >= 1 && this.inFlightMax <= (idempotent ? 5 : 1))) {
      const message = `inFlightBatches is ${this.inFlightMax}: 1 to 5 for an idempotent producer, 1 for others`;
      throw new ClientError('HW_CLIENT_BAD_OPTION', message);
    }
    if (idempotent && this.options.acks !== -1) {
      throw new ClientError(
        'HW_CLIENT_BAD_OPTION',
        'an idempotent producer needs acks: -1; set idempotent: false for less',
      );
    }
    this.pool = cluster.openPool();
    this.sender = new BatchSender(
      cluster,
      this.pool,
      this.options,
      this.stopping.signal,
      () => this.schedule(),
      author,
    );
  }

  /** Sends records and resolves when the broker has acknowledged all of them, with the place of each. */
  async send(request: SendRequest): Promise<RecordResult[]> {
    const { topic, records } = request;
    this.checkOpen();
    if (records.length === 0) return [];
    const size = checkedSize(records);
    const accepting = this.accept(request, size);
    this.accepting.add(accepting);
    const placed = await accepting.finally(() => this.accepting.delete(accepting));
    try {
      const batches = [...new Set(placed.map(({ batch }) => batch))];
      const results = new Map<ProducerBatch, BatchResult>();
      await Promise.all(batches.map(async (batch) => results.set(batch, await batch.done)));
      return placed.map((one) => resultOf(topic, one, results.get(one.batch)!));
    } finally {
      this.release(size);
    }
  }

  /**
   * Sends records as `send` does, each with an outcome of its own: its place, or why it has none. So that a record with a wrong
   * partition, or a batch that a broker refuses, does not hide what became of the others. Rejects only when nothing was sent.
   */
  async sendEach(request: SendEachRequest): Promise<(RecordResult | Error)[]> {
    const { topic, records } = request;
    this.checkOpen();
    if (records.length === 0) return [];
    const size = checkedSize(records);
    const rejected = new Map<number, unknown>();
    const accepting = this.accept({ ...request, rejected }, size);
    this.accepting.add(accepting);
    const placed = await accepting.finally(() => this.accepting.delete(accepting));
    try {
      const outcomes = new Map<ProducerBatch, BatchResult | Error>();
      const settle = async (batch: ProducerBatch) => outcomes.set(batch, await batch.done.catch(asError));
      await Promise.all([...new Set(placed.map(({ batch }) => batch))].map(settle));
      let next = 0;
      return records.map((_, index) => {
        if (rejected.has(index)) return asError(rejected.get(index));
        const one = placed[next++]!;
        const outcome = outcomes.get(one.batch)!;
        return outcome instanceof Error ? outcome : resultOf(topic, one, outcome);
      });
    } finally {
      this.release(size);
    }
  }

  /**
   * Sends a batch that is encoded already, at once and as it is: only the producer's id, epoch and sequence are written into
   * its header. A `BatchBuilder` is finished here with the producer's compression; of the bytes of a finished batch the CRC
   * is made anew. The bytes belong to the producer until this resolves.
   */
  async sendBatch(request: PreparedRequest): Promise<BatchResult> {
    this.checkOpen();
    const { topic, partition, signal } = request;
    const prepared = request.batch instanceof BatchBuilder ? request.batch : new PreparedBatch(request.batch);
    if (prepared.recordsCount === 0) throw new ClientError('HW_CLIENT_BAD_OPTION', 'sendBatch() of an empty batch');
    const size = prepared.sizeBytes;
    const { allowAutoTopicCreation } = this.options;
    const known =
      this.cluster.knownTopic(topic) ?? (await this.cluster.topic(topic, { allowAutoTopicCreation, signal }));
    this.checkPartition(topic, partition, known.partitions.length);
    const { promise: room, resolve, reject } = Promise.withResolvers<void>();
    const start = () => {
      this.bufferedBytes += size;
      resolve();
    };
    if (this.waiting.length === 0 && this.hasRoom(size)) start();
    else this.wait({ size, start, reject }, signal);
    await room;
    try {
      if (this.stopping.signal.aborted) throw this.stopping.signal.reason;
      const queue = this.queue(topic, partition);
      const batch = new ProducerBatch(queue, prepared, true);
      queue.batches.push(batch);
      this.schedule();
      return await batch.done;
    } finally {
      this.release(size);
    }
  }

  /** Waits for room in the buffer, and puts the records into batches: calls go in the order in which they came. */
  private accept(request: Placing, size: number): Promise<PlacedRecord[]> {
    const { promise, resolve, reject } = Promise.withResolvers<PlacedRecord[]>();
    const start = () => {
      this.bufferedBytes += size;
      this.placeInTurn(request).then(resolve, (error) => {
        this.release(size);
        reject(error);
      });
    };
    if (this.waiting.length === 0 && this.hasRoom(size)) start();
    else this.wait({ size, start, reject }, request.signal);
    return promise;
  }

  /** Places the records at once when the topic is known and no earlier call waits for it; else after that one. */
  private placeInTurn(request: Placing): Promise<PlacedRecord[]> {
    const { topic, signal } = request;
    const before = this.placing.get(topic);
    const known = this.cluster.knownTopic(topic);
    if (before === undefined && known !== null) {
      return new Promise((resolve) => resolve(this.place(request, known.partitions.length)));
    }
    const { allowAutoTopicCreation } = this.options;
    const metadata = this.cluster.topic(topic, { allowAutoTopicCreation, signal });
    const mine = Promise.allSettled([metadata, before]).then(async () =>
      this.place(request, (await metadata).partitions.length),
    );
    this.placing.set(topic, mine);
    const done = () => {
      if (this.placing.get(topic) === mine) this.placing.delete(topic);
    };
    mine.then(done, done);
    return mine;
  }

  private place({ topic, partition, records, rejected }: Placing, partitionCount: number): PlacedRecord[] {
    if (this.stopping.signal.aborted) throw this.stopping.signal.reason;
    const now = Date.now();
    const placed: PlacedRecord[] = [];
    for (let index = 0; index < records.length; index++) {
      const record = records[index]!;
      try {
        placed.push(this.append(topic, record, record.partition ?? partition, partitionCount, now));
      } catch (error) {
        if (rejected === undefined) throw error;
        rejected.set(index, error);
      }
    }
    this.schedule();
    return placed;
  }

  /** Sends what is buffered without waiting for more, and resolves when all of it is acknowledged or failed. */
  async flush(): Promise<void> {
    this.isFlushing++;
    try {
      this.schedule();
      await Promise.allSettled(this.accepting);
      this.schedule();
      const all = this.allQueues().flatMap((queue) => queue.all().map((batch) => batch.done));
      await Promise.allSettled(all);
    } finally {
      this.isFlushing--;
    }
  }

  /** Rejects what has not been sent, and waits for what has. */
  async discard(reason: unknown): Promise<void> {
    for (const queue of this.allQueues()) for (const batch of queue.batches.splice(0)) batch.reject(reason);
    // Calls that wait for room get it now; what they send is refused by the author of the batches.
    await this.flush();
  }

  /** Aborts when the producer has closed. */
  get closed(): AbortSignal {
    return this.stopping.signal;
  }

  /** Bytes accepted and not acknowledged yet. */
  get bufferedSizeBytes(): number {
    return this.bufferedBytes;
  }

  private checkOpen(): void {
    if (this.stopping.signal.aborted || this.closing !== null) {
      throw new ClientError('HW_CLIENT_CLOSED', 'the producer is closed');
    }
  }

  private hasRoom(size: number): boolean {
    return this.bufferedBytes === 0 || this.bufferedBytes + size <= this.options.maxBufferedBytes;
  }

  private wait(call: WaitingCall, signal: AbortSignal | undefined): void {
    if (signal?.aborted) {
      call.reject(signal.reason);
      return;
    }
    if (this.waiting.length >= WAITING_MAX) {
      const message = `${WAITING_MAX} calls wait for room in the producer's buffer: await send() before sending more`;
      call.reject(new ClientError('HW_CLIENT_BUFFER_FULL', message));
      return;
    }
    const { start } = call;
    const onAbort = () => {
      this.waiting.splice(this.waiting.indexOf(call), 1);
      call.reject(signal!.reason);
      this.admit();
    };
    call.start = () => {
      signal?.removeEventListener('abort', onAbort);
      start();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    this.waiting.push(call);
  }

  private release(size: number): void {
    this.bufferedBytes -= size;
    this.admit();
  }

  /** Lets in the calls that have room now, in their order. */
  private admit(): void {
    while (this.waiting.length > 0 && this.hasRoom(this.waiting[0]!.size)) this.waiting.shift()!.start();
  }

  private append(
    topic: string,
    record: RecordInput,
    given: number | undefined,
    partitionCount: number,
    now: number,
  ): PlacedRecord {
    const partition = given ?? this.choosePartition(topic, record, partitionCount);
    this.checkPartition(topic, partition, partitionCount);
    const batch = this.openBatch(topic, partition, record) ?? this.newBatch(topic, partition);
    const timestamp = record.timestamp ?? now;
    return { batch, index: batch.append(record, timestamp), timestamp };
  }

  private checkPartition(topic: string, partition: number, partitionCount: number): void {
    if (Number.isInteger(partition) && partition >= 0 && partition < partitionCount) return;
    const about = `${topic}-${partition} (the topic has ${partitionCount} partitions)`;
    throw brokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, about, null, { retriable: false });
  }

  private choosePartition(topic: string, record: RecordInput, partitionCount: number): number {
    const { key } = record;
    if (key !== null && key !== undefined) return keyPartition(key, partitionCount);
    return this.sticky.choose(topic, partitionCount, (partition) => this.openBatch(topic, partition, record) !== null);
  }

  /** The batch that takes the record, if there is one. */
  private openBatch(topic: string, partition: number, record: RecordInput): ProducerBatch | null {
    const batch = this.queue(topic, partition).batches.at(-1);
    return batch?.hasRoom(record, this.options.batchBytes) ? batch : null;
  }

  private newBatch(topic: string, partition: number): ProducerBatch {
    const queue = this.queue(topic, partition);
    const batch = new ProducerBatch(queue, new BatchBuilder(Math.min(this.options.batchBytes, 16 * 1024)));
    queue.batches.push(batch);
    return batch;
  }

  private queue(topic: string, partition: number): PartitionQueue {
    let partitions = this.queues.get(topic);
    if (partitions === undefined) {
      partitions = [];
      this.queues.set(topic, partitions);
    }
    let queue = partitions[partition];
    if (queue === undefined) {
      queue = new PartitionQueue(topic, partition);
      partitions[partition] = queue;
    }
    return queue;
  }

  private allQueues(): PartitionQueue[] {
    return [...this.queues.values()].flatMap((partitions) => partitions.filter((queue) => queue !== undefined));
  }

  /** Looks at the queues at the end of this turn, so that everything sent in it shares batches. */
  private schedule(): void {
    if (this.pumpScheduled) return;
    this.pumpScheduled = true;
    setImmediate(() => {
      this.pumpScheduled = false;
      this.pump();
    });
  }

  private pump(): void {
    const now = Date.now();
    const ready: PartitionQueue[] = [];
    let nextAtMs = Number.POSITIVE_INFINITY;
    for (const queue of this.allQueues()) {
      const batch = queue.batches[0];
      if (batch === undefined || !queue.hasRoom(this.inFlightMax)) continue;
      const dueAtMs = batch.createdAtMs + this.options.lingerMs;
      const isFull =
        queue.batches.length > 1 || batch.isSealed || batch.attempts > 0 || batch.sizeBytes >= this.options.batchBytes;
      // Beside others in flight only full ones: what comes meanwhile makes the next one larger.
      if (isFull) ready.push(queue);
      else if (queue.inFlight.length > 0) continue;
      else if (this.isFlushing > 0 || this.closing !== null || dueAtMs <= now) ready.push(queue);
      else nextAtMs = Math.min(nextAtMs, dueAtMs);
    }
    this.setTimer(nextAtMs, now);
    if (ready.length === 0) return;
    const batches = ready.map((queue) => {
      const batch = queue.batches.shift()!;
      queue.inFlight.push(batch);
      return batch;
    });
    void this.sender.dispatch(batches);
    // One of a partition to a request; others may follow in the next.
    if (ready.some((queue) => queue.batches.length > 0 && queue.hasRoom(this.inFlightMax))) this.schedule();
  }

  private setTimer(atMs: number, now: number): void {
    if (atMs === this.timerAtMs) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timerAtMs = atMs;
    this.timer = null;
    if (atMs === Number.POSITIVE_INFINITY) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.timerAtMs = Number.POSITIVE_INFINITY;
      this.pump();
    }, atMs - now);
  }

  /** Sends what is buffered, then closes; gives up on what is not acknowledged in `timeoutMs`. May be called twice. */
  close({ timeoutMs = 5000 }: { timeoutMs?: number } = {}): Promise<void> {
    this.closing ??= this.shutDown(timeoutMs);
    return this.closing;
  }

  private async shutDown(timeoutMs: number): Promise<void> {
    const timeout = new AbortController();
    // `closing` is set when this goes on: from then on no batch waits for more records.
    await Promise.resolve();
    await Promise.race([this.flush(), delay(timeoutMs, timeout.signal).catch(() => {})]);
    timeout.abort();
    this.stopping.abort(
      new ClientError('HW_CLIENT_CLOSED', 'the producer was closed before the records were acknowledged'),
    );
    if (this.timer !== null) clearTimeout(this.timer);
    this.pool.close();
    for (const queue of this.allQueues()) {
      for (const batch of queue.batches.splice(0)) batch.reject(this.stopping.signal.reason);
    }
    for (const call of this.waiting.splice(0)) call.reject(this.stopping.signal.reason);
  }
}

function resultOf(topic: string, { batch, index, timestamp }: PlacedRecord, result: BatchResult): RecordResult {
  const { baseOffset, logAppendTimeMs } = result;
  return {
    topic,
    partition: batch.partition,
    offset: baseOffset < 0 ? -1 : baseOffset + index,
    timestamp: logAppendTimeMs < 0 ? timestamp : logAppendTimeMs,
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** What the records take in the buffer; throws on one that cannot be sent, before any of them is. */
function checkedSize(records: readonly RecordInput[]): number {
  let size = 0;
  records.forEach((record, index) => {
    const bytes = recordSizeMax(record);
    const isTimeValid = record.timestamp === undefined || Number.isSafeInteger(record.timestamp);
    if (!Number.isSafeInteger(bytes) || !isTimeValid) {
      const message = `record ${index}: key, value and header values are Buffers, strings or null, the timestamp is milliseconds`;
      throw new ClientError('HW_CLIENT_BAD_OPTION', message);
    }
    size += bytes;
  });
  return size;
}
