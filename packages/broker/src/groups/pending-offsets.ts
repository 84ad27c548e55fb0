import type { CommittedOffset } from './log-records.ts';

/** An offset that a transaction committed and that counts when the transaction does. */
export interface PendingOffset {
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  readonly value: CommittedOffset;
  /** The partition of `__consumer_offsets` that has it: the marker there decides. */
  readonly logPartition: number;
}

interface Kept extends PendingOffset {
  /** Order of the log. */
  readonly sequence: number;
  /** A later one of the log counts already: whatever becomes of the transaction, this one does not. */
  isSuperseded: boolean;
}

/**
 * Offsets committed in open transactions (KIP-447), by producer. Until the transaction ends the group's offset for that partition is
 * not stable. As in Kafka, what came last in the log wins, whichever transaction ends last.
 */
export class PendingOffsets {
  readonly #producers = new Map<number, Map<string, Kept>>();
  /** How many transactions have an offset under way, by group and partition. */
  readonly #unstable = new Map<string, number>();
  #nextSequence = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  has(groupId: string, topic: string, partition: number): boolean {
    return this.#count > 0 && this.#unstable.has(keyOf(groupId, topic, partition));
  }

  add(producerId: number, offset: PendingOffset): void {
    let offsets = this.#producers.get(producerId);
    if (offsets === undefined) this.#producers.set(producerId, (offsets = new Map()));
    const key = keyOf(offset.groupId, offset.topic, offset.partition);
    if (!offsets.has(key)) {
      this.#count++;
      this.#unstable.set(key, (this.#unstable.get(key) ?? 0) + 1);
    }
    offsets.set(key, { ...offset, sequence: this.#nextSequence++, isSuperseded: false });
  }

  /** An offset was committed outside of a transaction: what is pending for it is older. */
  supersede(groupId: string, topic: string, partition: number): void {
    if (this.has(groupId, topic, partition)) this.#supersede(keyOf(groupId, topic, partition), this.#nextSequence);
  }

  /** The transaction has ended in a partition of the log. Returns what it had there and still counts, in the order of the log. */
  end(producerId: number, logPartition: number, isCommit: boolean): PendingOffset[] {
    const offsets = this.#producers.get(producerId);
    if (offsets === undefined) return [];
    const committed: Kept[] = [];
    for (const [key, offset] of offsets) {
      if (offset.logPartition !== logPartition) continue;
      this.#forget(producerId, offsets, key);
      if (!isCommit || offset.isSuperseded) continue;
      committed.push(offset);
      this.#supersede(key, offset.sequence);
    }
    return committed.sort((one, other) => one.sequence - other.sequence);
  }

  /** What is pending of a group, of a topic, or of one partition. */
  find(groupId: string | null, topic: string | null = null, partition: number | null = null): PendingOffset[] {
    if (this.#count === 0) return [];
    const found: PendingOffset[] = [];
    for (const offsets of this.#producers.values()) {
      for (const offset of offsets.values()) {
        if (groupId !== null && offset.groupId !== groupId) continue;
        if (topic !== null && offset.topic !== topic) continue;
        if (partition === null || offset.partition === partition) found.push(offset);
      }
    }
    return found;
  }

  /** The offset was taken away on purpose: no transaction brings it back. */
  drop(groupId: string, topic: string, partition: number): void {
    if (!this.has(groupId, topic, partition)) return;
    const key = keyOf(groupId, topic, partition);
    for (const [producerId, offsets] of this.#producers) {
      if (offsets.has(key)) this.#forget(producerId, offsets, key);
    }
  }

  #supersede(key: string, before: number): void {
    if (!this.#unstable.has(key)) return;
    for (const offsets of this.#producers.values()) {
      const offset = offsets.get(key);
      if (offset !== undefined && offset.sequence < before) offset.isSuperseded = true;
    }
  }

  #forget(producerId: number, offsets: Map<string, Kept>, key: string): void {
    offsets.delete(key);
    if (offsets.size === 0) this.#producers.delete(producerId);
    this.#count--;
    const left = this.#unstable.get(key)! - 1;
    if (left === 0) this.#unstable.delete(key);
    else this.#unstable.set(key, left);
  }
}

/** Names of topics have no slash, those of groups may have anything. */
function keyOf(groupId: string, topic: string, partition: number): string {
  return `${topic}/${partition}/${groupId}`;
}
