import type { MemberProtocol } from '../classic/classic-member.ts';
import { noPartitionEpochs, type PartitionEpochs, samePartitionEpochs } from './topic-partitions.ts';

/**
 * How far a member is on its way to the target: `unrevoked` until it has given back what it may not keep, `unreleased` while what it
 * shall get is still with others. By Kafka's numbers in the log.
 */
export const memberState = { stable: 0, unrevoked: 1, unreleased: 2 } as const;
export type MemberState = (typeof memberState)[keyof typeof memberState];

/** What a member of the classic protocol brings when it is served in a consumer group (KIP-848, migration). */
export interface ClassicMemberDetails {
  readonly sessionTimeoutMs: number;
  readonly protocols: readonly MemberProtocol[];
}

/** One member of a consumer group. Never changed in place: a change is a new object, so that it can be taken back. */
export interface ConsumerMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly subscribedTopicNames: readonly string[];
  /** Empty when there is none. */
  readonly subscribedTopicRegex: string;
  readonly rebalanceTimeoutMs: number;
  readonly serverAssignor: string | null;
  /** Null of a member that speaks the consumer protocol. */
  readonly classic: ClassicMemberDetails | null;
  /** Epoch of the target that it has reached; -2 of a static member that is away. */
  readonly memberEpoch: number;
  /** The epoch before: what it may still send when our last answer was lost. */
  readonly previousMemberEpoch: number;
  readonly state: MemberState;
  readonly assigned: PartitionEpochs;
  readonly pendingRevocation: PartitionEpochs;
}

export const staticMemberAway = -2;

export function newMember(memberId: string): ConsumerMember {
  return {
    memberId,
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    subscribedTopicNames: [],
    subscribedTopicRegex: '',
    rebalanceTimeoutMs: -1,
    serverAssignor: null,
    classic: null,
    memberEpoch: 0,
    previousMemberEpoch: -1,
    state: memberState.stable,
    assigned: noPartitionEpochs,
    pendingRevocation: noPartitionEpochs,
  };
}

export function isReconciled(member: ConsumerMember, targetEpoch: number): boolean {
  return member.state === memberState.stable && member.memberEpoch === targetEpoch;
}

/** Whether the log needs no new record of what the member has. */
export function sameProgress(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a === b ||
    (a.memberEpoch === b.memberEpoch &&
      a.previousMemberEpoch === b.previousMemberEpoch &&
      a.state === b.state &&
      samePartitionEpochs(a.assigned, b.assigned) &&
      samePartitionEpochs(a.pendingRevocation, b.pendingRevocation))
  );
}

/** Whether the log needs no new record of what the member said of itself. */
export function sameSubscription(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a === b ||
    (a.instanceId === b.instanceId &&
      a.rackId === b.rackId &&
      a.clientId === b.clientId &&
      a.clientHost === b.clientHost &&
      a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
      a.serverAssignor === b.serverAssignor &&
      a.subscribedTopicRegex === b.subscribedTopicRegex &&
      sameTopics(a.subscribedTopicNames, b.subscribedTopicNames) &&
      sameClassic(a.classic, b.classic))
  );
}

/** Names are kept in order and once each, so the lists can be compared. */
export function sameTopics(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, index) => name === b[index]));
}

function sameClassic(a: ClassicMemberDetails | null, b: ClassicMemberDetails | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.sessionTimeoutMs === b.sessionTimeoutMs &&
    a.protocols.length === b.protocols.length &&
    a.protocols.every(({ name, metadata }, index) => {
      const other = b.protocols[index]!;
      return name === other.name && metadata.equals(other.metadata);
    })
  );
}
