import { ApiKey } from '@headwater/protocol';
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
  handle: ({ groups }, body) => ({
    throttleTimeMs: 0,
    results: body.groupsNames.map((groupId) => ({ groupId, errorCode: groups.deleteGroup(groupId) })),
  }),
});
