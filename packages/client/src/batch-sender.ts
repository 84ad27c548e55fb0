import { ApiKey, type CompressionName, ErrorCode, type ProduceResponse } from '@headwater/protocol';
import { backoffDelayMs, delay } from './backoff.ts';
import { groupByTopic } from './by-leader.ts';
import { brokerError, ClientError, isRetriable } from './client-error.ts';
import type { BrokerInfo, Cluster } from './cluster.ts';
import type { LinkPool } from './link-pool.ts';
import type { BatchResult, PartitionQueue, ProducerBatch } from './producer-batch.ts';
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
 * Brings batches to the leaders of their partitions until they are acknowledged or given up. A batch stays its queue's
 * `inFlight` all that time, so that nothing overtakes it.
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

  /** Sends each batch to its leader, all batches of a leader together; never rejects. */
  async dispatch(batches: readonly ProducerBatch[]): Promise<void> {
    const byBroker = new Map<number, { broker: BrokerInfo; batches: ProducerBatch[]; sizeBytes: number }[]>();
    try {
      await this.identify(batches);
    } catch (error) {
      for (const batch of batches) this.failed(batch, error);
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

  /** Gives batches their producer id and sequence. */
  private async identify(batches: readonly ProducerBatch[]): Promise<void> {
    if (this.author === null) return;
    const fresh = batches.filter((batch) => batch.producer === null);
    const current = await this.author.current(this.stopped);
    for (const batch of fresh) {
      const { queue } = batch;
      if (queue.identity !== current.generation) {
        queue.identity = current.generation;
        queue.nextSequence = 0;
      }
      batch.producer = { id: current.producerId, epoch: current.producerEpoch, sequence: queue.nextSequence };
    }
    await this.author.prepare(batches, this.stopped);
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
    // Sequences go on after 2^31 - 1 with 0.
    if (batch.producer !== null) {
      queue.nextSequence = (batch.producer.sequence + batch.recordsCount) % 0x8000_0000;
    }
    batch.resolve(result);
    this.finished(queue);
  }

  private finished(queue: PartitionQueue): void {
    queue.inFlight = null;
    if (queue.batches.length > 0) this.onRoom();
  }

  /** Puts the batch in front of its queue again after a pause, or gives it up. */
  private failed(batch: ProducerBatch, error: unknown): void {
    const { queue } = batch;
    const isExpired = Date.now() - batch.createdAtMs > this.options.deliveryTimeoutMs;
    const mayRetry = isRetriable(error) || this.lostIdentity(batch, error);
    if (mayRetry && !isExpired && !this.stopped.aborted) {
      this.cluster.options.logger.debug(
        { topic: batch.topic, partition: batch.partition, error: String(error) },
        'produce: trying again',
      );
      this.cluster.forgetTopic(batch.topic);
      // Not inFlight = null: nothing may overtake it.
      const isEnding = error instanceof ClientError && error.kafkaCode === ErrorCode.CONCURRENT_TRANSACTIONS;
      delay(isEnding ? TRANSACTION_ENDING_MS : backoffDelayMs(batch.attempts), this.stopped).then(
        () => this.dispatch([batch]),
        (reason) => this.giveUp(queue, batch, reason),
      );
      return;
    }
    this.giveUp(queue, batch, error);
  }

  private giveUp(queue: PartitionQueue, batch: ProducerBatch, error: unknown): void {
    // Whether the broker has its sequence is not known: the next one could be refused or taken for it. So start anew.
    if (batch.isUncertain && batch.producer !== null) this.author?.renew(batch.producer);
    const isTimeout = isRetriable(error) && batch.attempts > 0;
    this.author?.gaveUp(error);
    batch.reject(
      isTimeout
        ? new ClientError(
            'HW_CLIENT_DELIVERY_TIMEOUT',
            `${batch.recordsCount} records for ${batch.topic}-${batch.partition} were not acknowledged in ${this.options.deliveryTimeoutMs} ms${batch.isUncertain ? '; they may have been written' : ''}: ${(error as Error).message}`,
            { cause: error },
          )
        : error,
    );
    this.finished(queue);
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
