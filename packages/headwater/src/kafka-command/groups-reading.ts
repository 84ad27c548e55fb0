import type { GroupListing } from '@headwater/client';
import type { Connected } from './connect-kafka.ts';
import type { Bounds } from './find-topics.ts';

/** What a group has committed of a topic. */
export interface Reading {
  readonly groupId: string;
  readonly state: string;
  readonly topic: string;
  /** Committed offsets by partition. */
  readonly offsets: ReadonlyMap<number, number>;
}

const requestsAtOnce = 16;

/** Groups with committed offsets in these topics, by name. A group that cannot be asked (an ACL) is left out. */
export async function groupsReading(
  { client }: Connected,
  partitions: Readonly<Record<string, readonly number[]>>,
  signal: AbortSignal,
): Promise<Reading[]> {
  const groups = await client.listGroups({ signal });
  const found: Reading[] = [];
  await inTurn(groups, requestsAtOnce, async ({ groupId, state }: GroupListing) => {
    const offsets = await client.committedOffsets(groupId, { partitions, signal }).catch((error: unknown) => {
      if (signal.aborted) throw error;
      return [];
    });
    for (const topic of new Set(offsets.map((each) => each.topic))) {
      const own = offsets
        .filter((each) => each.topic === topic)
        .map(({ partition, offset }) => [partition, offset] as const);
      found.push({ groupId, state, topic, offsets: new Map(own) });
    }
  });
  return found.sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
}

/** Records that a group has still to read; what the log has dropped already is not there to be read. */
export function lagOf(offsets: ReadonlyMap<number, number>, bounds: Bounds, topic: string): number {
  let lag = 0;
  for (const [partition, offset] of offsets) {
    const bound = bounds.get(topic)?.get(partition);
    if (bound !== undefined) lag += Math.max(0, bound.latest - Math.max(offset, bound.earliest));
  }
  return lag;
}

/** Works on all, at most so many at a time. */
export async function inTurn<T>(all: readonly T[], atOnce: number, work: (one: T) => Promise<void>): Promise<void> {
  let at = 0;
  const worker = async (): Promise<void> => {
    while (at < all.length) await work(all[at++]!);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }, worker));
}
