import { ApiKey, type CompressionName, ErrorCode, type ProduceResponse } from '@headwater/protocol';
import { backoffDelayMs, delay } from './backoff.ts';
import { groupByTopic } from './by-leader.ts';
import { brokerError, ClientError, isRetriable } from './client-error.ts';
import type { BrokerInfo, Cluster } from './cluster.ts';
import type { LinkPool } from './link-pool.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { BatchResult, ProducerBatch } from './producer-batch.ts';
import { type BatchAuthor, ProducerIdentity } from './producer-identity.ts';

export interface SenderOptions {
  acks: -1 | 0 | 1;
  compression: CompressionName;
  idempotent: boolean;
  deliveryTimeoutMs: number;
}

/** One request to a broker carries this much, or a single larger batch. */
const REQUEST_BYTES_MAX = 4 * 1024 * 1024;

/** Later versions name topics by id only. */
const PRODUCE_VERSION_MAX = 12;
/** How long the end of the transaction before may take to reach a partition's leader. */
const TRANSACTION_ENDING_MS = 20;

/** Errors with which a broker does not say that it wrote nothing. */
const MAY_HAVE_BEEN_WRITTEN = new Set<number>([
  ErrorCode.UNKNOWN_SERVER_ERROR,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
]);

/**
 * Brings batches to the leaders of their partitions until they are acknowledged or given up. Of one partition they are
 * written in order: what fails, and with it what came after, goes again from the first.
 */
export class BatchSender {
  private readonly cluster: Cluster;
  private readonly pool: LinkPool;
  private readonly options: SenderOptions;
  private readonly author: BatchAuthor | null;
  private readonly stopped: AbortSignal;
  private readonly onRoom: () => void;

  /** `onRoom` is called when a queue with more batches may send its next. */
  constructor(
    cluster: Cluster,
    pool: LinkPool,
    options: SenderOptions,
    stopped: AbortSignal,
    onRoom: () => void,
    author: BatchAuthor | null = options.idempotent ? new ProducerIdentity(cluster) : null,
  ) {
    this.cluster = cluster;
    this.pool = pool;
    this.options = options;
    this.author = author;
    this.stopped = stopped;
    this.onRoom = onRoom;
  }

  /** Sends each batch to its leader, all batches of a leader together, one of a partition; never rejects. */
  async dispatch(given: readonly ProducerBatch[]): Promise<void> {
    const byBroker = new Map<number, { broker: BrokerInfo; batches: ProducerBatch[]; sizeBytes: number }[]>();
    let batches: readonly ProducerBatch[];
    try {
      batches = await this.identify(given);
    } catch (error) {
      for (const batch of given) this.failed(batch, error);
      return;
    }
    await Promise.all(
      batches.map(async (batch) => {
        try {
          const broker = await this.cluster.leader(batch.topic, batch.partition, this.stopped);
          const requests = byBroker.get(broker.id) ?? [];
          byBroker.set(broker.id, requests);
          const last = requests.at(-1);
          if (last !== undefined && last.sizeBytes + batch.sizeBytes <= REQUEST_BYTES_MAX) {
            last.batches.push(batch);
            last.sizeBytes += batch.sizeBytes;
          } else requests.push({ broker, batches: [batch], sizeBytes: batch.sizeBytes });
        } catch (error) {
          this.failed(batch, error);
        }
      }),
    );
    for (const requests of byBroker.values()) {
      for (const request of requests) void this.deliver(request.broker, request.batches);
    }
  }

  /** Gives batches their producer id and sequence; gives those that may go now. */
  private async identify(batches: readonly ProducerBatch[]): Promise<readonly ProducerBatch[]> {
    if (this.author === null) return batches;
    const current = await this.author.current(this.stopped);
    const ready = batches.filter((batch) => {
      const { queue } = batch;
      if (batch.producer !== null) return true;
      const isNew = queue.identity !== current.generation;
      // Those of the former identity first: between the two the broker keeps no order. And of a new one it takes any first
      // sequence, so the first batch goes alone.
      if ((isNew || queue.isCareful) && queue.hasEarlierInFlight(batch)) {
        queue.putBack(batch);
        return false;
      }
      if (isNew) {
        queue.identity = current.generation;
        queue.nextSequence = 0;
        queue.isCareful = true;
      }
      const sequence = queue.nextSequence;
      batch.producer = { id: current.producerId, epoch: current.producerEpoch, sequence };
      // Sequences go on after 2^31 - 1 with 0.
      queue.nextSequence = (sequence + batch.recordsCount) % 0x8000_0000;
      return true;
    });
    await this.author.prepare(ready, this.stopped);
    return ready;
  }

  private async deliver(broker: BrokerInfo, batches: readonly ProducerBatch[]): Promise<void> {
    const { acks, compression } = this.options;
    const transactionalId = this.author?.transactionalId ?? null;
    try {
      for (const batch of batches) {
        batch.attempts++;
        const producer = batch.producer;
        batch.finish({
          compression,
          ...(producer === null
            ? {}
            : { producerId: producer.id, producerEpoch: producer.epoch, baseSequence: producer.sequence }),
          isTransactional: transactionalId !== null,
        });
      }
      const answer = await this.pool.link(broker.id, broker).request(
        ApiKey.Produce,
        {
          transactionalId,
          acks,
          timeoutMs: this.cluster.options.requestTimeoutMs,
          topicData: [...groupByTopic(batches)].map(([name, list]) => ({
            name,
            partitionData: list.map(({ partition, bytes }) => ({ index: partition, records: bytes })),
          })),
        },
        { noAnswer: acks === 0, maxVersion: this.author?.produceVersionMax ?? PRODUCE_VERSION_MAX },
      );
      if (acks === 0) {
        for (const batch of batches) this.succeeded(batch, { baseOffset: -1, logAppendTimeMs: -1 });
        return;
      }
      this.settle(batches, answer.responses);
    } catch (error) {
      for (const batch of batches) {
        // Only a connection that never came about surely carried nothing.
        if (!(error instanceof ClientError && error.code === 'HW_CLIENT_CONNECT_FAILED')) batch.isUncertain = true;
        this.failed(batch, error);
      }
    }
  }

