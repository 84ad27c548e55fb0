import { refused } from './storage-error.ts';
import type { TransactionMarker } from './transaction-marker.ts';
import type { ProducerInfo } from './types.ts';

/** What the checks need of a batch; a `BatchHeader` is one. */
export interface SequencedBatch {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly lastOffsetDelta: number;
  readonly maxTimestamp: number;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
}

/** A transaction that a marker ended. */
export interface EndedTransaction {
  producerId: number;
  firstOffset: number;
  lastOffset: number;
  isCommit: boolean;
}

/** Where a batch of a producer went. */
export interface AppendedBatch {
  lastSequence: number;
  lastOffset: number;
  offsetDelta: number;
  timestamp: number;
}

interface Producer {
  producerId: number;
  epoch: number;
  coordinatorEpoch: number;
  /** First offset of the transaction that is open, -1 when none. */
  txnFirstOffset: number;
  lastTimestamp: number;
  /** Oldest first, at most five: as many requests as an idempotent producer may have in flight. */
  batches: AppendedBatch[];
}

/** As plain arrays, for the checkpoint. */
export type ProducerSnapshot = [
  producerId: number,
  epoch: number,
  coordinatorEpoch: number,
  txnFirstOffset: number,
  lastTimestamp: number,
  batches: [lastSequence: number, lastOffset: number, offsetDelta: number, timestamp: number][],
][];

const batchesKept = 5;
const sequenceMax = 0x7fff_ffff;

/**
 * What a partition knows of its idempotent and transactional producers: Kafka's ProducerStateManager. Sequences are checked before
 * an append and noted after it, so that a failed write leaves no trace.
 */
export class ProducerStates {
  readonly #producers = new Map<number, Producer>();
  /** First offsets of open transactions by producer, in the order of the log: the lowest is the first. */
  #open: Map<number, number> | null = null;
  readonly #producersMax: number;

  /** Beyond `producersMax` the producers that were silent longest are forgotten, as if they had expired. */
  constructor(producersMax = 10_000) {
    this.#producersMax = producersMax;
  }

  get count(): number {
    return this.#producers.size;
  }

