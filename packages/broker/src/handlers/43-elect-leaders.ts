import { ApiKey, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { AclOperation, isAllowedOnCluster } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

const [preferred, unclean] = [0, 1];

/*
 * ElectLeaders (43), versions 0-2: https://kafka.apache.org/protocol#The_Messages_ElectLeaders
 *
 * The one replica leads already: ELECTION_NOT_NEEDED. Version 1 adds the type of election; 2 is flexible.
 */
export const electLeaders = defineHandler({
  apiKey: ApiKey.ElectLeaders,
  minVersion: 0,
  maxVersion: 2,
  handle(context, body, request) {
    const mayAlter = isAllowedOnCluster(context.authorizer, request.connection, AclOperation.ALTER);
    const type = request.apiVersion === 0 ? preferred : body.electionType;
    const errorCode = !mayAlter
      ? ErrorCode.CLUSTER_AUTHORIZATION_FAILED
      : type === preferred || type === unclean
        ? 0
        : ErrorCode.INVALID_REQUEST;
    const ofAll = errorCode === ErrorCode.INVALID_REQUEST ? `Unknown election type ${type}` : null;
    // Of all partitions those are told for which there is something to be done: none.
    const asked =
      body.topicPartitions ??
      (errorCode === 0 ? context.store.topics() : []).map(({ name }) => ({ topic: name, partitions: [] }));
    const replicaElectionResults = asked.map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({
        partitionId,
        ...(errorCode === 0 ? elect(context, topic, partitionId) : { errorCode, errorMessage: ofAll }),
      })),
    }));
    return { throttleTimeMs: 0, errorCode, replicaElectionResults };
  },
});

function elect({ store }: BrokerContext, topic: string, partition: number) {
  const known = store.topic(topic);
  if (known === undefined) {
    return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: `No such topic as ${topic}` };
  }
  if (partition < 0 || partition >= known.partitions) {
    const errorMessage = `No such partition as ${topic}-${partition}`;
    return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage };
  }
  const errorMessage = 'Leader election not needed for topic partition.';
  return { errorCode: ErrorCode.ELECTION_NOT_NEEDED, errorMessage };
}
