import { ApiKey, ErrorCode, zeroUuid } from '@headwater/protocol';
import { groupByTopic, toLeaders } from './by-leader.ts';
import { brokerError, type ClientError } from './client-error.ts';
import type { BrokerInfo, Cluster } from './cluster.ts';

export interface NewTopic {
  name: string;
  /** Default: the broker's `num.partitions`. */
  partitions?: number;
  /** Default: the broker's `default.replication.factor`. */
  replicationFactor?: number;
  configs?: Record<string, string | number | boolean | null>;
  /** The brokers of each partition, by index, instead of `partitions` and `replicationFactor`. */
  assignments?: Record<number, readonly number[]>;
}

export interface TopicResult {
  name: string;
  topicId: string | null;
  /** Of a topic that was created, where the broker tells (KIP-525); else null. */
  partitions?: number | null;
  replicationFactor?: number | null;
  /** Null: done. */
  error: ClientError | null;
}

export interface AdminOptions {
  signal?: AbortSignal | undefined;
}

/** Creates topics; each has its own outcome. */
export async function createTopics(
  cluster: Cluster,
  topics: readonly NewTopic[],
  options: AdminOptions & { validateOnly?: boolean } = {},
): Promise<TopicResult[]> {
  const answer = await cluster.requestAny(
    ApiKey.CreateTopics,
    {
      timeoutMs: cluster.options.requestTimeoutMs,
      validateOnly: options.validateOnly === true,
      topics: topics.map(({ name, partitions = -1, replicationFactor = -1, configs = {}, assignments = {} }) => ({
        name,
        numPartitions: partitions,
        replicationFactor,
        assignments: Object.entries(assignments).map(([index, brokerIds]) => ({
          partitionIndex: Number(index),
          brokerIds,
        })),
        configs: Object.entries(configs).map(([key, value]) => ({
          name: key,
          value: value === null ? null : String(value),
        })),
      })),
    },
    { signal: options.signal },
  );
  const results = answer.topics.map((topic): TopicResult => {
    const { name, topicId, errorCode, errorMessage, numPartitions, replicationFactor } = topic;
    cluster.forgetTopic(name);
    const isDone = errorCode === ErrorCode.NONE;
    return {
      name,
      topicId: isDone ? topicId : null,
      partitions: isDone && numPartitions >= 0 ? numPartitions : null,
      replicationFactor: isDone && replicationFactor >= 0 ? replicationFactor : null,
      error: isDone ? null : brokerError(errorCode, `creating topic ${name}`, errorMessage),
    };
  });
  if (options.validateOnly !== true) await waitUntilLed(cluster, results, options.signal);
  return results;
}

/** In a cluster the broker that is asked next may not know the topic yet; this waits until it has leaders. */
async function waitUntilLed(cluster: Cluster, results: readonly TopicResult[], signal?: AbortSignal): Promise<void> {
  const names = results.filter((result) => result.error === null).map((result) => result.name);
  if (names.length === 0) return;
  await cluster.retrying(async () => {
    const { topics } = await cluster.refresh(names, { signal });
    for (const { name, errorCode, partitions } of topics) {
      const isLed = partitions.length > 0 && partitions.every((partition) => partition.leader >= 0);
      if (isLed && errorCode === ErrorCode.NONE) continue;
      throw brokerError(errorCode || ErrorCode.LEADER_NOT_AVAILABLE, `topic ${name}`);
    }
  }, signal);
}

/** Deletes topics; each has its own outcome. */
export async function deleteTopics(
  cluster: Cluster,
  names: readonly string[],
  options: AdminOptions = {},
): Promise<TopicResult[]> {
  const answer = await cluster.requestAny(
    ApiKey.DeleteTopics,
    (version) => ({
      timeoutMs: cluster.options.requestTimeoutMs,
      ...(version >= 6 ? { topics: names.map((name) => ({ name, topicId: zeroUuid })) } : { topicNames: names }),
    }),
    { signal: options.signal },
  );
  return answer.responses.map(({ name, topicId, errorCode, errorMessage }, index): TopicResult => {
    const topic = name ?? names[index]!;
    cluster.forgetTopic(topic);
    const isDone = errorCode === ErrorCode.NONE;
    return {
      name: topic,
      topicId: isDone ? topicId : null,
      error: isDone ? null : brokerError(errorCode, `deleting topic ${topic}`, errorMessage),
    };
  });
}

interface Truncation {
  topic: string;
  partition: number;
  offset: number;
}

/**
 * Deletes the records before an offset (-1: all there are), by topic and partition. Gives the first offset that each
 * log has after it.
 */
export async function deleteRecords(
  cluster: Cluster,
  before: Record<string, Record<number, number>>,
  options: AdminOptions = {},
): Promise<Record<string, Record<number, number>>> {
  const items: Truncation[] = Object.entries(before).flatMap(([topic, partitions]) =>
    Object.entries(partitions).map(([partition, offset]) => ({ topic, partition: Number(partition), offset })),
  );
  const lowWatermarks: Record<string, Record<number, number>> = {};
  for (const topic of Object.keys(before)) lowWatermarks[topic] = {};
  const send = async (broker: BrokerInfo, group: Truncation[]) => {
    const answer = await cluster.pool.link(broker.id, broker).request(
      ApiKey.DeleteRecords,
      {
        timeoutMs: cluster.options.requestTimeoutMs,
        topics: [...groupByTopic(group)].map(([name, partitions]) => ({
          name,
          partitions: partitions.map(({ partition, offset }) => ({ partitionIndex: partition, offset })),
        })),
      },
      { signal: options.signal },
    );
    const errors = new Map<Truncation, Error>();
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, lowWatermark, errorCode } of partitions) {
        const item = group.find(({ topic, partition }) => topic === name && partition === partitionIndex);
        if (item === undefined) continue;
        if (errorCode === ErrorCode.NONE) lowWatermarks[name]![partitionIndex] = lowWatermark;
        else errors.set(item, brokerError(errorCode, `deleting records of ${name}-${partitionIndex}`));
      }
    }
    return errors;
  };
  await toLeaders(cluster, items, send, options.signal);
  return lowWatermarks;
}
