import { ApiKey, ErrorCode } from '@headwater/protocol';
import { brokerError } from './client-error.ts';
import type { Cluster } from './cluster.ts';
import type { ProducerBatch } from './producer-batch.ts';

export interface Identity {
  producerId: number;
  producerEpoch: number;
  /** Counts the identities of this producer: sequences start at 0 with each. */
  generation: number;
}

/** Who writes: what batches are stamped with, and what becomes of that when one fails. */
export interface BatchAuthor {
  /** Null outside of transactions. */
  readonly transactionalId: string | null;
  /** The newest version of Produce to use. */
  readonly produceVersionMax: number;
  /** The current identity; asks a broker for one when there is none. Rejects when nothing may be written. */
  current(signal: AbortSignal): Promise<Identity>;
  /** Before batches are sent. */
  prepare(batches: readonly ProducerBatch[], signal: AbortSignal): Promise<void>;
  /** The next batches get a new identity, unless that has happened since. False: this author has to keep its own. */
  renew(lost: { id: number; epoch: number }): boolean;
  /** A batch was given up. */
  gaveUp(error: unknown): void;
}

/** The producer id under which the broker recognises a batch that is sent again. */
export class ProducerIdentity implements BatchAuthor {
  readonly transactionalId = null;
  readonly produceVersionMax = 12;
  private readonly cluster: Cluster;
  private identity: Identity | null = null;
  private asking: Promise<Identity> | null = null;
  private generation = 0;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  async current(signal: AbortSignal): Promise<Identity> {
    if (this.identity !== null) return this.identity;
    this.asking ??= this.ask(signal).finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  private async ask(signal: AbortSignal): Promise<Identity> {
    return this.cluster.retrying(async () => {
      const answer = await this.cluster
        .anyLink()
        .request(ApiKey.InitProducerId, { transactionalId: null, transactionTimeoutMs: 60_000 }, { signal });
      if (answer.errorCode !== ErrorCode.NONE) throw brokerError(answer.errorCode, 'asking for a producer id');
      const { producerId, producerEpoch } = answer;
      this.identity = { producerId, producerEpoch, generation: this.generation++ };
      return this.identity;
    }, signal);
  }

  async prepare(): Promise<void> {}

  renew(lost: { id: number; epoch: number }): boolean {
    if (this.identity?.producerId === lost.id && this.identity.producerEpoch === lost.epoch) this.identity = null;
    return true;
  }

  gaveUp(): void {}
}
