import { ApiKey } from '@headwater/protocol';
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
  handle: () => ({ throttleTimeMs: 0, errorCode: 0, errorMessage: null, topics: [] }),
});
