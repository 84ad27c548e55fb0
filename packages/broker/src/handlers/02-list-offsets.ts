import { ApiKey, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import type { PartitionLog } from '../storage/index.ts';
import { storageErrorCode } from '../storage-error-code.ts';
import { checkLeaderEpoch } from '../topics/leader-epoch.ts';
import { defineHandler } from './handler.ts';

/*
 * ListOffsets (2), versions 1-11: https://kafka.apache.org/protocol#The_Messages_ListOffsets
 *
 * Differences from Kafka: there is no tiered storage, so the earliest local offset (-4) is the earliest one, and the latest tiered (-5)
 * and earliest pending upload (-6) ones do not exist: they are answered as Kafka does with tiering off.
 *
 * Version 4 adds the leader epoch; 6 is flexible; 7 adds max timestamp (-3), 8 to 11 the tiered ones.
 */
export const listOffsets = defineHandler({
  apiKey: ApiKey.ListOffsets,
  minVersion: 1,
  maxVersion: 11,
  handle(context, body, request) {
    const { authorizer } = context;
    const topics = body.topics.map(({ name, partitions }) => {
      const isAllowed = authorizer.isAllowed(request.connection, AclOperation.DESCRIBE, ResourceType.TOPIC, name);
      return {
        name,
        partitions: partitions.map(({ partitionIndex, currentLeaderEpoch, timestamp }) => {
          if (!isAllowed) return { partitionIndex, ...nothing(ErrorCode.TOPIC_AUTHORIZATION_FAILED) };
          const found = find(
            context,
            name,
            partitionIndex,
            currentLeaderEpoch,
            timestamp,
            body.isolationLevel,
            request.apiVersion,
          );
          // Not a field of older versions, and they must not be given one.
          if (request.apiVersion < 4) found.leaderEpoch = -1;
          return { partitionIndex, ...found };
        }),
      };
    });
    return { topics };
  },
});

interface Found {
  errorCode: number;
  timestamp: number;
  offset: number;
  leaderEpoch: number;
}

const latest = -1;
const earliest = -2;
const maxTimestamp = -3;
const earliestLocal = -4;
const latestTiered = -5;
const earliestPendingUpload = -6;

/** The first version that knows a special timestamp. */
const specialSince: Readonly<Record<number, number>> = {
  [latest]: 1,
  [earliest]: 1,
  [maxTimestamp]: 7,
  [earliestLocal]: 8,
  [latestTiered]: 9,
  [earliestPendingUpload]: 11,
};

function find(
  { logger, store }: BrokerContext,
  topic: string,
  partition: number,
  currentLeaderEpoch: number,
  timestamp: number,
  isolationLevel: number,
  version: number,
): Found {
  const log = store.partition(topic, partition);
  if (log === undefined) return nothing(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const errorCode = checkLeaderEpoch(log, currentLeaderEpoch);
  if (errorCode !== 0) return nothing(errorCode);
  if (timestamp < 0 && version < (specialSince[timestamp] ?? Infinity)) return nothing(ErrorCode.UNSUPPORTED_VERSION);
  try {
    return findIn(log, timestamp, isolationLevel);
  } catch (error) {
    logger.error({ error, topic, partition, timestamp }, 'offsets could not be looked up');
    return nothing(storageErrorCode(error));
  }
}

function findIn(log: PartitionLog, timestamp: number, isolationLevel: number): Found {
  const { leaderEpoch } = log;
  const lastVisible = isolationLevel === 0 ? log.highWatermark : log.lastStableOffset;
  switch (timestamp) {
    case latest:
      return { errorCode: 0, timestamp: -1, offset: lastVisible, leaderEpoch };
    case earliest:
    case earliestLocal:
      return { errorCode: 0, timestamp: -1, offset: log.logStartOffset, leaderEpoch };
    case latestTiered:
    case earliestPendingUpload:
      return nothing(0);
    default: {
      const found = timestamp === maxTimestamp ? log.maxTimestampOffset() : log.offsetForTimestamp(timestamp);
      if (found === null || found.offset >= lastVisible) return nothing(0);
      return { errorCode: 0, timestamp: found.timestamp, offset: found.offset, leaderEpoch };
    }
  }
}

function nothing(errorCode: number): Found {
  return { errorCode, timestamp: -1, offset: -1, leaderEpoch: -1 };
}
