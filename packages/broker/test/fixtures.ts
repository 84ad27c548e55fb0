import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Logger } from '@headwater/logger';
import { ApiKey, encodeBatch, type ResponseOf } from '@headwater/protocol';
import { type Broker, type BrokerOptions, startBroker } from '../index.ts';
import { RawClient } from './raw-client.ts';

export interface LogLine {
  level: string;
  fields: Record<string, unknown>;
  message: string;
}

export function collectingLogger(): { logger: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: string) => (fields: Record<string, unknown>, message: string) =>
    void lines.push({ level, fields, message });
  return { logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines };
}

export interface TestBroker {
  broker: Broker;
  lines: LogLine[];
  /** A further connection, closed with the test. */
  client(): Promise<RawClient>;
}

/** A broker in memory, gone with the test. */
export async function testBroker(t: TestContext, options: BrokerOptions = {}): Promise<TestBroker> {
  const { logger, lines } = collectingLogger();
  const broker = await startBroker({ logger, ...options });
  t.after(() => broker.close());
  return {
    broker,
    lines,
    async client() {
      const client = await RawClient.connect(broker);
      t.after(() => client.close());
      return client;
    },
  };
}

export async function temporaryDir(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'headwater-broker-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

export async function createTopic(
  client: RawClient,
  name: string,
  numPartitions = 1,
  configs: Record<string, string> = {},
): Promise<string> {
  const pairs = Object.entries(configs).map(([config, value]) => ({ name: config, value }));
  const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs: pairs };
  const { topics } = await client.call(ApiKey.CreateTopics, 7, { topics: [topic] });
  if (topics[0]?.errorCode !== 0) throw new Error(`topic ${name}: ${topics[0]?.errorMessage}`);
  return topics[0].topicId;
}

export function batch(values: readonly string[], options: Partial<Parameters<typeof encodeBatch>[0]> = {}): Buffer {
  return encodeBatch({ records: values.map((value) => ({ value })), timestamp: Date.now(), ...options });
}

export type ProducedPartition = ResponseOf[typeof ApiKey.Produce]['responses'][number]['partitionResponses'][number];

export async function produce(
  client: RawClient,
  topic: string,
  records: Buffer | null,
  { partition = 0, acks = -1 } = {},
): Promise<ProducedPartition> {
  const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }];
  const body = { acks, timeoutMs: 1_000, topicData };
  return (await client.call(ApiKey.Produce, 12, body)).responses[0]!.partitionResponses[0]!;
}

export function fetchBody(topic: string, fetchOffset: number, { maxWaitMs = 0, minBytes = 1, partitions = [0] } = {}) {
  const parts = partitions.map((partition) => ({ partition, fetchOffset, partitionMaxBytes: 1024 * 1024 }));
  return { maxWaitMs, minBytes, maxBytes: 50 * 1024 * 1024, topics: [{ topic, partitions: parts }] };
}
