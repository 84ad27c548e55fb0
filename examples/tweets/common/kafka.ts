import type { Logger } from '@headwater/logger';
import type { MessageToProduce, Producer } from '@platformatic/kafka';
import type { KafkaAddress } from './settings.ts';
import { reasonOf } from './tweets-error.ts';

export interface KafkaConnection {
  brokers: readonly string[];
  /** TLS and login. Default: neither. */
  security?: KafkaAddress['security'];
  clientId: string;
  logger: Logger;
}

export type OutRecord = MessageToProduce<Buffer, Buffer, Buffer, Buffer>;
export type OutProducer = Producer<Buffer, Buffer, Buffer, Buffer>;

/** Loading the client takes most of a second (it compiles its validators), so a service is up first and loads it then. */
export const loadClient = () => import('@platformatic/kafka');

/**
 * A producer whose repeats the broker recognises. It tries until it is closed: a batch that was given up could already be on
 * the log, and sending it anew would write it twice.
 */
export async function createProducer({ brokers, clientId, logger, security }: KafkaConnection): Promise<OutProducer> {
  const { compatibilityPartitioner, Producer } = await loadClient();
  return new Producer<Buffer, Buffer, Buffer, Buffer>({
    clientId,
    bootstrapBrokers: [...brokers],
    ...security,
    idempotent: true,
    partitioner: compatibilityPartitioner,
    retries: Number.MAX_SAFE_INTEGER,
    retryDelay: (_client: unknown, operation: string, attempt: number, _retries: number, error: Error) => {
      const delayMs = Math.min(2_000, 50 * 2 ** Math.min(attempt, 6));
      logger.warn({ operation, attempt, retryInMs: delayMs, reason: reasonOf(error) }, 'cannot write, tries again');
      return delayMs;
    },
    timeout: 10_000,
  });
}

const sendRecordsMax = 1_000;
/** Well below the 1 MiB that a broker takes in one batch by default. */
const sendBytesMax = 512 * 1024;

/** Records of one request are acknowledged: the offset of the first of each partition, where the client tells. */
export type OnSent = (
  records: readonly OutRecord[],
  offsets: readonly { partition: number; offset: bigint }[] | undefined,
) => void;

/** Writes records in order, in requests that a broker takes; resolves when all are acknowledged. */
export async function sendAll(producer: OutProducer, records: readonly OutRecord[], onSent?: OnSent): Promise<void> {
  let start = 0;
  while (start < records.length) {
    let end = start;
    let bytes = 0;
    do {
      bytes += (records[end]!.key?.length ?? 0) + (records[end]!.value?.length ?? 0) + 100;
      end += 1;
    } while (end < records.length && end - start < sendRecordsMax && bytes < sendBytesMax);
    const messages = records.slice(start, end);
    const { offsets } = await producer.send({ messages });
    onSent?.(messages, offsets);
    start = end;
  }
}

/** Chooses partitions by key as Java clients do, so that all writers of a topic agree. */
export async function createPartitioner(partitions: number): Promise<(key: Buffer) => number> {
  const { murmur2 } = await loadClient();
  return (key) => (murmur2(key) & 0x7fffffff) % partitions;
}

export interface TopicSettings {
  name: string;
  partitions: number;
  configs?: Readonly<Record<string, string>>;
}

/** Creates the topic unless it is there, with the cluster's own replication factor; resolves to its number of partitions. */
export async function ensureTopic(connection: KafkaConnection, topic: TopicSettings): Promise<number> {
  const { Admin } = await loadClient();
  const admin = new Admin({
    clientId: connection.clientId,
    bootstrapBrokers: [...connection.brokers],
    ...connection.security,
    retries: 0,
    timeout: 10_000,
  });
  try {
    const isThere = await admin.metadata({ topics: [topic.name] }).then(
      () => true,
      (error: unknown) => {
        if (/unknown topic/i.test(reasonOf(error))) return false;
        throw error;
      },
    );
    if (!isThere) {
      const configs = Object.entries(topic.configs ?? {}).map(([name, value]) => ({ name, value }));
      await admin
        .createTopics({ topics: [topic.name], partitions: topic.partitions, replicas: -1, configs })
        .then(() => connection.logger.info({ topic: topic.name, partitions: topic.partitions }, 'topic created'))
        .catch((error: unknown) => {
          // Two services that start together both find it missing.
          if (!/already exists/i.test(reasonOf(error))) throw error;
        });
    }
    const metadata = await admin.metadata({ topics: [topic.name], forceUpdate: true });
    return metadata.topics.get(topic.name)!.partitionsCount;
  } finally {
    await admin.close();
  }
}
