import type { ClockTimer } from '../../clock/clock.ts';

export interface MemberProtocol {
  name: string;
  metadata: Buffer;
}

export interface JoinedMember {
  memberId: string;
  groupInstanceId: string | null;
  metadata: Buffer;
}

export interface JoinResult {
  errorCode: number;
  generationId: number;
  protocolType: string | null;
  protocolName: string | null;
  leader: string;
  skipAssignment: boolean;
  memberId: string;
  members: JoinedMember[];
}

export interface SyncResult {
  errorCode: number;
  protocolType: string | null;
  protocolName: string | null;
  assignment: Buffer;
}

export type JoinReply = (result: JoinResult) => void;
export type SyncReply = (result: SyncResult) => void;

export interface NewMember {
  memberId: string;
  groupInstanceId: string | null;
  clientId: string;
  clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  protocols: MemberProtocol[];
}

export const emptyBytes: Buffer = Buffer.alloc(0);

/** One member of a classic group: what it said when it joined, and what it is waiting for. */
export class Member {
  memberId: string;
  groupInstanceId: string | null;
  clientId: string;
  clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  protocols: MemberProtocol[];
  assignment: Buffer = emptyBytes;
  /** Its first join has not been answered yet: it cannot send heartbeats, so its session has another length. */
  isNew = false;
  /** What its protocols take of the memory for all groups. */
  reservedBytes = 0;
  awaitingJoin: JoinReply | null = null;
  awaitingSync: SyncReply | null = null;
  /** Monotonic time at which the session ends. Heartbeats only move this number; the timer looks at it when it fires. */
  sessionEndMs = Infinity;
  sessionTimer: ClockTimer | null = null;
  sessionTimerAtMs = Infinity;

  constructor(fields: NewMember) {
    this.memberId = fields.memberId;
    this.groupInstanceId = fields.groupInstanceId;
    this.clientId = fields.clientId;
    this.clientHost = fields.clientHost;
    this.sessionTimeoutMs = fields.sessionTimeoutMs;
    this.rebalanceTimeoutMs = fields.rebalanceTimeoutMs;
    this.protocols = fields.protocols;
  }

  /** The metadata that the member sent for a protocol; empty when it does not know it. */
  metadata(protocolName: string | null): Buffer {
    return this.protocols.find((protocol) => protocol.name === protocolName)?.metadata ?? emptyBytes;
  }

  /** Same protocols, in the same order, with the same metadata: a retry, not a change. */
  hasProtocols(protocols: readonly MemberProtocol[]): boolean {
    if (protocols.length !== this.protocols.length) return false;
    return protocols.every((protocol, index) => {
      const own = this.protocols[index]!;
      return own.name === protocol.name && own.metadata.equals(protocol.metadata);
    });
  }
}
