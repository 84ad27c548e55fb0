import { ApiKey, ErrorCode } from '@headwater/protocol';
import type { AdminOptions } from './admin-topics.ts';
import { brokerError, type ClientError } from './client-error.ts';
import type { Cluster } from './cluster.ts';

export interface PartitionsResult {
  name: string;
  /** Null: done. */
  error: ClientError | null;
}

/** A partition whose replicas are being moved. */
export interface Reassignment {
  topic: string;
  partition: number;
  replicas: number[];
  addingReplicas: number[];
  removingReplicas: number[];
}

/** Gives topics more partitions: by topic, how many they are to have. Each topic has its own outcome. */
export async function createPartitions(
  cluster: Cluster,
  counts: Record<string, number>,
  options: AdminOptions & { validateOnly?: boolean } = {},
): Promise<PartitionsResult[]> {
  const answer = await cluster.requestAny(
    ApiKey.CreatePartitions,
    {
      timeoutMs: cluster.options.requestTimeoutMs,
      validateOnly: options.validateOnly === true,
      topics: Object.entries(counts).map(([name, count]) => ({ name, count, assignments: null })),
    },
    { signal: options.signal },
  );
  return answer.results.map(({ name, errorCode, errorMessage }) => {
    cluster.forgetTopic(name);
    return {
      name,
      error: errorCode === ErrorCode.NONE ? null : brokerError(errorCode, `partitions of topic ${name}`, errorMessage),
    };
  });
}

/** The partitions that are being moved between brokers at present (KIP-455). */
export async function listReassignments(cluster: Cluster, options: AdminOptions = {}): Promise<Reassignment[]> {
  const answer = await cluster.requestAny(
    ApiKey.ListPartitionReassignments,
    { timeoutMs: cluster.options.requestTimeoutMs, topics: null },
    { signal: options.signal },
  );
  const { errorCode, errorMessage } = answer;
  if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode, 'listing reassignments', errorMessage);
  return answer.topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partitionIndex: partition, replicas, addingReplicas, removingReplicas }) => ({
      topic,
      partition,
      replicas,
      addingReplicas,
      removingReplicas,
    })),
  );
}
