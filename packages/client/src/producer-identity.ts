import { ApiKey, ErrorCode } from '@headwater/protocol';
import { brokerError } from './client-error.ts';
import type { Cluster } from './cluster.ts';

export interface Identity {
  producerId: number;
  producerEpoch: number;
  /** Counts the identities of this producer: sequences start at 0 with each. */
  generation: number;
}

/** The producer id under which the broker recognises a batch that is sent again. */
export class ProducerIdentity {
  private readonly cluster: Cluster;
  private identity: Identity | null = null;
  private asking: Promise<Identity> | null = null;
  private generation = 0;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** The current identity; asks a broker for one when there is none. */
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

  /** The next batches get a new identity, unless that has happened since. */
  renew(lost: { id: number; epoch: number }): void {
    if (this.identity?.producerId === lost.id && this.identity.producerEpoch === lost.epoch) this.identity = null;
  }
}
