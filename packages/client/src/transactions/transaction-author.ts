import type { TopicPartition } from '../by-leader.ts';
import { ClientError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import type { ProducerBatch } from '../producer-batch.ts';
import type { BatchAuthor, Identity } from '../producer-identity.ts';
import { type ProducerIds, TransactionCoordinator } from './transaction-coordinator.ts';
import { isAbortable, transactionError } from './transaction-errors.ts';

/** The writer of a transaction's batches: stamps them with its ids, and adds their partitions first where that is asked for. */
export class TransactionAuthor implements BatchAuthor {
  readonly coordinator: TransactionCoordinator;
  isVersion2 = false;
  /** Something is in the transaction that has to be ended. */
  hasContent = false;
  /** Nothing may be written any more; null: it may. */
  refusal: unknown = null;
  /** After a failed batch the broker may wait for its sequence: the epoch has to be renewed. */
  isSequenceLost = false;
  private ids: ProducerIds | null = null;
  private generation = 0;
  private readonly added = new Set<string>();
  private adding: Promise<void> = Promise.resolve();

  constructor(cluster: Cluster, transactionalId: string) {
    this.coordinator = new TransactionCoordinator(cluster, transactionalId);
  }

  get transactionalId(): string {
    return this.coordinator.transactionalId;
  }

  /** From version 12 on producing adds the partition to the transaction (KIP-890). */
  get produceVersionMax(): number {
    return this.isVersion2 ? 12 : 11;
  }

  get currentIds(): ProducerIds {
    if (this.ids === null) throw new ClientError('HW_CLIENT_TRANSACTION_STATE', 'the producer is not initialized');
    return this.ids;
  }

  /** The ids of what comes next; others than before begin their sequences anew. */
  take(ids: ProducerIds): void {
    const isSame = ids.producerId === this.ids?.producerId && ids.producerEpoch === this.ids.producerEpoch;
    if (!isSame) this.generation++;
    this.ids = ids;
  }

  /** Between transactions. */
  reset(): void {
    this.hasContent = false;
    this.isSequenceLost = false;
    this.refusal = null;
    this.added.clear();
  }

  async current(): Promise<Identity> {
    if (this.refusal !== null) throw this.refusal;
    return { ...this.currentIds, generation: this.generation };
  }

  async prepare(batches: readonly ProducerBatch[], signal: AbortSignal): Promise<void> {
    this.hasContent = true;
    if (this.isVersion2) return;
    const { added, adding } = this;
    if (batches.every((batch) => added.has(keyOf(batch)))) {
      // Nothing overtakes what waits for its partitions.
      await adding.catch(() => {});
      return;
    }
    const mine = (async () => {
      await adding.catch(() => {});
      const fresh = [
        ...new Map(batches.map(({ topic, partition }) => [keyOf({ topic, partition }), { topic, partition }])).values(),
      ];
      const wanted = fresh.filter((one) => !added.has(keyOf(one)));
      if (wanted.length === 0) return;
      await this.coordinator.addPartitions(this.currentIds, wanted, signal);
      for (const one of wanted) added.add(keyOf(one));
    })();
    this.adding = mine;
    await mine;
  }

  renew(): boolean {
    this.isSequenceLost = true;
    return false;
  }

  /** Without this batch the transaction must not commit. */
  gaveUp(error: unknown): void {
    this.isSequenceLost = true;
    this.refuse(error);
  }

  /** Nothing more goes into this transaction; an abort mends it, unless the producer is fenced. */
  refuse(error: unknown): void {
    if (this.refusal !== null && !isAbortable(this.refusal)) return;
    const kafkaCode = error instanceof ClientError ? error.kafkaCode : null;
    this.refusal = kafkaCode === null ? error : asFenced(kafkaCode, error);
  }
}

/** A leader, too, knows of a later producer; what it says then is what the coordinator would say. */
function asFenced(kafkaCode: number, error: unknown): unknown {
  const named = transactionError(kafkaCode, 'writing');
  return named.code === 'HW_CLIENT_PRODUCER_FENCED' ? named : error;
}

const keyOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;
