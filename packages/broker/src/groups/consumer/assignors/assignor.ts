import type { TopicPartitions } from '../topic-partitions.ts';

/** A member as an assignor sees it. */
export interface AssignorMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Topics that exist and that it subscribes to. When all members have the same, it is one set. */
  readonly topicIds: ReadonlySet<string>;
  /** What the target before this one gave it. */
  readonly assignment: TopicPartitions;
}

export interface AssignorInput {
  readonly members: readonly AssignorMember[];
  /** All members subscribe to the same topics. */
  readonly isHomogeneous: boolean;
  partitionCount(topicId: string): number;
}

/** Gives each partition of the subscribed topics to one member that subscribes to it. */
export type Assignor = (input: AssignorInput) => Map<string, TopicPartitions>;

/** Partitions of one member while they are being given out. */
export class MemberShare {
  readonly member: AssignorMember;
  readonly #partitions = new Map<string, number[]>();
  count = 0;

  constructor(member: AssignorMember) {
    this.member = member;
  }

  add(topicId: string, partition: number): void {
    const list = this.#partitions.get(topicId);
    if (list === undefined) this.#partitions.set(topicId, [partition]);
    else list.push(partition);
    this.count++;
  }

  /** Takes the last partition of a topic away again; undefined when there is none. */
  take(topicId: string): number | undefined {
    const list = this.#partitions.get(topicId);
    const partition = list?.pop();
    if (list?.length === 0) this.#partitions.delete(topicId);
    if (partition !== undefined) this.count--;
    return partition;
  }

  countOf(topicId: string): number {
    return this.#partitions.get(topicId)?.length ?? 0;
  }

  /** In order, as the log and clients get it. */
  partitions(): TopicPartitions {
    for (const list of this.#partitions.values()) list.sort((a, b) => a - b);
    return this.#partitions;
  }
}
