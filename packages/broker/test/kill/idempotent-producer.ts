import assert from 'node:assert/strict';
import { ApiKey, ErrorCode, encodeBatch, type RecordInput } from '@headwater/protocol';
import { isPassing, nameOf, settled } from './load.ts';
import type { Session } from './session.ts';

/** A batch for one partition; the numbers of its records are their sequences too. */
interface Batch {
  partition: number;
  first: number;
  count: number;
  bytes: Buffer;
  /** Null until it is acknowledged. */
  baseOffset: number | null;
}

export interface Acknowledged {
  partition: number;
  /** Number of the first record among those of this producer for this partition. */
  first: number;
  count: number;
  baseOffset: number;
}

export interface ProducerOptions {
  topic: string;
  partitions: number;
  /** The record with number `n` of a partition: the same whenever it is asked for. */
  recordOf(partition: number, n: number): RecordInput;
  /** In the order in which they were sent: one whose answer overtakes that of a batch before it waits for that one. */
  onAcknowledged(batch: Acknowledged): void;
}

const requestsMax = 5;
/** A first batch in line that is refused so often is refused for good. */
const refusalsMax = 200;

/**
 * Writes numbered records, up to five requests at once, and sends in the same order, with the same sequences, what was not
 * acknowledged before the connection was lost: what every client does with enable.idempotence=true.
 */
export class IdempotentProducer {
  readonly #session: Session;
  readonly #options: ProducerOptions;
  readonly #next: number[];
  /** Requests in order, each with a batch for some partitions. */
  #unanswered: Batch[][] = [];
  /** By partition: what `onAcknowledged` was not told of yet. */
  readonly #untold: Batch[][];
  #producerId = -1;
  #producerEpoch = -1;
  #refusals = 0;

  constructor(session: Session, options: ProducerOptions) {
    this.#session = session;
    this.#options = options;
    this.#next = Array.from({ length: options.partitions }, () => 0);
    this.#untold = this.#next.map(() => []);
  }

  get hasUnanswered(): boolean {
    return this.#unanswered.length > 0;
  }

  /** Adds requests until `requests` wait, and gets the answers of all. */
  async step(requests: number, partitionsOf: () => number[], countOf: () => number): Promise<void> {
    if (this.#producerId < 0) await this.#begin();
    while (this.#unanswered.length < Math.min(requests, requestsMax)) {
      this.#unanswered.push(partitionsOf().map((partition) => this.#batch(partition, countOf())));
    }
    await this.#deliver();
  }

  async #begin(): Promise<void> {
    const body = { transactionalId: null, transactionTimeoutMs: 60_000 };
    const answer = await settled(
      () => this.#session.call(ApiKey.InitProducerId, 4, body),
      ({ errorCode }) => errorCode,
    );
    assert.equal(nameOf(answer.errorCode), 'NONE', 'InitProducerId');
    this.#producerId = answer.producerId;
    this.#producerEpoch = answer.producerEpoch;
  }

  #batch(partition: number, count: number): Batch {
    const first = this.#next[partition]!;
    this.#next[partition]! += count;
    const records = Array.from({ length: count }, (_, at) => this.#options.recordOf(partition, first + at));
    const { random } = this.#session.world;
    const bytes = encodeBatch({
      records: records.map((record) => ({ ...record, timestamp: Date.now() })),
      producerId: this.#producerId,
      producerEpoch: this.#producerEpoch,
      baseSequence: first,
      compression: random.chance(0.2) ? random.pick(['gzip', 'lz4', 'zstd', 'snappy'] as const) : 'none',
    });
    const batch = { partition, first, count, bytes, baseOffset: null };
    this.#untold[partition]!.push(batch);
    return batch;
  }

  async #deliver(): Promise<void> {
    const requests = this.#unanswered.map((batches) => batches.filter(({ baseOffset }) => baseOffset === null));
    const { topic } = this.#options;
    for (const batches of requests) {
      const partitionData = batches.map(({ partition, bytes }) => ({ index: partition, records: bytes }));
      const body = { acks: -1, timeoutMs: 30_000, topicData: [{ name: topic, partitionData }] };
      await this.#session.send(ApiKey.Produce, 11, body);
    }
    try {
      for (const batches of requests) {
        const answer = await this.#session.answer(ApiKey.Produce, 11);
        const found = new Map(answer.responses[0]!.partitionResponses.map((each) => [each.index, each]));
        for (const batch of batches) this.#answered(batch, found.get(batch.partition)!);
      }
    } finally {
      this.#unanswered = this.#unanswered.filter((batches) => batches.some(({ baseOffset }) => baseOffset === null));
    }
  }

  #answered(batch: Batch, answer: { errorCode: number; baseOffset: number; errorMessage: string | null }): void {
    const { partition, first } = batch;
    const untold = this.#untold[partition]!;
    if (answer.errorCode === 0) {
      batch.baseOffset = answer.baseOffset;
      this.#refusals = 0;
      // One that a kill kept from being answered may be known as a duplicate before the one in front of it is taken.
      while (untold[0] !== undefined && untold[0].baseOffset !== null) {
        const { first: number, count, baseOffset } = untold.shift()!;
        this.#options.onAcknowledged({ partition, first: number, count, baseOffset: baseOffset! });
      }
      return;
    }
    const where = `${this.#options.topic}-${partition}, producer ${this.#producerId}, sequence ${first}`;
    // One that was refused for the moment leaves a gap before those that were sent behind it.
    const isBehind = answer.errorCode === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER && untold[0] !== batch;
    const problem = `${where}: ${nameOf(answer.errorCode)} ${answer.errorMessage}`;
    assert.ok(isPassing(answer.errorCode) || isBehind, problem);
    assert.ok(this.#refusals++ < refusalsMax, problem);
  }
}
