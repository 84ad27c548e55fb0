/** Partitions by topic id, in ascending order: what a member shall have, or says that it has. */
export type TopicPartitions = ReadonlyMap<string, readonly number[]>;

/** Partitions by topic id, each with the member epoch at which it was given (KIP-1251): what a member may work on. */
export type PartitionEpochs = ReadonlyMap<string, ReadonlyMap<number, number>>;

export const noPartitions: TopicPartitions = new Map();
export const noPartitionEpochs: PartitionEpochs = new Map();

export function samePartitions(a: TopicPartitions, b: TopicPartitions): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId);
    if (others === undefined || others.length !== partitions.length) return false;
    if (partitions.some((partition, index) => partition !== others[index])) return false;
  }
  return true;
}

export function samePartitionEpochs(a: PartitionEpochs, b: PartitionEpochs): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [topicId, epochs] of a) {
    const others = b.get(topicId);
    if (others === undefined || others.size !== epochs.size) return false;
    for (const [partition, epoch] of epochs) if (others.get(partition) !== epoch) return false;
  }
  return true;
}

/** Without the epochs, in order. */
export function partitionsOf(epochs: PartitionEpochs): TopicPartitions {
  const partitions = new Map<string, number[]>();
  for (const [topicId, byPartition] of epochs) {
    if (byPartition.size > 0) partitions.set(topicId, sorted(byPartition.keys()));
  }
  return partitions;
}

/** All of them with one epoch. */
export function withEpoch(partitions: TopicPartitions, epoch: number): PartitionEpochs {
  const epochs = new Map<string, Map<number, number>>();
  for (const [topicId, list] of partitions) epochs.set(topicId, new Map(list.map((partition) => [partition, epoch])));
  return epochs;
}

export function sorted(partitions: Iterable<number>): number[] {
  return [...partitions].sort((a, b) => a - b);
}
