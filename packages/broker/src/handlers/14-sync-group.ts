import { ApiKey, ErrorCode } from '@headwater/protocol';
import { syncError } from '../groups/classic/classic-requests.ts';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

/*
 * SyncGroup (14), versions 0-5: https://kafka.apache.org/protocol#The_Messages_SyncGroup
 *
 * No known differences from Kafka. Version 3 adds groupInstanceId; 4 is flexible; 5 must give the protocol's type and name.
 */
export const syncGroup = defineHandler({
  apiKey: ApiKey.SyncGroup,
  minVersion: 0,
  maxVersion: 5,
  handle({ authorizer, groups }, body, request) {
    const isProtocolMissing = body.protocolType === null || body.protocolName === null;
    if (request.apiVersion >= 5 && isProtocolMissing) return syncError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    if (!authorizer.isAllowed(request.connection, AclOperation.READ, ResourceType.GROUP, body.groupId)) {
      return syncError(ErrorCode.GROUP_AUTHORIZATION_FAILED);
    }
    const syncRequest = {
      ...body,
      // Copies: the group keeps them.
      assignments: body.assignments.map(({ memberId, assignment }) => ({
        memberId,
        assignment: Buffer.from(assignment),
      })),
    };
    groups.sync(body.groupId, syncRequest, (result) => request.respond(ApiKey.SyncGroup, result));
    return undefined;
  },
});
