import { murmur2Partition } from '@headwater/protocol';

/**
 * The partition that a record with this key goes to: by murmur2, as Java's client has it, so that all writers of a topic agree.
 *
 * @example
 * keyPartition('order-1', 3); // 0, 1 or 2
 */
export function keyPartition(key: Uint8Array | string, partitionCount: number): number {
  return murmur2Partition(typeof key === 'string' ? Buffer.from(key) : key, partitionCount);
}

/**
 * For records without a key, as Java's client has it: the same partition until its batch is full or sent, then another
 * by chance, so that batches are large.
 */
export class StickyPartitions {
  private readonly current = new Map<string, number>();

  /** The partition to stay with while `hasRoom` says that its batch takes more. */
  choose(topic: string, partitionCount: number, hasRoom: (partition: number) => boolean): number {
    const current = this.current.get(topic);
    if (current !== undefined && current < partitionCount && hasRoom(current)) return current;
    let partition = Math.floor(Math.random() * partitionCount);
    if (partition === current) partition = (partition + 1) % partitionCount;
    this.current.set(topic, partition);
    return partition;
  }
}
