import type { KafkaClient, Producer } from '@headwater/client';
import type { SchemaBook } from '../schema-book.ts';
import type { AddRoute } from '../v3/routes.ts';
import { sendV2 } from './answer.ts';
import {
  assign,
  assignment,
  type ConsumerRoom,
  commitOffsets,
  committedOffsets,
  consumerCall,
  createInstance,
  deleteInstance,
  readRecords,
  seek,
  seekTo,
  subscribe,
  subscription,
  unsubscribe,
} from './consumers.ts';
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

/** The calls of the v2 API on consumers. */
export function addConsumerRoutes(add: AddRoute, room: ConsumerRoom): void {
  const on = (method: string, path: string, call: Parameters<typeof consumerCall>[0]): void =>
    add(method, `/consumers/:group${path}`, consumerCall(call, room));
  const instance = '/instances/:instance';
  on('POST', '', createInstance);
  on('DELETE', instance, deleteInstance);
  on('POST', `${instance}/subscription`, subscribe);
  on('GET', `${instance}/subscription`, subscription);
  on('DELETE', `${instance}/subscription`, unsubscribe);
  on('POST', `${instance}/assignments`, assign);
  on('GET', `${instance}/assignments`, assignment);
  on('GET', `${instance}/records`, readRecords);
  on('POST', `${instance}/offsets`, commitOffsets);
  on('GET', `${instance}/offsets`, committedOffsets);
  on('POST', `${instance}/positions`, seek);
  on('POST', `${instance}/positions/beginning`, seekTo('earliest'));
  on('POST', `${instance}/positions/end`, seekTo('latest'));
}