  /** Offset of the first record that is not decided yet; Infinity when there is no open transaction. */
  get firstUndecidedOffset(): number {
    for (const firstOffset of this.#open?.values() ?? []) return firstOffset;
    return Number.POSITIVE_INFINITY;
  }

  /**
   * Checks the next batch of a client. Returns where the batch went when it was appended before, null when it is new.
   *
   * @throws StorageError OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE
   */
  check(batch: SequencedBatch, where: string): AppendedBatch | null {
    const producer = this.#producers.get(batch.producerId);
    // Nothing is known of it: new, expired, or all its records are deleted. Kafka takes any sequence then.
    if (producer === undefined) return null;
    if (batch.producerEpoch < producer.epoch) {
      throw refused(
        'INVALID_PRODUCER_EPOCH',
        `Producer ${batch.producerId} has epoch ${batch.producerEpoch} in ${where}, but a later one wrote with epoch ${producer.epoch}.`,
      );
    }
    if (batch.producerEpoch > producer.epoch) {
      if (batch.baseSequence !== 0) {
        throw outOfOrder(batch, where, `a new epoch (${batch.producerEpoch}) begins with sequence 0`);
      }
      return null;
    }
    for (const appended of producer.batches) {
      if (appended.lastSequence === batch.lastSequence && appended.offsetDelta === batch.lastOffsetDelta)
        return appended;
    }
    const last = producer.batches.at(-1);
    if (last === undefined && batch.baseSequence !== 0) throw outOfOrder(batch, where, 'its epoch has no record yet');
    if (last !== undefined && batch.baseSequence !== nextSequence(last.lastSequence)) {
      throw outOfOrder(batch, where, `the last one was ${last.lastSequence}`);
    }
    if (producer.txnFirstOffset >= 0 && !batch.isTransactional) {
      throw refused(
        'INVALID_TXN_STATE',
        `Producer ${batch.producerId} has an open transaction in ${where}, but wrote without it.`,
      );
    }
    return null;
  }

  /** Raises the epoch that is asked of a producer. False when nothing is known of it. */
  fence(producerId: number): boolean {
    const producer = this.#producers.get(producerId);
    if (producer === undefined) return false;
    producer.epoch++;
    producer.batches = [];
    return true;
  }

  /** Notes a batch that is in the log; also what rebuilds the state from the log, so it takes what it gets. */
  note(batch: SequencedBatch, lastOffset: number): void {
    const producer = this.#at(batch.producerId, batch.producerEpoch, batch.maxTimestamp);
    if (batch.isTransactional && producer.txnFirstOffset < 0) {
      producer.txnFirstOffset = lastOffset - batch.lastOffsetDelta;
      (this.#open ??= new Map()).set(batch.producerId, producer.txnFirstOffset);
    }
    if (batch.baseSequence < 0) return;
    if (producer.batches.length === batchesKept) producer.batches.shift();
    producer.batches.push({
      lastSequence: batch.lastSequence,
      lastOffset,
      offsetDelta: batch.lastOffsetDelta,
      timestamp: batch.maxTimestamp,
    });
  }

  /** @throws StorageError INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED */
  checkMarker(marker: TransactionMarker, where: string): void {
    const producer = this.#producers.get(marker.producerId);
    if (producer === undefined) return;
    const isLate =
      marker.isEpochBumped === true && producer.txnFirstOffset >= 0 && marker.producerEpoch === producer.epoch;
    if (marker.producerEpoch < producer.epoch || isLate) {
      throw refused(
        'INVALID_PRODUCER_EPOCH',
        `A marker of epoch ${marker.producerEpoch} for producer ${marker.producerId} in ${where}, which has epoch ${producer.epoch}.`,
      );
    }
    if (marker.coordinatorEpoch < producer.coordinatorEpoch) {
      throw refused(
        'TRANSACTION_COORDINATOR_FENCED',
        `A marker of coordinator epoch ${marker.coordinatorEpoch} in ${where}, which has seen ${producer.coordinatorEpoch}.`,
      );
    }
  }

  /** Notes a marker that is in the log; returns the transaction that it ended, null when none was open. */
  noteMarker(marker: TransactionMarker, offset: number, timestamp: number): EndedTransaction | null {
    const { producerId, isCommit } = marker;
    const producer = this.#at(producerId, marker.producerEpoch, timestamp);
    producer.coordinatorEpoch = marker.coordinatorEpoch;
    const firstOffset = producer.txnFirstOffset;
    if (firstOffset < 0) return null;
    producer.txnFirstOffset = -1;
    this.#open?.delete(producerId);
    return { producerId, firstOffset, lastOffset: offset, isCommit };
  }

  /** The producer, at this epoch from now on. */
  #at(producerId: number, epoch: number, timestamp: number): Producer {
    let producer = this.#producers.get(producerId);
    if (producer === undefined) {
      producer = { producerId, epoch, coordinatorEpoch: -1, txnFirstOffset: -1, lastTimestamp: timestamp, batches: [] };
      if (this.#producers.size >= this.#producersMax) this.#forgetSilent();
      this.#producers.set(producerId, producer);
    }
    if (epoch !== producer.epoch) {
      producer.epoch = epoch;
      producer.batches = [];
    }
    producer.lastTimestamp = timestamp;
    return producer;
  }

  /** Forgets producers without an open transaction whose last record is older than `expirationMs`. */
  expire(now: number, expirationMs: number): void {
    for (const producer of this.#producers.values()) {
      if (producer.txnFirstOffset < 0 && now - producer.lastTimestamp >= expirationMs) {
        this.#producers.delete(producer.producerId);
      }
    }
  }

  epochOf(producerId: number): number {
    return this.#producers.get(producerId)?.epoch ?? -1;
  }

  hasOpenTransaction(producerId: number, producerEpoch: number): boolean {
    return this.#open?.has(producerId) === true && this.#producers.get(producerId)?.epoch === producerEpoch;
  }

  infos(): ProducerInfo[] {
    return [...this.#producers.values()].map((producer) => ({
      producerId: producer.producerId,
      producerEpoch: producer.epoch,
      lastSequence: producer.batches.at(-1)?.lastSequence ?? -1,
      lastTimestamp: producer.lastTimestamp,
      currentTransactionStartOffset: producer.txnFirstOffset,
      coordinatorEpoch: producer.coordinatorEpoch,
    }));
  }

  snapshot(): ProducerSnapshot {
    return [...this.#producers.values()].map((producer) => [
      producer.producerId,
      producer.epoch,
      producer.coordinatorEpoch,
      producer.txnFirstOffset,
      producer.lastTimestamp,
      producer.batches.map((batch) => [batch.lastSequence, batch.lastOffset, batch.offsetDelta, batch.timestamp]),
    ]);
  }

  restore(snapshot: ProducerSnapshot): void {
    this.#producers.clear();
    this.#open = null;
    for (const [producerId, epoch, coordinatorEpoch, txnFirstOffset, lastTimestamp, batches] of snapshot) {
      this.#producers.set(producerId, {
        producerId,
        epoch,
        coordinatorEpoch,
        txnFirstOffset,
        lastTimestamp,
        batches: batches.map(([lastSequence, lastOffset, offsetDelta, timestamp]) => ({
          lastSequence,
          lastOffset,
          offsetDelta,
          timestamp,
        })),
      });
    }
    const open = snapshot.filter(([, , , txnFirstOffset]) => txnFirstOffset >= 0).sort((a, b) => a[3] - b[3]);
    if (open.length > 0)
      this.#open = new Map(open.map(([producerId, , , txnFirstOffset]) => [producerId, txnFirstOffset]));
  }

  /** A tenth at a time, so that the sort is rare. */
  #forgetSilent(): void {
    const silent = [...this.#producers.values()]
      .filter((producer) => producer.txnFirstOffset < 0)
      .sort((a, b) => a.lastTimestamp - b.lastTimestamp);
    for (const producer of silent.slice(0, Math.ceil(this.#producersMax / 10)))
      this.#producers.delete(producer.producerId);
  }
}

function nextSequence(sequence: number): number {
  return sequence === sequenceMax ? 0 : sequence + 1;
}

function outOfOrder(batch: SequencedBatch, where: string, why: string): Error {
  return refused(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    `Out of order sequence number for producer ${batch.producerId} in ${where}: ${batch.baseSequence} came, ${why}.`,
  );
}
