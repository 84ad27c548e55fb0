import { ApiKey } from '@headwater/protocol';
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
  handle: ({ groups }, body) => ({ errorCode: groups.heartbeat(body.groupId, body) }),
});
