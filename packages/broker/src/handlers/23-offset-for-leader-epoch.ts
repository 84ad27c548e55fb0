import { ApiKey, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { AclOperation, isAllowedOnCluster, ResourceType } from '../security/authorizer.ts';
import { checkLeaderEpoch } from '../topics/leader-epoch.ts';
import { defineHandler } from './handler.ts';

/*
 * OffsetForLeaderEpoch (23), versions 2-4: https://kafka.apache.org/protocol#The_Messages_OffsetForLeaderEpoch
 *
 * Differences from Kafka: the leader never changes, so there is one epoch, and it ends at the end of the log. Version 4 is flexible.
 */
export const offsetForLeaderEpoch = defineHandler({
  apiKey: ApiKey.OffsetForLeaderEpoch,
  minVersion: 2,
  maxVersion: 4,
  handle(context, body, request) {
    const { authorizer } = context;
    const { connection } = request;
    const mayReplicate = isAllowedOnCluster(authorizer, connection, AclOperation.CLUSTER_ACTION, false);
    const topics = body.topics.map(({ topic, partitions }) => {
      const isAllowed =
        mayReplicate || authorizer.isAllowed(connection, AclOperation.DESCRIBE, ResourceType.TOPIC, topic);
      return {
        topic,
        partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => ({
          partition,
          ...(isAllowed
            ? endOf(context, topic, partition, currentLeaderEpoch, leaderEpoch)
            : { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, leaderEpoch: -1, endOffset: -1 }),
        })),
      };
    });
    return { topics };
  },
});

function endOf(
  { store }: BrokerContext,
  topic: string,
  partition: number,
  currentLeaderEpoch: number,
  leaderEpoch: number,
) {
  const log = store.partition(topic, partition);
  if (log === undefined) return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, leaderEpoch: -1, endOffset: -1 };
  const errorCode = checkLeaderEpoch(log, currentLeaderEpoch);
  if (errorCode !== 0 || leaderEpoch !== log.leaderEpoch) return { errorCode, leaderEpoch: -1, endOffset: -1 };
  return { errorCode: 0, leaderEpoch, endOffset: log.highWatermark };
}
