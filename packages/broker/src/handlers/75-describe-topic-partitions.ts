import { ApiKey, type DescribeTopicPartitionsResponseInput, ErrorCode, zeroUuid } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { AclOperation, ResourceType, type Subject } from '../security/authorizer.ts';
import { authorizedOperations, operationsNotRequested } from '../topics/authorized-operations.ts';
import { isInternal, topicNameProblem } from '../topics/topic-admin.ts';
import { defineHandler } from './handler.ts';

/*
 * DescribeTopicPartitions (75), version 0: https://kafka.apache.org/protocol#The_Messages_DescribeTopicPartitions
 *
 * Differences from Kafka: no eligible leader replicas, there being one replica. Topics come sorted by name and in pages of at most
 * `responsePartitionLimit` (and 2,000) partitions; the cursor says where the next page begins.
 */
export const describeTopicPartitions = defineHandler({
  apiKey: ApiKey.DescribeTopicPartitions,
  minVersion: 0,
  maxVersion: 0,
  handle(context, body, request) {
    const { authorizer } = context;
    const { connection } = request;
    const { cursor } = body;
    const isAll = body.topics.length === 0;
    const names = isAll ? context.store.topics().map(({ name }) => name) : body.topics.map(({ name }) => name);
    const beginsNowhere =
      cursor !== null && (cursor.partitionIndex < 0 || (!isAll && !names.includes(cursor.topicName)));
    if (beginsNowhere) {
      return { topics: body.topics.map(({ name }) => refused(name, ErrorCode.INVALID_REQUEST)), nextCursor: null };
    }
    const wanted = [...new Set(names)].sort().filter((name) => cursor === null || name >= cursor.topicName);
    const mayDescribe = (name: string) =>
      authorizer.isAllowed(connection, AclOperation.DESCRIBE, ResourceType.TOPIC, name, !isAll);
    const visible: string[] = [];
    const hidden: TopicAnswer[] = [];
    for (const name of wanted) {
      if (mayDescribe(name)) visible.push(name);
      else if (!isAll) hidden.push(refused(name, ErrorCode.TOPIC_AUTHORIZATION_FAILED));
    }
    let left = Math.min(partitionsMax, Math.max(1, body.responsePartitionLimit));
    const topics: TopicAnswer[] = [];
    for (const name of visible) {
      const first = cursor !== null && name === cursor.topicName ? cursor.partitionIndex : 0;
      if (left === 0) return { topics: [...topics, ...hidden], nextCursor: { topicName: name, partitionIndex: first } };
      const topic = describe(context, connection, name, first, left);
      topics.push(topic);
      left -= topic.partitions.length;
      const next = first + topic.partitions.length;
      const total = context.store.topic(name)?.partitions ?? 0;
      if (next < total) {
        return { topics: [...topics, ...hidden], nextCursor: { topicName: name, partitionIndex: next } };
      }
    }
    return { topics: [...topics, ...hidden], nextCursor: null };
  },
});

type TopicAnswer = DescribeTopicPartitionsResponseInput['topics'][number];

const partitionsMax = 2_000;

function refused(name: string, errorCode: number): TopicAnswer {
  return { errorCode, name, topicId: zeroUuid, partitions: [], topicAuthorizedOperations: operationsNotRequested };
}

function describe(context: BrokerContext, subject: Subject, name: string, first: number, count: number): TopicAnswer {
  const { brokerId, store } = context;
  const topicAuthorizedOperations = authorizedOperations(context, subject, ResourceType.TOPIC, name);
  const topic = store.topic(name);
  if (topic === undefined) {
    const isName = topicNameProblem(name) === null;
    const errorCode = isName ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION;
    return { errorCode, name, topicId: zeroUuid, isInternal: false, partitions: [], topicAuthorizedOperations };
  }
  const nodes = [brokerId];
  const length = Math.max(0, Math.min(count, topic.partitions - first));
  const partitions = Array.from({ length }, (_, index) => ({
    errorCode: 0,
    partitionIndex: first + index,
    leaderId: brokerId,
    leaderEpoch: 0,
    replicaNodes: nodes,
    isrNodes: nodes,
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    offlineReplicas: [],
  }));
  return {
    errorCode: 0,
    name,
    topicId: topic.topicId,
    isInternal: isInternal(name),
    partitions,
    topicAuthorizedOperations,
  };
}
