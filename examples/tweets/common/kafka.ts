import { createClient, type EachRecord, type KafkaClient, type Producer, type RecordResult } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import type { KafkaAddress } from './settings.ts';

export interface KafkaConnection extends KafkaAddress {
  clientId: string;
  logger: Logger;
}

/** A record that knows its topic and partition. */
export interface OutRecord extends EachRecord {
  topic: string;
  partition: number;
  key: Buffer;
  headers: readonly OutHeader[];
}

export interface OutHeader {
  key: string;
  value: Buffer;
}

/** Closing it closes what came of it. */
export function openClient({ bootstrap, clientId, logger }: KafkaConnection): KafkaClient {
  return createClient({ bootstrap, clientId, logger });
}

/**
 * A producer whose repeats the broker recognises. It tries until it is closed: a batch that was given up could already be on
 * the log, and sending it anew would write it twice.
 */
export function createProducer(client: KafkaClient): Producer {
  return client.producer({ lingerMs: 0, deliveryTimeoutMs: Number.POSITIVE_INFINITY });
}

const sendRecordsMax = 1_000;
/** After so long without an acknowledgement it is told, again and again. */
const tellAfterMs = 2_000;

/** Records of one call are acknowledged, each with its place. */
export type OnSent = (records: readonly OutRecord[], places: readonly RecordResult[]) => void;

export interface Sending {
  producer: Producer;
  logger: Logger;
  onSent?: OnSent;
}

/** Writes records of a topic in order, some at a time; resolves when all are acknowledged. */
export async function sendAll(records: readonly OutRecord[], { logger, onSent, producer }: Sending): Promise<void> {
  for (let start = 0; start < records.length; start += sendRecordsMax) {
    const some = records.slice(start, start + sendRecordsMax);
    const { topic } = some[0]!;
    const sinceMs = performance.now();
    const telling = setInterval(() => {
      const waitedMs = Math.round(performance.now() - sinceMs);
      logger.warn({ topic, records: some.length, waitedMs }, 'the event store does not take them, tries on');
    }, tellAfterMs);
    const places = await producer.sendEach({ topic, records: some }).finally(() => clearInterval(telling));
    for (const place of places) if (place instanceof Error) throw place;
    onSent?.(some, places as RecordResult[]);
  }
}

export interface TopicSettings {
  name: string;
  partitions: number;
  configs?: Readonly<Record<string, string>>;
}

/** Creates the topic unless it is there, with the cluster's own replication factor; resolves to its number of partitions. */
export async function ensureTopic(connection: KafkaConnection, topic: TopicSettings): Promise<number> {
  const client = openClient(connection);
  try {
    const there = await partitionsOf(client, topic.name);
    if (there > 0) return there;
    const { name, partitions, configs } = topic;
    const [created] = await client.createTopics([{ name, partitions, ...(configs !== undefined && { configs }) }]);
    const error = created?.error ?? null;
    if (error === null) connection.logger.info({ topic: name, partitions }, 'topic created');
    // Two services that start together both find it missing.
    else if (error.kafkaName !== 'TOPIC_ALREADY_EXISTS') throw error;
    const count = await partitionsOf(client, name);
    if (count === 0) throw new Error(`${name} has no partitions yet`);
    return count;
  } finally {
    await client.close();
  }
}

/** None when there is no such topic. */
async function partitionsOf(client: KafkaClient, topic: string): Promise<number> {
  const { topics } = await client.metadata([topic]);
  return topics[0]?.partitions.length ?? 0;
}