  private settle(batches: readonly ProducerBatch[], responses: ProduceResponse['responses']): void {
    for (const batch of batches) {
      const answered = responses
        .find((response) => response.name === batch.topic)
        ?.partitionResponses.find((response) => response.index === batch.partition);
      const about = `writing to ${batch.topic}-${batch.partition}`;
      if (answered === undefined) {
        this.failed(batch, new ClientError('HW_CLIENT_BAD_ANSWER', `${about}: the broker left the partition out`));
      } else if (answered.errorCode === ErrorCode.NONE) this.succeeded(batch, answered);
      // The broker had it before and no longer knows at which offset.
      else if (answered.errorCode === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) {
        this.succeeded(batch, { baseOffset: -1, logAppendTimeMs: -1 });
      } else {
        if (MAY_HAVE_BEEN_WRITTEN.has(answered.errorCode)) batch.isUncertain = true;
        this.failed(batch, brokerError(answered.errorCode, about, answered.errorMessage));
      }
    }
  }

  private succeeded(batch: ProducerBatch, result: BatchResult): void {
    const { queue } = batch;
    queue.isCareful = false;
    batch.resolve(result);
    this.finished(batch);
  }

  private finished(batch: ProducerBatch): void {
    const { queue } = batch;
    queue.remove(batch);
    if (queue.held.length > 0) this.releaseHeld(queue, null);
    else if (queue.batches.length > 0) this.onRoom();
  }

  /** Holds the batch until it may go again, or gives it up. */
  private failed(batch: ProducerBatch, error: unknown): void {
    const { queue } = batch;
    const isExpired = Date.now() - batch.createdAtMs > this.options.deliveryTimeoutMs;
    const mayRetry = isRetriable(error) || isBehind(batch, error) || this.lostIdentity(batch, error);
    if (!mayRetry || isExpired || this.stopped.aborted) {
      this.giveUp(batch, error);
      return;
    }
    const { topic, partition } = batch;
    this.cluster.options.logger.debug({ topic, partition, error: String(error) }, 'produce: trying again');
    this.cluster.forgetTopic(topic);
    queue.hold(batch);
    this.releaseHeld(queue, error);
  }

  /** Once all have their answers and after a pause, those that failed go again, in their order. */
  private releaseHeld(queue: PartitionQueue, error: unknown): void {
    if (queue.inFlight.length > 0 || queue.isPausing) return;
    queue.isPausing = true;
    const isEnding = error instanceof ClientError && error.kafkaCode === ErrorCode.CONCURRENT_TRANSACTIONS;
    const attempts = Math.max(...queue.held.map((batch) => batch.attempts));
    delay(isEnding ? TRANSACTION_ENDING_MS : backoffDelayMs(attempts), this.stopped).then(
      () => {
        queue.isPausing = false;
        queue.isCareful = true;
        for (const batch of [...queue.held]) queue.putBack(batch);
        this.onRoom();
      },
      (reason) => {
        queue.isPausing = false;
        for (const batch of [...queue.held]) this.giveUp(batch, reason);
      },
    );
  }

  private giveUp(batch: ProducerBatch, error: unknown): void {
    const { queue, producer } = batch;
    if (producer !== null) {
      // Whether the broker has its sequence is not known, or later ones are on their way: so start anew.
      if (batch.isUncertain || queue.hasLater(batch)) this.author?.renew(producer);
      else queue.nextSequence = producer.sequence;
    }
    this.author?.gaveUp(error);
    const isTimeout = isRetriable(error) && batch.attempts > 0;
    batch.reject(
      isTimeout
        ? new ClientError(
            'HW_CLIENT_DELIVERY_TIMEOUT',
            `${batch.recordsCount} records for ${batch.topic}-${batch.partition} were not acknowledged in ${this.options.deliveryTimeoutMs} ms${batch.isUncertain ? '; they may have been written' : ''}: ${(error as Error).message}`,
            { cause: error },
          )
        : error,
    );
    this.finished(batch);
  }

  /**
   * The broker does not know the producer any more (its state expired) or waits for another sequence. A batch that was
   * surely never appended starts over with a new producer id; of one that may have been, only its sender can decide.
   */
  private lostIdentity(batch: ProducerBatch, error: unknown): boolean {
    if (!(error instanceof ClientError) || batch.producer === null || this.author === null) return false;
    const { kafkaCode } = error;
    const isLost =
      kafkaCode === ErrorCode.UNKNOWN_PRODUCER_ID ||
      kafkaCode === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER ||
      kafkaCode === ErrorCode.INVALID_PRODUCER_EPOCH;
    if (!isLost) return false;
    if (!this.author.renew(batch.producer) || batch.isUncertain) return false;
    batch.restart();
    return true;
  }
}

/** The batch came after one that failed: the broker waits for that one's sequence first. */
function isBehind(batch: ProducerBatch, error: unknown): boolean {
  const isOutOfOrder = error instanceof ClientError && error.kafkaCode === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER;
  return isOutOfOrder && batch.queue.hasEarlier(batch);
}
