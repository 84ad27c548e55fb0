import type { LogEntry } from './offsets-log.ts';

/** As the tools of Kafka name them in lower case: `kafka-groups --group-type consumer`. */
export type GroupKind = 'classic' | 'consumer';

/** Who commits offsets, and which. */
export interface CommitIdentity {
  memberId: string;
  groupInstanceId: string | null;
  /** Generation of a classic member, epoch of others; -1 of a client that is not a member. */
  generationId: number;
  /** Of OffsetCommit; members of the newer protocols must send 9 or later. */
  apiVersion: number;
  /** TxnOffsetCommit: the identity may be left out. */
  isTransactional: boolean;
  /** What is committed, asked for only when the epoch alone does not decide. */
  partitions(): Iterable<{ topicId: string; partition: number }>;
}

/** What the coordinator needs of a group, whichever protocol its members speak. */
export interface Group {
  readonly kind: GroupKind;
  readonly groupId: string;
  /** As Kafka's tools show it; `Dead` only after `kill`. */
  readonly state: string;
  /** Since when it has been in its state, epoch milliseconds; -1 when it is not known. Offsets of an empty group age from it. */
  readonly stateSinceMs: number;
  /** `consumer`, what classic members said, or null of a group that has never had members. */
  readonly protocolType: string | null;
  readonly memberCount: number;
  /** No members, and none that is on its way. */
  readonly isIdle: boolean;
  /** Topics that any member subscribes to; null when they do not say it in a way that is known. */
  subscribedTopics(): ReadonlySet<string> | null;
  /** Client ids of the members. */
  clientIds(): Iterable<string>;
  /** 0, or the error that a commit gets. */
  checkCommit(commit: CommitIdentity): number;
  /** All members go through a rebalance, although nothing has changed. False when there is nobody to do it. */
  forceRebalance(): boolean;
  /** All that the log must hold of the group, without its offsets. */
  records(): Iterable<LogEntry>;
  /** Deleted, or the coordinator goes down: whoever waits is told `errorCode`, all timers stop. */
  kill(errorCode: number): void;
}
