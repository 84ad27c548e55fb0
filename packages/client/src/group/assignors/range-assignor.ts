import type { TopicPartition } from '../../by-leader.ts';
import { type Assignor, inOrder } from './assignor.ts';

/**
 * Topic by topic, each member gets partitions that are next to each other. Members with the same topics get the same
 * partition numbers of topics with the same count, which joins by key rely on.
 */
export function rangeAssignor(): Assignor {
  return {
    name: 'range',
    rebalanceProtocol: 'eager',
    assign(members, topics) {
      const shares = new Map(members.map(({ memberId }) => [memberId, [] as TopicPartition[]]));
      const ordered = inOrder(members);
      for (const [topic, { partitions }] of topics) {
        const subscribers = ordered.filter((member) => member.topics.includes(topic));
        if (subscribers.length === 0) continue;
        const each = Math.floor(partitions.length / subscribers.length);
        const oneMore = partitions.length % subscribers.length;
        let next = 0;
        subscribers.forEach(({ memberId }, place) => {
          const end = next + each + (place < oneMore ? 1 : 0);
          for (; next < end; next++) shares.get(memberId)!.push({ topic, partition: partitions[next]!.partition });
        });
      }
      return new Map([...shares].map(([memberId, partitions]) => [memberId, { partitions }]));
    },
  };
}
