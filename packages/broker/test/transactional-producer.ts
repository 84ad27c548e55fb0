import { ApiKey } from '@headwater/protocol';
import { batch } from './fixtures.ts';
import type { RawClient } from './raw-client.ts';

/** A transactional producer of protocol version 2, in raw requests; answers are error codes. */
export class TransactionalProducer {
  readonly #client: RawClient;
  readonly transactionalId: string;
  producerId = -1;
  producerEpoch = -1;
  #sequences = new Map<string, number>();

  constructor(client: RawClient, transactionalId: string) {
    this.#client = client;
    this.transactionalId = transactionalId;
  }

  async init({ timeoutMs = 60_000, isGoingOn = false } = {}): Promise<number> {
    const { producerEpoch, producerId } = this;
    const answer = await this.#client.call(ApiKey.InitProducerId, 5, {
      transactionalId: this.transactionalId,
      transactionTimeoutMs: timeoutMs,
      ...(isGoingOn ? { producerId, producerEpoch } : {}),
    });
    if (answer.errorCode === 0) this.#become(answer.producerId, answer.producerEpoch);
    return answer.errorCode;
  }

  /** Produce below version 12 needs `add` first. */
  async send(topic: string, values: readonly string[], { partition = 0, version = 12 } = {}): Promise<number> {
    const key = `${topic}-${partition}`;
    const baseSequence = this.#sequences.get(key) ?? 0;
    const { producerEpoch, producerId, transactionalId } = this;
    const records = batch(values, { producerId, producerEpoch, baseSequence, isTransactional: true });
    const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }];
    const body = { transactionalId, acks: -1, timeoutMs: 1_000, topicData };
    const { responses } = await this.#client.call(ApiKey.Produce, version, body);
    const { errorCode } = responses[0]!.partitionResponses[0]!;
    if (errorCode === 0) this.#sequences.set(key, baseSequence + values.length);
    return errorCode;
  }

  async add(topic: string, partition = 0): Promise<number> {
    const { resultsByTopicV3AndBelow } = await this.#client.call(ApiKey.AddPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.producerId,
      v3AndBelowProducerEpoch: this.producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [partition] }],
    });
    return resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode;
  }

  async commitOffset(groupId: string, topic: string, offset: number, version = 5): Promise<number> {
    const { producerEpoch, producerId, transactionalId } = this;
    const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }];
    const body = { transactionalId, groupId, producerId, producerEpoch, topics: [{ name: topic, partitions }] };
    const { topics } = await this.#client.call(ApiKey.TxnOffsetCommit, version, body);
    return topics[0]!.partitions[0]!.errorCode;
  }

  async end(committed: boolean, version = 5): Promise<number> {
    const { producerEpoch, producerId, transactionalId } = this;
    const body = { transactionalId, producerId, producerEpoch, committed };
    const answer = await this.#client.call(ApiKey.EndTxn, version, body);
    if (answer.errorCode === 0 && version >= 5) this.#become(answer.producerId, answer.producerEpoch);
    return answer.errorCode;
  }

  #become(producerId: number, producerEpoch: number): void {
    const isSame = producerId === this.producerId && producerEpoch === this.producerEpoch;
    if (!isSame) this.#sequences = new Map();
    [this.producerId, this.producerEpoch] = [producerId, producerEpoch];
  }
}
