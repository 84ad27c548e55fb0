import { ApiKey, encodeBatch, type RecordInput } from '@headwater/protocol';
import { nameOf, settled } from './load.ts';
import type { Session } from './session.ts';

/** A request was refused for good: what the client does then is to begin anew. */
export class TransactionRefused extends Error {}

/**
 * A transactional producer in raw requests. Protocol version 1 adds partitions and groups before it writes to them and keeps its epoch;
 * version 2 (KIP-890) adds them by writing, and gets a new epoch with every transaction.
 */
export class TransactionClient {
  readonly transactionalId: string;
  readonly #session: Session;
  readonly #version: 1 | 2;
  #producerId = -1;
  #producerEpoch = -1;
  #sequences = new Map<number, number>();
  #added = new Set<number>();

  constructor(session: Session, transactionalId: string, version: 1 | 2) {
    this.#session = session;
    this.transactionalId = transactionalId;
    this.#version = version;
  }

  /** Ends whatever the client before left open. */
  async init(): Promise<void> {
    const { producerId, producerEpoch } = await initTransactions(this.#session, this.transactionalId);
    this.#become(producerId, producerEpoch);
  }

  async produce(topic: string, partition: number, records: readonly RecordInput[]): Promise<void> {
    if (this.#version === 1) await this.#add(topic, partition);
    const baseSequence = this.#sequences.get(partition) ?? 0;
    const bytes = encodeBatch({
      records,
      producerId: this.#producerId,
      producerEpoch: this.#producerEpoch,
      baseSequence,
      isTransactional: true,
    });
    const topicData = [{ name: topic, partitionData: [{ index: partition, records: bytes }] }];
    const body = { transactionalId: this.transactionalId, acks: -1, timeoutMs: 30_000, topicData };
    await this.#final('Produce', async () => {
      const answer = await this.#session.call(ApiKey.Produce, this.#version === 1 ? 11 : 12, body);
      return answer.responses[0]!.partitionResponses[0]!.errorCode;
    });
    this.#sequences.set(partition, baseSequence + records.length);
  }

  async commitOffset(groupId: string, topic: string, partition: number, offset: number): Promise<void> {
    const { transactionalId } = this;
    const who = { transactionalId, producerId: this.#producerId, producerEpoch: this.#producerEpoch, groupId };
    if (this.#version === 1) {
      await this.#final('AddOffsetsToTxn', async () => {
        return (await this.#session.call(ApiKey.AddOffsetsToTxn, 3, who)).errorCode;
      });
    }
    const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: '' }];
    await this.#final('TxnOffsetCommit', async () => {
      const body = { ...who, topics: [{ name: topic, partitions }] };
      const answer = await this.#session.call(ApiKey.TxnOffsetCommit, this.#version === 1 ? 3 : 5, body);
      return answer.topics[0]!.partitions[0]!.errorCode;
    });
  }

  async end(committed: boolean): Promise<void> {
    const { transactionalId } = this;
    const body = { transactionalId, producerId: this.#producerId, producerEpoch: this.#producerEpoch, committed };
    const answer = await settled(
      () => this.#session.call(ApiKey.EndTxn, this.#version === 1 ? 4 : 5, body),
      ({ errorCode }) => errorCode,
    );
    if (answer.errorCode !== 0) throw new TransactionRefused(`EndTxn: ${nameOf(answer.errorCode)}`);
    this.#added.clear();
    if (this.#version === 2) this.#become(answer.producerId, answer.producerEpoch);
  }

  async #add(topic: string, partition: number): Promise<void> {
    if (this.#added.has(partition)) return;
    const body = {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.#producerId,
      v3AndBelowProducerEpoch: this.#producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [partition] }],
    };
    await this.#final('AddPartitionsToTxn', async () => {
      const answer = await this.#session.call(ApiKey.AddPartitionsToTxn, 3, body);
      return answer.resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode;
    });
    this.#added.add(partition);
  }

  async #final(what: string, ask: () => Promise<number>): Promise<void> {
    const errorCode = await settled(ask, (code) => code);
    if (errorCode !== 0) throw new TransactionRefused(`${what}: ${nameOf(errorCode)}`);
  }

  #become(producerId: number, producerEpoch: number): void {
    if (producerId !== this.#producerId || producerEpoch !== this.#producerEpoch) this.#sequences.clear();
    [this.#producerId, this.#producerEpoch] = [producerId, producerEpoch];
    this.#added.clear();
  }
}

/** InitProducerId: the transaction that was open is aborted, one that was being ended is ended first. */
export async function initTransactions(session: Session, transactionalId: string) {
  const answer = await settled(
    () => session.call(ApiKey.InitProducerId, 4, { transactionalId, transactionTimeoutMs: 600_000 }),
    ({ errorCode }) => errorCode,
  );
  if (answer.errorCode !== 0) throw new Error(`InitProducerId of ${transactionalId}: ${nameOf(answer.errorCode)}`);
  return answer;
}
