import { ApiKey, ErrorCode } from '@headwater/protocol';
import { withoutAborted } from './aborted-transactions.ts';
import { groupByTopic, toLeaders } from './by-leader.ts';
import { brokerError } from './client-error.ts';
import type { BrokerInfo, Cluster } from './cluster.ts';
import { type FetchedBatch, splitBatches } from './fetched-batch.ts';
import type { LinkPool } from './link-pool.ts';

export interface FetchPosition {
  topic: string;
  partition: number;
  offset: number;
  /** Most bytes from this partition; a first batch that is larger comes all the same. Default 1 MiB. */
  maxBytes?: number;
}

export interface FetchOptions {
  /** How long the broker may wait for `minBytes`. Default 0: answer with what is there. */
  maxWaitMs?: number;
  minBytes?: number;
  /** Most bytes from a broker in all. Default 16 MiB. */
  maxBytes?: number;
  /** 'read_committed' leaves out records of open and of aborted transactions. Default 'read_uncommitted'. */
  isolation?: 'read_uncommitted' | 'read_committed';
  signal?: AbortSignal | undefined;
}

export interface FetchedPartition {
  topic: string;
  partition: number;
  /** Kafka's error for this partition, 0 for none. */
  errorCode: number;
  highWatermark: number;
  lastStableOffset: number;
  logStartOffset: number;
  /** What was asked for. */
  fromOffset: number;
  /** Where to read on: after the last batch of the answer, or what was asked for when there was none. */
  nextOffset: number;
  batches: FetchedBatch[];
}

const PARTITION_BYTES = 1024 * 1024;
const TOTAL_BYTES = 16 * 1024 * 1024;

/** One Fetch request to one broker; errors of single partitions are in the result. */
export async function fetchFrom(
  cluster: Cluster,
  pool: LinkPool,
  broker: BrokerInfo,
  positions: readonly FetchPosition[],
  options: FetchOptions,
): Promise<FetchedPartition[]> {
  const maxWaitMs = options.maxWaitMs ?? 0;
  const answer = await pool.link(broker.id, broker).request(
    ApiKey.Fetch,
    {
      maxWaitMs,
      minBytes: options.minBytes ?? 1,
      maxBytes: options.maxBytes ?? TOTAL_BYTES,
      isolationLevel: options.isolation === 'read_committed' ? 1 : 0,
      // Epoch -1 with session 0 asks for an answer outside of any fetch session.
      sessionId: 0,
      sessionEpoch: -1,
      topics: [...groupByTopic(positions)].map(([topic, partitions]) => ({
        topic,
        partitions: partitions.map(({ partition, offset, maxBytes }) => ({
          partition,
          fetchOffset: offset,
          partitionMaxBytes: maxBytes ?? PARTITION_BYTES,
        })),
      })),
    },
    { signal: options.signal, timeoutMs: cluster.options.requestTimeoutMs + maxWaitMs },
  );
  if (answer.errorCode !== ErrorCode.NONE) throw brokerError(answer.errorCode, `fetching from broker ${broker.id}`);
  return answer.responses.flatMap(({ topic, partitions }) =>
    partitions.map((answered) => {
      const { partitionIndex: partition, errorCode, highWatermark, lastStableOffset, logStartOffset } = answered;
      const fromOffset = positions.find((one) => one.topic === topic && one.partition === partition)?.offset ?? 0;
      const state = { topic, partition, highWatermark, logStartOffset, fromOffset };
      const all = errorCode === ErrorCode.NONE ? splitBatches(answered.records, state) : [];
      const isCommittedOnly = options.isolation === 'read_committed';
      const batches = isCommittedOnly ? withoutAborted(all, answered.abortedTransactions ?? []) : all;
      const nextOffset = all.at(-1)?.nextOffset ?? fromOffset;
      return { ...state, errorCode, lastStableOffset, nextOffset, batches };
    }),
  );
}

/** Reads once from each position, at whichever brokers lead; rejects on an error that does not pass. */
export async function fetchOnce(
  cluster: Cluster,
  pool: LinkPool,
  positions: readonly FetchPosition[],
  options: FetchOptions = {},
): Promise<FetchedPartition[]> {
  const results: FetchedPartition[] = [];
  const send = async (broker: BrokerInfo, group: FetchPosition[]) => {
    const errors = new Map<FetchPosition, Error>();
    for (const result of await fetchFrom(cluster, pool, broker, group, options)) {
      const { topic, partition, errorCode } = result;
      const position = group.find((one) => one.topic === topic && one.partition === partition);
      if (position === undefined) continue;
      if (errorCode === ErrorCode.NONE) results.push(result);
      else errors.set(position, brokerError(errorCode, `reading ${topic}-${partition} at offset ${position.offset}`));
    }
    return errors;
  };
  await toLeaders(cluster, positions, send, options.signal);
  return results;
}
