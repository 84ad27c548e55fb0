import type { KafkaClient, Producer } from '@headwater/client';
import type { SchemaBook } from '../schema-book.ts';
import type { AddRoute } from '../v3/routes.ts';
import { sendV2 } from './answer.ts';
import { brokerIds, topic, topicNames, topicPartition, topicPartitionOffsets, topicPartitions } from './metadata.ts';
import { produceV2 } from './produce.ts';

/** The calls of the v2 API, at the root. */
export function addV2Routes(add: AddRoute, client: KafkaClient, producer: Producer, book: SchemaBook): void {
  add('GET', '/', (ctx) => sendV2(ctx, {}));
  add('GET', '/topics', (ctx) => topicNames(ctx, client));
  add('GET', '/topics/:topic', (ctx) => topic(ctx, client));
  add('POST', '/topics/:topic', (ctx) => produceV2(ctx, producer, book));
  add('GET', '/topics/:topic/partitions', (ctx) => topicPartitions(ctx, client));
  add('GET', '/topics/:topic/partitions/:partition', (ctx) => topicPartition(ctx, client));
  add('POST', '/topics/:topic/partitions/:partition', (ctx) => produceV2(ctx, producer, book));
  add('GET', '/topics/:topic/partitions/:partition/offsets', (ctx) => topicPartitionOffsets(ctx, client));
  add('GET', '/brokers', (ctx) => brokerIds(ctx, client));
}
