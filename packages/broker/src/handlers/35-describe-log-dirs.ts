import { setImmediate as nextTurn } from 'node:timers/promises';
import { ApiKey, type DescribeLogDirsRequest, type DescribeLogDirsResponseInput, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { AclOperation, isAllowedOnCluster } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

type TopicSizes = NonNullable<DescribeLogDirsResponseInput['results'][number]['topics']>[number];
type PartitionSize = TopicSizes['partitions'][number];

/** Partitions looked at before others get their turn: each may have to be opened. */
const partitionsPerTurn = 64;

/*
 * DescribeLogDirs (35), versions 1-5: https://kafka.apache.org/protocol#The_Messages_DescribeLogDirs
 *
 * The data directory, with the sizes of partitions. In memory it has no sizes of its disk (-1). Version 2 is flexible; 3 adds an error
 * for all; 4 the room of the disk; 5 whether it takes no new partitions, which there is no setting for.
 */
export const describeLogDirs = defineHandler({
  apiKey: ApiKey.DescribeLogDirs,
  minVersion: 1,
  maxVersion: 5,
  async handle(context, body, request) {
    if (!isAllowedOnCluster(context.authorizer, request.connection, AclOperation.DESCRIBE)) {
      return { throttleTimeMs: 0, errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED, results: [] };
    }
    const { store } = context;
    const topics = await sizes(context, body.topics);
    const { totalBytes, usableBytes } = store.space() ?? { totalBytes: -1, usableBytes: -1 };
    return {
      throttleTimeMs: 0,
      errorCode: 0,
      results: [{ errorCode: 0, logDir: store.dir, topics, totalBytes, usableBytes }],
    };
  },
});

async function sizes({ store }: BrokerContext, asked: DescribeLogDirsRequest['topics']): Promise<TopicSizes[]> {
  const wanted =
    asked ??
    store.topics().map(({ name, partitions }) => ({
      topic: name,
      partitions: Array.from({ length: partitions }, (_, partition) => partition),
    }));
  const topics: TopicSizes[] = [];
  let count = 0;
  for (const { topic, partitions } of wanted) {
    const found: PartitionSize[] = [];
    for (const partitionIndex of partitions) {
      const log = store.partition(topic, partitionIndex);
      // What is not there is left out, as in Kafka, and so is what cannot be read.
      if (log !== undefined) {
        const partitionSize = sizeOf(log);
        if (partitionSize !== null) found.push({ partitionIndex, partitionSize, offsetLag: 0, isFutureKey: false });
      }
      if (++count % partitionsPerTurn === 0) await nextTurn();
    }
    if (found.length > 0) topics.push({ name: topic, partitions: found });
  }
  return topics;
}

function sizeOf(log: { readonly sizeBytes: number }): number | null {
  try {
    return log.sizeBytes;
  } catch {
    return null;
  }
}
