import type { TopicPartition } from '../../by-leader.ts';
import { type Assignor, allPartitions, inOrder } from './assignor.ts';

/** Deals the partitions of all topics out one by one, past members that do not subscribe to the topic. */
export function roundRobinAssignor(): Assignor {
  return {
    name: 'roundrobin',
    rebalanceProtocol: 'eager',
    assign(members, topics) {
      const shares = new Map(members.map(({ memberId }) => [memberId, [] as TopicPartition[]]));
      const ordered = inOrder(members);
      let next = 0;
      for (const item of allPartitions(topics)) {
        for (let tried = 0; tried < ordered.length; tried++) {
          const member = ordered[next++ % ordered.length]!;
          if (!member.topics.includes(item.topic)) continue;
          shares.get(member.memberId)!.push(item);
          break;
        }
      }
      return new Map([...shares].map(([memberId, partitions]) => [memberId, { partitions }]));
    },
  };
}
