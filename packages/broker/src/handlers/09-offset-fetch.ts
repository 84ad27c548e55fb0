import { ApiKey, ErrorCode, zeroUuid } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { defineHandler } from './handler.ts';

/*
 * OffsetFetch (9), versions 1-10: https://kafka.apache.org/protocol#The_Messages_OffsetFetch
 *
 * Differences from Kafka: `requireStable` has nothing to wait for, there being no transactions yet. The member fields of version 9
 * belong to the new group protocol and are not looked at, as Kafka does for classic groups.
 *
 * Version 2 allows all topics (null) and has an error for the group; 6 is flexible; 8 asks for several groups; 10 names topics by id.
 */
export const offsetFetch = defineHandler({
  apiKey: ApiKey.OffsetFetch,
  minVersion: 1,
  maxVersion: 10,
  handle(context, body, request) {
    if (request.apiVersion >= 8) {
      const groups = body.groups.map(({ groupId, topics }) => ({
        groupId,
        topics: fetchTopics(context, groupId, topics, request.apiVersion >= 10),
        errorCode: 0,
      }));
      return { topics: [], groups };
    }
    const topics = body.topics?.map((topic) => ({ ...topic, topicId: zeroUuid })) ?? null;
    return { topics: fetchTopics(context, body.groupId, topics, false), errorCode: 0, groups: [] };
  },
});

interface RequestedTopic {
  name: string;
  topicId: string;
  partitionIndexes: readonly number[];
}

function fetchTopics(
  { groups, store }: BrokerContext,
  groupId: string,
  requested: RequestedTopic[] | null,
  byId: boolean,
) {
  const offsets = groups.find(groupId)?.offsets;
  const topics =
    requested ??
    (offsets?.topics() ?? []).map((name) => ({
      name,
      topicId: store.topic(name)?.topicId ?? zeroUuid,
      partitionIndexes: [...(offsets?.partitions(name).keys() ?? [])],
    }));
  return topics.map(({ name, topicId, partitionIndexes }) => {
    const known = byId && requested !== null ? store.topicById(topicId)?.name : name;
    return {
      name,
      topicId,
      partitions: partitionIndexes.map((partitionIndex) => {
        const committed = known === undefined ? undefined : offsets?.get(known, partitionIndex);
        return {
          partitionIndex,
          committedOffset: committed?.offset ?? -1,
          committedLeaderEpoch: committed?.leaderEpoch ?? -1,
          metadata: committed?.metadata ?? '',
          errorCode: known === undefined ? ErrorCode.UNKNOWN_TOPIC_ID : 0,
        };
      }),
    };
  });
}
