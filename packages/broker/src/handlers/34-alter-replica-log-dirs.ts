import { ApiKey, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { AclOperation, isAllowedOnCluster } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

/*
 * AlterReplicaLogDirs (34), versions 1-2: https://kafka.apache.org/protocol#The_Messages_AlterReplicaLogDirs
 *
 * There is one log directory: a partition that is to be moved to it is there, any other is LOG_DIR_NOT_FOUND. Version 2 is flexible.
 */
export const alterReplicaLogDirs = defineHandler({
  apiKey: ApiKey.AlterReplicaLogDirs,
  minVersion: 1,
  maxVersion: 2,
  handle(context, body, request) {
    const mayAlter = isAllowedOnCluster(context.authorizer, request.connection, AclOperation.ALTER);
    const byTopic = new Map<string, { partitionIndex: number; errorCode: number }[]>();
    for (const { path, topics } of body.dirs) {
      for (const { name, partitions } of topics) {
        let results = byTopic.get(name);
        if (results === undefined) byTopic.set(name, (results = []));
        for (const partitionIndex of partitions) {
          const errorCode = mayAlter
            ? errorOf(context, path, name, partitionIndex)
            : ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
          results.push({ partitionIndex, errorCode });
        }
      }
    }
    const results = [...byTopic].map(([topicName, partitions]) => ({ topicName, partitions }));
    return { throttleTimeMs: 0, results };
  },
});

function errorOf({ store }: BrokerContext, path: string, topic: string, partition: number): number {
  if (path !== store.dir) return ErrorCode.LOG_DIR_NOT_FOUND;
  return store.partition(topic, partition) === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : 0;
}
