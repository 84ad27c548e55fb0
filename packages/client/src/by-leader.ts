import { isRetriable } from './client-error.ts';
import type { BrokerInfo, Cluster } from './cluster.ts';

export interface TopicPartition {
  topic: string;
  partition: number;
}

export interface LeaderGroup<T extends TopicPartition> {
  broker: BrokerInfo;
  items: T[];
}

/** Sorts items by the broker that leads their partition. */
export async function groupByLeader<T extends TopicPartition>(
  cluster: Cluster,
  items: readonly T[],
  signal?: AbortSignal,
): Promise<LeaderGroup<T>[]> {
  const groups = new Map<number, LeaderGroup<T>>();
  for (const item of items) {
    const broker = await cluster.leader(item.topic, item.partition, signal);
    const group = groups.get(broker.id);
    if (group === undefined) groups.set(broker.id, { broker, items: [item] });
    else group.items.push(item);
  }
  return [...groups.values()];
}

/** Collects items under their topics, in the shape that most requests want. */
export function groupByTopic<T extends TopicPartition>(items: readonly T[]): Map<string, T[]> {
  const topics = new Map<string, T[]>();
  for (const item of items) {
    const list = topics.get(item.topic);
    if (list === undefined) topics.set(item.topic, [item]);
    else list.push(item);
  }
  return topics;
}

/**
 * Sends each item to its leader by `send`, which gives an error for an item that failed or nothing. Items whose error
 * passes are sent again after a look at the metadata; any other error, or the end of the time, rejects.
 */
export async function toLeaders<T extends TopicPartition>(
  cluster: Cluster,
  items: readonly T[],
  send: (broker: BrokerInfo, items: T[]) => Promise<Map<T, Error>>,
  signal?: AbortSignal,
): Promise<void> {
  let rest = [...items];
  await cluster.retrying(async () => {
    let failure: unknown = null;
    const again: T[] = [];
    const groups = await groupByLeader(cluster, rest, signal);
    await Promise.all(
      groups.map(async ({ broker, items: group }) => {
        try {
          const errors = await send(broker, group);
          for (const [item, error] of errors) {
            again.push(item);
            if (failure === null || isRetriable(failure)) failure = error;
          }
        } catch (error) {
          again.push(...group);
          if (failure === null || isRetriable(failure)) failure = error;
        }
      }),
    );
    rest = again;
    for (const { topic } of again) cluster.forgetTopic(topic);
    if (failure !== null) throw failure;
  }, signal);
}
