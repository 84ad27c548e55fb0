import type { TopicPartition } from '../../by-leader.ts';
import type { TopicMetadata } from '../../cluster.ts';

/** A member of the group as an assignor sees it. */
export interface Subscriber {
  memberId: string;
  groupInstanceId: string | null;
  rackId: string | null;
  topics: readonly string[];
  /** What its assignor of this name sends along. */
  userData: Buffer | null;
  /** What it holds still; always empty for members of an eager assignor. */
  owned: readonly TopicPartition[];
  /** The generation in which it got what it holds. */
  generationId: number;
}

export interface MemberAssignment {
  partitions: readonly TopicPartition[];
  userData?: Uint8Array | null;
}

/**
 * Shares the partitions of a classic group out among its members; runs on the member that leads. Make one of your own
 * for placement by load, by state, by rack: members must agree on the name and on what `userData` means.
 */
export interface Assignor {
  readonly name: string;
  /**
   * 'eager': members give everything up before each rebalance. 'cooperative' (KIP-429): they keep what stays, and what
   * moves is given up first and assigned in a second rebalance; the assignment must then not hand a partition to one
   * member while another owns it.
   */
  readonly rebalanceProtocol: 'eager' | 'cooperative';
  /** Sent along when the member joins; default nothing. */
  userData?(topics: readonly string[], owned: readonly TopicPartition[], generationId: number): Uint8Array | null;
  /** By member id; who is left out gets nothing. `topics` has those subscribed to by anyone and existing. */
  assign(
    members: readonly Subscriber[],
    topics: ReadonlyMap<string, TopicMetadata>,
  ): ReadonlyMap<string, MemberAssignment> | Promise<ReadonlyMap<string, MemberAssignment>>;
  /** Told what this member got, before `onPartitionsAssigned`. */
  onAssignment?(partitions: readonly TopicPartition[], userData: Buffer | null, generationId: number): void;
}

/** The order that all of Java's assignors use: static members first, by instance id, then the others by member id. */
export function inOrder(members: readonly Subscriber[]): Subscriber[] {
  return [...members].sort((a, b) => {
    if (a.groupInstanceId !== null && b.groupInstanceId !== null) return compare(a.groupInstanceId, b.groupInstanceId);
    if (a.groupInstanceId !== null) return -1;
    if (b.groupInstanceId !== null) return 1;
    return compare(a.memberId, b.memberId);
  });
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** All partitions of all topics, by topic name and index. */
export function allPartitions(topics: ReadonlyMap<string, TopicMetadata>): TopicPartition[] {
  return [...topics.keys()]
    .sort(compare)
    .flatMap((topic) => topics.get(topic)!.partitions.map(({ partition }) => ({ topic, partition })));
}
