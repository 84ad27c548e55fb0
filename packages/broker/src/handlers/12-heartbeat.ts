import { ApiKey, ErrorCode } from '@headwater/protocol';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

/*
 * Heartbeat (12), versions 0-4: https://kafka.apache.org/protocol#The_Messages_Heartbeat
 *
 * No known differences from Kafka. Version 3 adds groupInstanceId; 4 is flexible.
 */
export const heartbeat = defineHandler({
  apiKey: ApiKey.Heartbeat,
  minVersion: 0,
  maxVersion: 4,
  handle({ authorizer, groups }, body, request) {
    if (!authorizer.isAllowed(request.connection, AclOperation.READ, ResourceType.GROUP, body.groupId)) {
      return { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
    }
    return { errorCode: groups.heartbeat(body.groupId, body) };
  },
});
