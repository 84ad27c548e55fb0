import { ApiKey, type DeleteTopicsResponseInput, ErrorCode, zeroUuid } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
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
    const responses = topics.map(({ name, topicId }) => remove(context, name, topicId));
    return context.store.flushMetadata().then(() => ({ responses }));
  },
});

function remove(
  context: BrokerContext,
  name: string | null,
  topicId: string,
): DeleteTopicsResponseInput['responses'][number] {
  const { store } = context;
  const isById = name === null;
  const topic = isById ? store.topicById(topicId) : store.topic(name);
  if (topic === undefined) {
    const errorCode = isById ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    return { name: isById ? null : name, topicId, errorCode, errorMessage: 'This server does not host this topic.' };
  }
  if (!isById && topicId !== zeroUuid) {
    const errorMessage = 'You may not specify both topic name and topic id.';
    return { name, topicId, errorCode: ErrorCode.INVALID_REQUEST, errorMessage };
  }
  try {
    deleteTopic(context, topic.name);
    context.logger.info({ topic: topic.name }, 'topic deleted');
    return { name: topic.name, topicId: topic.topicId, errorCode: 0 };
  } catch (error) {
    return { name: topic.name, topicId: topic.topicId, ...errorOf(error) };
  }
}
