import { ApiKey, ErrorCode } from '@headwater/protocol';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

/*
 * DeleteGroups (42), versions 0-2: https://kafka.apache.org/protocol#The_Messages_DeleteGroups
 *
 * No known differences from Kafka. Version 2 is flexible.
 */
export const deleteGroups = defineHandler({
  apiKey: ApiKey.DeleteGroups,
  minVersion: 0,
  maxVersion: 2,
  async handle({ authorizer, groups, offsetsLog }, body, request) {
    const results = body.groupsNames.map((groupId) => {
      const mayDelete = authorizer.isAllowed(request.connection, AclOperation.DELETE, ResourceType.GROUP, groupId);
      return { groupId, errorCode: mayDelete ? groups.deleteGroup(groupId) : ErrorCode.GROUP_AUTHORIZATION_FAILED };
    });
    for (const result of results) {
      if (result.errorCode !== 0) continue;
      await offsetsLog.settled(result.groupId)?.catch(() => {
        result.errorCode = ErrorCode.NOT_COORDINATOR;
      });
    }
    return { throttleTimeMs: 0, results };
  },
});
