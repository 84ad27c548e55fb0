import { ApiKey, ErrorCode, type JoinGroupResponseInput } from '@headwater/protocol';
import type { JoinResult } from '../groups/classic/classic-member.ts';
import { joinError } from '../groups/classic/classic-requests.ts';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

/*
 * JoinGroup (11), versions 0-9: https://kafka.apache.org/protocol#The_Messages_JoinGroup
 *
 * Differences from Kafka: a member that joins again while its first join waits gets an answer to both; Kafka leaves the first open.
 * Ties between protocols go to the one that an earlier member prefers.
 *
 * Version 1 adds rebalanceTimeoutMs; 4 asks new members to come back with an id; 5 adds groupInstanceId; 6 is flexible; 9 skipAssignment.
 */
export const joinGroup = defineHandler({
  apiKey: ApiKey.JoinGroup,
  minVersion: 0,
  maxVersion: 9,
  handle({ authorizer, groups }, body, request) {
    if (!authorizer.isAllowed(request.connection, AclOperation.READ, ResourceType.GROUP, body.groupId)) {
      return response(joinError(ErrorCode.GROUP_AUTHORIZATION_FAILED, ''), request.apiVersion);
    }
    const { sessionTimeoutMs, rebalanceTimeoutMs } = body;
    const joinRequest = {
      memberId: body.memberId,
      groupInstanceId: body.groupInstanceId,
      clientId: request.clientId ?? '',
      clientHost: `/${request.connection.remoteAddress}`,
      sessionTimeoutMs,
      rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
      protocolType: body.protocolType,
      // Copies: the group outlives the request, whose buffer these are parts of.
      protocols: body.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
      requireKnownMemberId: request.apiVersion >= 4,
      supportsSkippingAssignment: request.apiVersion >= 9,
    };
    groups.join(body.groupId, joinRequest, (result) => {
      request.respond(ApiKey.JoinGroup, response(result, request.apiVersion));
    });
    return undefined;
  },
});

function response(result: JoinResult, version: number): JoinGroupResponseInput {
  // Before version 7 the name may not be null.
  return version >= 7 ? result : { ...result, protocolName: result.protocolName ?? '' };
}
