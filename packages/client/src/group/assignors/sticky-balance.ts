import type { TopicPartition } from '../../by-leader.ts';
import type { TopicMetadata } from '../../cluster.ts';
import { allPartitions, inOrder, type Subscriber } from './assignor.ts';

export interface Holding {
  memberId: string;
  topics: readonly string[];
  /** What it has at present, and would keep. */
  owned: readonly TopicPartition[];
  generationId: number;
}

const keyOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;

/**
 * An assignment that is as even as subscriptions allow, and moves as little as that needs: members keep what they hold
 * up to their share, and the rest goes to those with the fewest. A partition that two members claim stays with the one
 * of the later generation; claimed twice in the same one it goes to neither.
 */
export function balance(
  members: readonly Subscriber[],
  held: ReadonlyMap<string, Holding>,
  topics: ReadonlyMap<string, TopicMetadata>,
): Map<string, TopicPartition[]> {
  const ordered = inOrder(members);
  const partitions = allPartitions(topics);
  const owners = currentOwners(ordered, held, partitions);
  const shares = new Map<string, Map<string, TopicPartition>>(ordered.map(({ memberId }) => [memberId, new Map()]));
  const free: TopicPartition[] = [];
  for (const item of partitions) {
    const owner = owners.get(keyOf(item));
    if (owner === undefined) free.push(item);
    else shares.get(owner)!.set(keyOf(item), item);
  }
  const subscribers = subscribersOf(ordered, topics);
  const sizeOf = (member: Subscriber) => shares.get(member.memberId)!.size;
  // Partitions that few may take go first: the others have more ways to even things out.
  free.sort((a, b) => subscribers.get(a.topic)!.length - subscribers.get(b.topic)!.length);
  for (const item of free) {
    const fewest = least(subscribers.get(item.topic)!, sizeOf);
    if (fewest !== null) shares.get(fewest.memberId)!.set(keyOf(item), item);
  }
  // One at a time and from the largest share, so that none shrinks below what is even. Each move makes the sum of the
  // squares of the sizes smaller, so this ends.
  const moveOne = (from: Subscriber): boolean => {
    const share = shares.get(from.memberId)!;
    for (const [key, item] of [...share].reverse()) {
      const to = least(subscribers.get(item.topic)!, sizeOf);
      if (to === null || sizeOf(to) + 1 >= sizeOf(from)) continue;
      share.delete(key);
      shares.get(to.memberId)!.set(key, item);
      return true;
    }
    return false;
  };
  while ([...ordered].sort((a, b) => sizeOf(b) - sizeOf(a)).some(moveOne));
  return new Map([...shares].map(([memberId, share]) => [memberId, [...share.values()]]));
}

function currentOwners(
  members: readonly Subscriber[],
  held: ReadonlyMap<string, Holding>,
  partitions: readonly TopicPartition[],
): Map<string, string> {
  const existing = new Set(partitions.map(keyOf));
  const claims = new Map<string, { memberId: string | null; generationId: number }>();
  for (const { memberId } of members) {
    const holding = held.get(memberId);
    if (holding === undefined) continue;
    for (const item of holding.owned) {
      const key = keyOf(item);
      if (!existing.has(key) || !holding.topics.includes(item.topic)) continue;
      const { generationId } = holding;
      const claim = claims.get(key);
      if (claim === undefined || generationId > claim.generationId) claims.set(key, { memberId, generationId });
      else if (generationId === claim.generationId) claim.memberId = null;
    }
  }
  return new Map([...claims].flatMap(([key, { memberId }]) => (memberId === null ? [] : [[key, memberId]])));
}

function subscribersOf(
  members: readonly Subscriber[],
  topics: ReadonlyMap<string, TopicMetadata>,
): Map<string, Subscriber[]> {
  const byTopic = new Map<string, Subscriber[]>([...topics.keys()].map((topic) => [topic, []]));
  for (const member of members) for (const topic of new Set(member.topics)) byTopic.get(topic)?.push(member);
  return byTopic;
}

function least(members: readonly Subscriber[], sizeOf: (member: Subscriber) => number): Subscriber | null {
  let found: Subscriber | null = null;
  for (const member of members) if (found === null || sizeOf(member) < sizeOf(found)) found = member;
  return found;
}
