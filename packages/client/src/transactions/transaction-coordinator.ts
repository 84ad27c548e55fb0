import { ApiKey, ErrorCode, type RequestInputOf, type ResponseOf } from '@headwater/protocol';
import { groupByTopic, type TopicPartition } from '../by-leader.ts';
import { ClientError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import type { GroupMetadata } from '../consumer/consumer.ts';
import { askCoordinator } from '../group/group-coordinator.ts';
import type { OffsetToCommit } from '../group/group-offsets.ts';
import { transactionError } from './transaction-errors.ts';

export interface ProducerIds {
  producerId: number;
  producerEpoch: number;
}

/** Requests to a transaction's coordinator, repeated while their errors pass. */
export class TransactionCoordinator {
  readonly transactionalId: string;
  private readonly cluster: Cluster;

  constructor(cluster: Cluster, transactionalId: string) {
    this.cluster = cluster;
    this.transactionalId = transactionalId;
  }

  /** Whether the cluster runs the newer protocol (KIP-890): an epoch for each transaction, partitions added by producing. */
  async isVersion2(signal?: AbortSignal): Promise<boolean> {
    return this.cluster.retrying(async () => {
      const broker = await this.cluster.coordinator('transaction', this.transactionalId, signal);
      return (await this.cluster.pool.link(broker.id, broker).feature('transaction.version', signal)) >= 2;
    }, signal);
  }

  /** Fences earlier producers of this id and ends what they left open; with `ids` it renews the epoch of this one (KIP-360). */
  async init(transactionTimeoutMs: number, ids: ProducerIds | null, signal?: AbortSignal): Promise<ProducerIds> {
    const { transactionalId } = this;
    const answer = await this.ask(
      'asking for a producer id',
      ApiKey.InitProducerId,
      (version) => ({ transactionalId, transactionTimeoutMs, ...(version >= 3 && ids !== null ? ids : {}) }),
      ({ errorCode }) => errorCode,
      signal,
    );
    return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
  }

  async addPartitions(ids: ProducerIds, partitions: readonly TopicPartition[], signal?: AbortSignal): Promise<void> {
    await this.ask(
      `adding partitions to the transaction of ${this.transactionalId}`,
      ApiKey.AddPartitionsToTxn,
      {
        v3AndBelowTransactionalId: this.transactionalId,
        v3AndBelowProducerId: ids.producerId,
        v3AndBelowProducerEpoch: ids.producerEpoch,
        v3AndBelowTopics: [...groupByTopic(partitions)].map(([name, list]) => ({
          name,
          partitions: list.map(({ partition }) => partition),
        })),
      },
      ({ resultsByTopicV3AndBelow: topics }) => {
        const codes = topics.flatMap((topic) => topic.resultsByPartition.map((one) => one.partitionErrorCode));
        // Those not attempted are so because of another's error.
        const errors = codes.filter((code) => code !== ErrorCode.NONE);
        return errors.find((code) => code !== ErrorCode.OPERATION_NOT_ATTEMPTED) ?? errors[0] ?? ErrorCode.NONE;
      },
      signal,
      // Version 4 is for brokers.
      3,
    );
  }

  async addOffsets(ids: ProducerIds, groupId: string, signal?: AbortSignal): Promise<void> {
    const { transactionalId } = this;
    const about = `adding offsets of group ${groupId} to the transaction of ${transactionalId}`;
    const body = { transactionalId, ...ids, groupId };
    await this.ask(about, ApiKey.AddOffsetsToTxn, body, ({ errorCode }) => errorCode, signal, 3);
  }

  /** Ends the transaction; gives the ids of the next one. */
  async end(ids: ProducerIds, committed: boolean, isVersion2: boolean): Promise<ProducerIds> {
    const { transactionalId } = this;
    const answer = await this.ask(
      `${committed ? 'committing' : 'aborting'} the transaction of ${transactionalId}`,
      ApiKey.EndTxn,
      { transactionalId, ...ids, committed },
      ({ errorCode }) => errorCode,
      undefined,
      isVersion2 ? 5 : 4,
    );
    const hasIds = isVersion2 && answer.producerId >= 0;
    return hasIds ? { producerId: answer.producerId, producerEpoch: answer.producerEpoch } : ids;
  }

  /** Brings offsets to the group's coordinator; they count when the transaction commits. */
  async commitOffsets(
    ids: ProducerIds,
    group: () => GroupMetadata,
    offsets: readonly OffsetToCommit[],
    isVersion2: boolean,
    signal?: AbortSignal,
  ): Promise<void> {
    const { cluster, transactionalId } = this;
    let epoch = Number.NaN;
    await cluster.retrying(async () => {
      const { groupId, memberId, epoch: generationId, groupInstanceId = null } = group();
      const isAgain = generationId === epoch;
      epoch = generationId;
      const answer = await askCoordinator(
        cluster,
        cluster.pool,
        groupId,
        ApiKey.TxnOffsetCommit,
        (version) => ({
          transactionalId,
          groupId,
          ...ids,
          ...(version >= 3 ? { generationId, memberId, groupInstanceId } : {}),
          topics: [...groupByTopic(offsets)].map(([name, partitions]) => ({
            name,
            partitions: partitions.map(({ partition, offset, leaderEpoch = -1, metadata = '' }) => ({
              partitionIndex: partition,
              committedOffset: offset,
              ...(version >= 2 ? { committedLeaderEpoch: leaderEpoch } : {}),
              committedMetadata: metadata,
            })),
          })),
        }),
        ({ topics }) => topics[0]?.partitions[0]?.errorCode ?? 0,
        { signal, maxVersion: isVersion2 ? 5 : 4 },
      );
      for (const { name, partitions } of answer.topics) {
        for (const { partitionIndex, errorCode } of partitions) {
          if (errorCode === ErrorCode.NONE) continue;
          const error = transactionError(errorCode, `offset of ${name}-${partitionIndex} for group ${groupId}`);
          // A member of the new protocol may have a newer epoch by now.
          const mayPass = errorCode === ErrorCode.STALE_MEMBER_EPOCH && !isAgain;
          throw mayPass ? new ClientError(error.code, error.message, { cause: error, retriable: true }) : error;
        }
      }
    }, signal);
  }

  private ask<K extends ApiKey>(
    about: string,
    apiKey: K,
    body: RequestInputOf[K] | ((version: number) => RequestInputOf[K]),
    errorOf: (answer: ResponseOf[K]) => number,
    signal?: AbortSignal,
    maxVersion?: number,
  ): Promise<ResponseOf[K]> {
    const { cluster, transactionalId } = this;
    return cluster.retrying(async () => {
      const broker = await cluster.coordinator('transaction', transactionalId, signal);
      try {
        const options = { signal, ...(maxVersion === undefined ? {} : { maxVersion }) };
        const answer = await cluster.pool.link(broker.id, broker).request(apiKey, body, options);
        const errorCode = errorOf(answer);
        if (errorCode !== ErrorCode.NONE) throw transactionError(errorCode, about);
        return answer;
      } catch (error) {
        const isBusy = error instanceof ClientError && error.kafkaCode === ErrorCode.CONCURRENT_TRANSACTIONS;
        if (error instanceof ClientError && error.retriable && !isBusy) {
          cluster.forgetCoordinator('transaction', transactionalId);
        }
        throw error;
      }
    }, signal);
  }
}
