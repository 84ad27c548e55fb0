import type { OffsetToCommit } from '../group/group-offsets.ts';

/** By topic and partition: an offset, or one with a text of your own. */
export type Offsets = Record<
  string,
  Record<number, number | { offset: number; metadata?: string | null; leaderEpoch?: number }>
>;

/** One by one. */
export function toList(offsets: Offsets): OffsetToCommit[] {
  return Object.entries(offsets).flatMap(([topic, partitions]) =>
    Object.entries(partitions).map(([partition, given]) => {
      const place = { topic, partition: Number(partition) };
      return typeof given === 'number' ? { ...place, offset: given } : { ...place, ...given };
    }),
  );
}
