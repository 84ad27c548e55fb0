import type { ConsumerMember } from './consumer-member.ts';

/** Which member holds a partition, also one that it has been asked to give back. */
export class PartitionOwners {
  readonly #owners = new Map<string, Map<number, string>>();

  ownerOf(topicId: string, partition: number): string | undefined {
    return this.#owners.get(topicId)?.get(partition);
  }

  /** What the member held is what it holds now. */
  replace(before: ConsumerMember | undefined, after: ConsumerMember | undefined): void {
    if (before?.assigned === after?.assigned && before?.pendingRevocation === after?.pendingRevocation) return;
    for (const epochs of [before?.assigned, before?.pendingRevocation]) {
      for (const [topicId, partitions] of epochs ?? []) this.#release(topicId, partitions.keys(), before!.memberId);
    }
    for (const epochs of [after?.assigned, after?.pendingRevocation]) {
      for (const [topicId, partitions] of epochs ?? []) this.#take(topicId, partitions.keys(), after!.memberId);
    }
  }

  #take(topicId: string, partitions: Iterable<number>, memberId: string): void {
    let owners = this.#owners.get(topicId);
    if (owners === undefined) {
      owners = new Map();
      this.#owners.set(topicId, owners);
    }
    for (const partition of partitions) owners.set(partition, memberId);
  }

  /** Only what it still has: when a static member is replaced, its successor may have taken the partition already. */
  #release(topicId: string, partitions: Iterable<number>, memberId: string): void {
    const owners = this.#owners.get(topicId);
    if (owners === undefined) return;
    for (const partition of partitions) if (owners.get(partition) === memberId) owners.delete(partition);
    if (owners.size === 0) this.#owners.delete(topicId);
  }
}
