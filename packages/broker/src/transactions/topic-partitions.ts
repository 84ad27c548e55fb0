/** Partitions by topic: of a transaction, or of a request. Iterates in the order in which they came. */
export class TopicPartitions {
  readonly #topics = new Map<string, Set<number>>();

  static of(...partitions: readonly [topic: string, partition: number][]): TopicPartitions {
    const all = new TopicPartitions();
    for (const [topic, partition] of partitions) all.add(topic, partition);
    return all;
  }

  get isEmpty(): boolean {
    return this.#topics.size === 0;
  }

  get count(): number {
    let count = 0;
    for (const partitions of this.#topics.values()) count += partitions.size;
    return count;
  }

  add(topic: string, partition: number): void {
    const partitions = this.#topics.get(topic);
    if (partitions === undefined) this.#topics.set(topic, new Set([partition]));
    else partitions.add(partition);
  }

  has(topic: string, partition: number): boolean {
    return this.#topics.get(topic)?.has(partition) ?? false;
  }

  hasAll(others: TopicPartitions): boolean {
    for (const [topic, partitions] of others.topics()) {
      for (const partition of partitions) if (!this.has(topic, partition)) return false;
    }
    return true;
  }

  /** A new set with the partitions of both. */
  with(others: TopicPartitions): TopicPartitions {
    const both = new TopicPartitions();
    for (const each of [this, others]) {
      for (const [topic, partitions] of each.topics()) for (const partition of partitions) both.add(topic, partition);
    }
    return both;
  }

  topics(): IterableIterator<[string, ReadonlySet<number>]> {
    return this.#topics.entries();
  }
}

/** Shared by all transactions that have none: never added to. */
export const noPartitions: TopicPartitions = new TopicPartitions();
