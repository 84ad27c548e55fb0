import { ApiKey, ErrorCode, zeroUuid } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { AclOperation, isAllowedOnCluster } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

const metadataTopic = '__cluster_metadata';
/** There is one leader, from the beginning. */
const leaderEpoch = 1;
const notHosted = 'This server does not host this topic-partition.';

/*
 * DescribeQuorum (55), versions 0-2: https://kafka.apache.org/protocol#The_Messages_DescribeQuorum
 *
 * A controllers' API that brokers hand on: this broker is the one voter and leads. Differences from Kafka: offsets count the changes of
 * metadata that the store knows; there is no listener of a controller to tell. Version 1 adds times; 2 directories, nodes and texts.
 */
export const describeQuorum = defineHandler({
  apiKey: ApiKey.DescribeQuorum,
  minVersion: 0,
  maxVersion: 2,
  handle(context, body, { apiVersion, connection }) {
    if (!isAllowedOnCluster(context.authorizer, connection, AclOperation.DESCRIBE)) {
      return { errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED, topics: [] };
    }
    const topics = body.topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) =>
        topicName === metadataTopic && partitionIndex === 0 ? quorum(context, apiVersion) : unknown(partitionIndex),
      ),
    }));
    const isTold = topics.some((topic) => topic.partitions.some(({ errorCode }) => errorCode === 0));
    const nodes = isTold ? [{ nodeId: context.brokerId, listeners: [] }] : [];
    return { errorCode: 0, errorMessage: '', topics, ...(apiVersion >= 2 ? { nodes } : {}) };
  },
});

function quorum({ brokerId, clock, store }: BrokerContext, apiVersion: number) {
  const highWatermark = store.stats().metadataChanges;
  const now = clock.now();
  const voter = {
    replicaId: brokerId,
    ...(apiVersion >= 2 ? { replicaDirectoryId: zeroUuid } : {}),
    logEndOffset: highWatermark,
    ...(apiVersion >= 1 ? { lastFetchTimestamp: now, lastCaughtUpTimestamp: now } : {}),
  };
  return {
    partitionIndex: 0,
    errorCode: 0,
    errorMessage: '',
    leaderId: brokerId,
    leaderEpoch,
    highWatermark,
    currentVoters: [voter],
    observers: [],
  };
}

function unknown(partitionIndex: number) {
  return {
    partitionIndex,
    errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    errorMessage: notHosted,
    leaderId: 0,
    leaderEpoch: 0,
    highWatermark: 0,
    currentVoters: [],
    observers: [],
  };
}
