import { hash } from 'node:crypto';
import type { TopicsView } from '../topics-view.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import type { ConsumerMember } from './consumer-member.ts';

/** Ids of those topics that exist and that the member subscribes to. */
export function topicIdsOf(group: ConsumerGroup, member: ConsumerMember, topics: TopicsView): Set<string> {
  const ids = new Set<string>();
  for (const name of group.topicNamesOf(member)) {
    const topic = topics.topic(name);
    if (topic !== undefined) ids.add(topic.topicId);
  }
  return ids;
}

/**
 * A number that is another one when a subscribed topic was made, deleted or got partitions; 0 without topics. It is in the log, so that a
 * change during a restart is seen. (Kafka uses another function; a log that moves from one to the other costs a rebalance.)
 */
export function metadataHash(group: ConsumerGroup, topics: TopicsView): number {
  const known: string[] = [];
  for (const name of group.subscribedTopics()) {
    const topic = topics.topic(name);
    if (topic !== undefined) known.push(`${name}\n${topic.topicId}\n${topic.partitions}`);
  }
  if (known.length === 0) return 0;
  // 52 bits: exact as a number.
  return Number.parseInt(hash('sha1', known.sort().join('\n')).slice(0, 13), 16);
}
