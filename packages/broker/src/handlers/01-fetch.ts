import { ApiKey, ErrorCode } from '@headwater/protocol';
import { PendingFetch } from '../fetch/pending-fetch.ts';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import { checkLeaderEpoch } from '../topics/leader-epoch.ts';
import { defineHandler } from './handler.ts';

/*
 * Fetch (1), versions 4-18: https://kafka.apache.org/protocol#The_Messages_Fetch
 *
 * Differences from Kafka:
 * - No fetch sessions: session id 0 in the answer tells the client to ask in full each time, as a broker does whose cache of
 *   sessions is full. A request for a session gets FETCH_SESSION_ID_NOT_FOUND.
 * - Followers do not fetch here: a replica id is taken for a consumer's.
 *
 * Version 7 adds sessions; 9 the leader epoch; 12 is flexible; 13 names topics by id; 16 to 18 change nothing for consumers.
 */
export const fetch = defineHandler({
  apiKey: ApiKey.Fetch,
  minVersion: 4,
  maxVersion: 18,
  handle(context, body, request) {
    if (body.sessionEpoch > 0) return { errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND, responses: [] };
    const pending = new PendingFetch(context, request, body);
    const byId = request.apiVersion >= 13;
    for (const topic of body.topics) {
      const name = byId ? (context.store.topicById(topic.topicId)?.name ?? '') : topic.topic;
      const isDenied =
        !context.authorizer.isOpen &&
        name !== '' &&
        !context.authorizer.isAllowed(request.connection, AclOperation.READ, ResourceType.TOPIC, name);
      pending.addTopic(name, topic.topicId);
      for (const { partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch } of topic.partitions) {
        if (isDenied) {
          pending.addPartition(null, partition, fetchOffset, partitionMaxBytes, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
          continue;
        }
        const log = name === '' ? undefined : context.store.partition(name, partition);
        const errorCode = log === undefined ? missing(byId && name === '') : checkLeaderEpoch(log, currentLeaderEpoch);
        pending.addPartition(log ?? null, partition, fetchOffset, partitionMaxBytes, errorCode);
      }
    }
    pending.start();
    return undefined;
  },
});

function missing(isUnknownId: boolean): number {
  return isUnknownId ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
}
