import { ApiKey, type DeleteTopicsResponseInput, ErrorCode, zeroUuid } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import type { Request } from '../network/request.ts';
import { AclOperation, isAllowedOnCluster, ResourceType } from '../security/authorizer.ts';
import { deleteTopic, errorOf } from '../topics/topic-admin.ts';
import { defineHandler } from './handler.ts';

/*
 * DeleteTopics (20), versions 1-6: https://kafka.apache.org/protocol#The_Messages_DeleteTopics
 *
 * Differences from Kafka: __consumer_offsets is refused with POLICY_VIOLATION. Version 4 is flexible; 6 also takes ids.
 */
export const deleteTopics = defineHandler({
  apiKey: ApiKey.DeleteTopics,
  minVersion: 1,
  maxVersion: 6,
  handle(context, body, request) {
    const topics = request.apiVersion >= 6 ? body.topics : body.topicNames.map((name) => ({ name, topicId: zeroUuid }));
    const responses = topics.map(({ name, topicId }) => remove(context, request, name, topicId));
    return context.store.flushMetadata().then(() => ({ responses }));
  },
});

/** The version from which on clients know THROTTLING_QUOTA_EXCEEDED. */
const strictSince = 5;

function refused(name: string | null, topicId: string) {
  const errorCode = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  return { name, topicId, errorCode, errorMessage: 'Topic authorization failed.' };
}

function remove(
  context: BrokerContext,
  request: Request,
  name: string | null,
  topicId: string,
): DeleteTopicsResponseInput['responses'][number] {
  const { authorizer, store } = context;
  const { connection } = request;
  const isById = name === null;
  if (!isById && topicId !== zeroUuid) {
    const errorMessage = 'You may not specify both topic name and topic id.';
    return { name, topicId, errorCode: ErrorCode.INVALID_REQUEST, errorMessage };
  }
  const topic = isById ? store.topicById(topicId) : store.topic(name);
  const mayDeleteAll = isAllowedOnCluster(authorizer, connection, AclOperation.DELETE, false);
  const may = (operation: AclOperation, wanted: string) =>
    mayDeleteAll || authorizer.isAllowed(connection, operation, ResourceType.TOPIC, wanted);
  const wanted = topic?.name ?? name;
  // Whoever may not describe a topic is not told whether it is there, nor its name.
  const isHidden = wanted !== null && !may(AclOperation.DESCRIBE, wanted);
  if (isHidden && !isById) return refused(name, topicId);
  if (topic === undefined) {
    const errorCode = isById ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    return { name: isById ? null : name, topicId, errorCode, errorMessage: 'This server does not host this topic.' };
  }
  if (!may(AclOperation.DELETE, topic.name)) return refused(isHidden ? null : topic.name, topicId);
  try {
    deleteTopic(context, topic.name, request.quota?.mutation(strictSince) ?? null);
    context.logger.info({ topic: topic.name }, 'topic deleted');
    return { name: topic.name, topicId: topic.topicId, errorCode: 0 };
  } catch (error) {
    return { name: topic.name, topicId: topic.topicId, ...errorOf(error) };
  }
}
