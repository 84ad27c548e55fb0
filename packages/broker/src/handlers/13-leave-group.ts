import { ApiKey, ErrorCode } from '@headwater/protocol';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

/*
 * LeaveGroup (13), versions 0-5: https://kafka.apache.org/protocol#The_Messages_LeaveGroup
 *
 * No known differences from Kafka. Version 3 lets several members leave, static ones by their instance id; 4 is flexible; 5 has a reason.
 */
export const leaveGroup = defineHandler({
  apiKey: ApiKey.LeaveGroup,
  minVersion: 0,
  maxVersion: 5,
  handle({ authorizer, groups }, body, request) {
    if (!authorizer.isAllowed(request.connection, AclOperation.READ, ResourceType.GROUP, body.groupId)) {
      return { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED, members: [] };
    }
    if (request.apiVersion < 3) {
      const [errorCode] = groups.leave(body.groupId, [{ memberId: body.memberId, groupInstanceId: null }]);
      return { errorCode: errorCode!, members: [] };
    }
    const errorCodes = groups.leave(body.groupId, body.members);
    const members = body.members.map(({ memberId, groupInstanceId }, index) => ({
      memberId,
      groupInstanceId,
      errorCode: errorCodes[index]!,
    }));
    return { errorCode: 0, members };
  },
});
