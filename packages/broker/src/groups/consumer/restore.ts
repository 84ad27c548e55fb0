import type { ConsumerGroup } from './consumer-group.ts';
import { newMember } from './consumer-member.ts';
import {
  consumerKey,
  decodeAssignment,
  decodeGroup,
  decodeMember,
  decodeRegex,
  decodeTarget,
  decodeTargetEpoch,
} from './consumer-records.ts';
import { noPartitionEpochs } from './topic-partitions.ts';

/**
 * Takes one record of the log into the group. After compaction records of a member can come in any order.
 *
 * @throws LogRecordError
 */
export function restoreRecord(group: ConsumerGroup, type: number, name: string, value: Buffer | null): void {
  switch (type) {
    case consumerKey.group:
      if (value !== null) {
        const { epoch, metadataHash } = decodeGroup(value);
        Object.assign(group, { groupEpoch: epoch, metadataHash });
      }
      break;
    case consumerKey.targetEpoch: {
      const { epoch, atMs } = value === null ? { epoch: 1, atMs: 0 } : decodeTargetEpoch(value);
      Object.assign(group, { targetEpoch: epoch, targetAtMs: atMs });
      break;
    }
    case consumerKey.member:
      restoreMember(group, name, value);
      break;
    case consumerKey.target:
      group.setTarget(name, value === null ? null : decodeTarget(value));
      break;
    case consumerKey.assignment: {
      const known = group.members.get(name);
      if (value !== null) group.set({ ...(known ?? newMember(name)), ...decodeAssignment(value) });
      else if (known !== undefined) {
        group.set({ ...known, memberEpoch: 0, assigned: noPartitionEpochs, pendingRevocation: noPartitionEpochs });
      }
      break;
    }
    case consumerKey.regex:
      // The version counts from the start of a broker: whatever was written before is looked at again.
      group.setRegex(name, value === null ? null : { ...decodeRegex(value), version: -1 });
      break;
  }
}

function restoreMember(group: ConsumerGroup, memberId: string, value: Buffer | null): void {
  if (value === null) {
    group.unset(memberId);
    return;
  }
  const said = decodeMember(memberId, value);
  const known = group.members.get(memberId);
  if (known === undefined) group.set(said);
  else {
    const { assigned, memberEpoch, pendingRevocation, previousMemberEpoch, state } = known;
    group.set({ ...said, assigned, memberEpoch, pendingRevocation, previousMemberEpoch, state });
  }
}
