import { ApiKey, ErrorCode } from '@headwater/protocol';
import { AclOperation, isAllowedOnCluster } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

/*
 * ListPartitionReassignments (46), version 0: https://kafka.apache.org/protocol#The_Messages_ListPartitionReassignments
 *
 * With one broker no partition ever moves, so the answer is that none does: `kafka-topics --describe` asks for it.
 */
export const listPartitionReassignments = defineHandler({
  apiKey: ApiKey.ListPartitionReassignments,
  minVersion: 0,
  maxVersion: 0,
  handle({ authorizer }, _body, request) {
    const isAllowed = isAllowedOnCluster(authorizer, request.connection, AclOperation.DESCRIBE);
    const errorCode = isAllowed ? 0 : ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
    return { throttleTimeMs: 0, errorCode, errorMessage: null, topics: [] };
  },
});
