import { decodeSubscription, encodeAssignment } from '../consumer-protocol.ts';
import type { TopicsView } from '../topics-view.ts';
import { sorted, type TopicPartitions } from './topic-partitions.ts';

/** From names, as classic members say them, to ids; topics that are gone are left out. */
export function partitionsById(named: ReadonlyMap<string, readonly number[]>, topics: TopicsView): TopicPartitions {
  const partitions = new Map<string, number[]>();
  for (const [name, list] of named) {
    const topic = topics.topic(name);
    if (topic === undefined || list.length === 0) continue;
    const existing = list.filter((partition) => partition < topic.partitions);
    if (existing.length > 0) partitions.set(topic.topicId, sorted(existing));
  }
  return partitions;
}

/** The assignment of a classic member, in the version in which it subscribed. */
export function classicAssignment(metadata: Buffer, partitions: TopicPartitions, topics: TopicsView): Buffer {
  const named = new Map<string, readonly number[]>();
  for (const [topicId, list] of partitions) {
    const topic = topics.topicById(topicId);
    if (topic !== undefined) named.set(topic.name, list);
  }
  return encodeAssignment(decodeSubscription(metadata)?.version ?? 0, named);
}
