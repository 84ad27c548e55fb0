import type { GroupPartitionsAssigner } from '@platformatic/kafka';

/**
 * A way to share partitions that gives all of them to one member and leaves the others standing by: a word's count must have
 * one writer. Whoever is active stays it as long as it is there; else the one that started first takes over.
 */
export const protocol = 'one-active';

interface Standing {
  isActive: boolean;
  startedAtMs: number;
}

export function encodeStanding(standing: Standing): Buffer {
  return Buffer.from(JSON.stringify(standing));
}

export const assignToOne: GroupPartitionsAssigner = (_current, members, topics, metadata) => {
  const ranked = [...members.values()]
    .map(({ memberId, metadata: userData }) => ({ memberId, ...decodeStanding(userData) }))
    .sort(
      (a, b) =>
        Number(b.isActive) - Number(a.isActive) || a.startedAtMs - b.startedAtMs || (a.memberId < b.memberId ? -1 : 1),
    );
  return ranked.map(({ memberId }, rank) => ({
    memberId,
    assignments: new Map(
      [...topics].map((topic) => {
        const partitions = Array.from({ length: metadata.topics.get(topic)!.partitionsCount }, (_, index) => index);
        return [topic, { topic, partitions: rank === 0 ? partitions : [] }];
      }),
    ),
  }));
};

function decodeStanding(userData: unknown): Standing {
  try {
    const { isActive, startedAtMs } = JSON.parse(String(userData)) as Partial<Standing>;
    return { isActive: isActive === true, startedAtMs: Number(startedAtMs) };
  } catch {
    return { isActive: false, startedAtMs: Number.MAX_SAFE_INTEGER };
  }
}
