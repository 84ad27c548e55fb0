import { ApiKey } from '@headwater/protocol';
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
  handle({ groups }, body, request) {
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
