import { ApiKey, type CreateTopicsRequest, type CreateTopicsResponseInput, ErrorCode } from '@headwater/protocol';
import { describedTopicConfigs } from '../config/described-config.ts';
import type { BrokerContext } from '../context.ts';
import type { MutationQuota } from '../quotas/mutation-quota.ts';
import { AclOperation, isAllowedOnCluster, ResourceType, type Subject } from '../security/authorizer.ts';
import { newTopicId } from '../storage/index.ts';
import { duplicateTopic, withoutDuplicates } from '../topics/duplicate-topics.ts';
import { createTopic, errorOf } from '../topics/topic-admin.ts';
import { defineHandler } from './handler.ts';

/*
 * CreateTopics (19), versions 2-7: https://kafka.apache.org/protocol#The_Messages_CreateTopics
 *
 * Differences from Kafka: one replica; more are refused with INVALID_REPLICATION_FACTOR, as by a Kafka of one broker.
 * Version 4 allows -1 for partitions and replicas; 5 is flexible and tells the configuration; 7 the topic's id.
 */
export const createTopics = defineHandler({
  apiKey: ApiKey.CreateTopics,
  minVersion: 2,
  maxVersion: 7,
  handle(context, body, request) {
    const quota = request.quota?.mutation(strictSince) ?? null;
    const { authorizer } = context;
    const { connection } = request;
    const mayCreateAll = isAllowedOnCluster(authorizer, connection, AclOperation.CREATE, false);
    const mayCreate = (name: string) =>
      mayCreateAll || authorizer.isAllowed(connection, AclOperation.CREATE, ResourceType.TOPIC, name);
    const { single, twice } = withoutDuplicates(body.topics);
    const topics = single.map((topic) => {
      const { name } = topic;
      if (!mayCreate(name)) return failed(name, ErrorCode.TOPIC_AUTHORIZATION_FAILED, 'Authorization failed.');
      return create(context, connection, topic, body.validateOnly, quota);
    });
    topics.push(...twice.map((name) => failed(name, duplicateTopic.errorCode, duplicateTopic.errorMessage)));
    const isMade = !body.validateOnly && topics.some(({ errorCode }) => errorCode === 0);
    return isMade ? context.store.flushMetadata().then(() => ({ topics })) : { topics };
  },
});

/** The version from which on clients know THROTTLING_QUOTA_EXCEEDED. */
const strictSince = 6;

const notMore = { withSynonyms: false, withDocumentation: false };

type Topic = CreateTopicsRequest['topics'][number];
type TopicResult = CreateTopicsResponseInput['topics'][number];

function create(
  context: BrokerContext,
  subject: Subject,
  topic: Topic,
  validateOnly: boolean,
  quota: MutationQuota | null,
): TopicResult {
  const { name } = topic;
  try {
    const configs = Object.fromEntries(topic.configs.map((config) => [config.name, config.value]));
    const request = {
      name,
      partitions: topic.numPartitions,
      replicationFactor: topic.replicationFactor,
      assignments: topic.assignments,
      configs,
      quota,
    };
    const info = createTopic(context, request, validateOnly);
    // Of a topic that is only checked, Kafka tells an id too.
    const topicId = info?.topicId ?? newTopicId();
    const partitions = info?.partitions ?? plannedPartitions(context, topic);
    if (info !== null) context.logger.info({ topic: name, partitions }, 'topic made');
    const mayDescribe = context.authorizer.isAllowed(
      subject,
      AclOperation.DESCRIBE_CONFIGS,
      ResourceType.TOPIC,
      name,
      false,
    );
    if (!mayDescribe) {
      const topicConfigErrorCode = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
      return { name, topicId, errorCode: 0, errorMessage: null, topicConfigErrorCode };
    }
    const described = describedTopicConfigs(context, info?.configs ?? nonNull(configs), notMore);
    return {
      name,
      topicId,
      errorCode: 0,
      errorMessage: null,
      numPartitions: partitions,
      replicationFactor: 1,
      configs: described.map((config) => ({
        name: config.name,
        value: config.value,
        readOnly: config.readOnly,
        configSource: config.configSource,
        isSensitive: config.isSensitive,
      })),
    };
  } catch (error) {
    const { errorCode, errorMessage } = errorOf(error);
    if (errorMessage === null) context.logger.error({ error, topic: name }, 'a topic could not be made');
    return failed(name, errorCode, errorMessage);
  }
}

function plannedPartitions({ config }: BrokerContext, { assignments, numPartitions }: Topic): number {
  if (assignments.length > 0) return assignments.length;
  return numPartitions === -1 ? config.number('num.partitions') : numPartitions;
}

function nonNull(configs: Record<string, string | null>): Record<string, string> {
  const set = Object.entries(configs).filter((entry): entry is [string, string] => entry[1] !== null);
  return Object.fromEntries(set);
}

function failed(name: string, errorCode: number, errorMessage: string | null): TopicResult {
  return { name, errorCode, errorMessage, configs: null };
}
