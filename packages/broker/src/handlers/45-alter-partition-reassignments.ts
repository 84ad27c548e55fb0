import { ApiKey, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { AclOperation, isAllowedOnCluster } from '../security/authorizer.ts';
import { errorOf, Refusal, replicasProblem } from '../topics/topic-admin.ts';
import { defineHandler } from './handler.ts';

/*
 * AlterPartitionReassignments (45), versions 0-1: https://kafka.apache.org/protocol#The_Messages_AlterPartitionReassignments
 *
 * There is one broker, on which all partitions are: a move to it is done, any other is INVALID_REPLICA_ASSIGNMENT, and there is none to
 * be cancelled.
 */
export const alterPartitionReassignments = defineHandler({
  apiKey: ApiKey.AlterPartitionReassignments,
  minVersion: 0,
  maxVersion: 1,
  handle(context, body, { apiVersion, connection }) {
    const mayAlter = isAllowedOnCluster(context.authorizer, connection, AclOperation.ALTER);
    const errorCode = mayAlter ? 0 : ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
    const responses = body.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, replicas }) => ({
        partitionIndex,
        ...(mayAlter ? reassigned(context, name, partitionIndex, replicas) : { errorCode, errorMessage: null }),
      })),
    }));
    const { allowReplicationFactorChange } = body;
    return {
      throttleTimeMs: 0,
      ...(apiVersion >= 1 ? { allowReplicationFactorChange } : {}),
      errorCode,
      errorMessage: null,
      responses,
    };
  },
});

function reassigned(context: BrokerContext, topic: string, partition: number, replicas: number[] | null) {
  try {
    const known = context.store.topic(topic);
    if (known === undefined) {
      throw new Refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `Unable to find a topic named ${topic}.`);
    }
    if (partition < 0 || partition >= known.partitions) {
      throw new Refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `Unable to find partition ${topic}:${partition}.`);
    }
    if (replicas === null) return { errorCode: ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, errorMessage: null };
    const problem = replicasProblem(context.brokerId, replicas);
    if (problem !== null) throw new Refusal(ErrorCode.INVALID_REPLICA_ASSIGNMENT, problem);
    return { errorCode: 0, errorMessage: null };
  } catch (error) {
    return errorOf(error);
  }
}
