import type { CommittedOffset } from './log-records.ts';

/** The committed offsets of one group, by topic and partition. */
export class GroupOffsets {
  readonly #topics = new Map<string, Map<number, CommittedOffset>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.#topics.get(topic)?.get(partition);
  }

  set(topic: string, partition: number, value: CommittedOffset): void {
    let partitions = this.#topics.get(topic);
    if (partitions === undefined) {
      partitions = new Map();
      this.#topics.set(topic, partitions);
    }
    if (!partitions.has(partition)) this.#count++;
    partitions.set(partition, value);
  }

  delete(topic: string, partition: number): boolean {
    const partitions = this.#topics.get(topic);
    if (partitions === undefined || !partitions.delete(partition)) return false;
    this.#count--;
    if (partitions.size === 0) this.#topics.delete(topic);
    return true;
  }

  topics(): string[] {
    return [...this.#topics.keys()];
  }

  partitions(topic: string): ReadonlyMap<number, CommittedOffset> {
    return this.#topics.get(topic) ?? new Map();
  }

  /** Partitions whose offset may be dropped. */
  collect(isExpired: (topic: string, value: CommittedOffset) => boolean): { topic: string; partition: number }[] {
    const expired: { topic: string; partition: number }[] = [];
    for (const [topic, partitions] of this.#topics) {
      for (const [partition, value] of partitions) {
        if (isExpired(topic, value)) expired.push({ topic, partition });
      }
    }
    return expired;
  }
}
