import type { Clock } from '../../clock/clock.ts';
import type { MemoryBudget } from '../../network/memory-budget.ts';
import type { LogEntry } from '../offsets-log.ts';
import type { ClassicGroup } from './classic-group.ts';
import { emptyBytes, type JoinResult, type Member, type MemberProtocol } from './classic-member.ts';

export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

export interface ClassicGroupConfig {
  initialRebalanceDelayMs: number;
  maxSize: number;
  /** A new member whose join is not answered within this time is forgotten: its client has given up. */
  newMemberJoinTimeoutMs: number;
}

export interface JoinRequest {
  memberId: string;
  groupInstanceId: string | null;
  clientId: string;
  clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  protocolType: string;
  protocols: MemberProtocol[];
  /** JoinGroup 4 and later: a first join is only given its id and comes again, so that no member is left over by a retry. */
  requireKnownMemberId: boolean;
  /** JoinGroup 9 and later (KIP-814). */
  supportsSkippingAssignment: boolean;
}

export interface SyncRequest {
  memberId: string;
  groupInstanceId: string | null;
  generationId: number;
  protocolType: string | null;
  protocolName: string | null;
  assignments: { memberId: string; assignment: Buffer }[];
}

export interface MemberIdentity {
  memberId: string;
  groupInstanceId: string | null;
}

/** What the group needs from the outside: time, and a place where a new generation is written before members see it. */
export interface ClassicGroupContext {
  clock: Clock;
  config: ClassicGroupConfig;
  /** For what members say of themselves, over all groups. */
  memory: MemoryBudget;
  /** Writes to the log; returns an error code. */
  append(groupId: string, entries: readonly LogEntry[]): number;
  onGeneration?(group: ClassicGroup): void;
}

/** What the log holds of a group, and what it is restored from. */
export interface ClassicGroupSnapshot {
  protocolType: string | null;
  generationId: number;
  protocolName: string | null;
  leaderId: string | null;
  stateSinceMs: number;
  members: Member[];
}

export function joinError(errorCode: number, memberId: string): JoinResult {
  return {
    errorCode,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  };
}

export function syncError(errorCode: number): {
  errorCode: number;
  protocolType: null;
  protocolName: null;
  assignment: Buffer;
} {
  return { errorCode, protocolType: null, protocolName: null, assignment: emptyBytes };
}
