import {
  type ConsumerProtocolAssignment,
  type ConsumerProtocolSubscription,
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  decodeData,
  encodeData,
  type MessageSchema,
} from '@headwater/protocol';
import { groupByTopic, type TopicPartition } from '../by-leader.ts';

const VERSION = 3;

/** What a consumer says of itself when it joins: version (int16), then ConsumerProtocolSubscription. */
export interface Subscription {
  topics: readonly string[];
  userData: Uint8Array | null;
  /** What it holds and would like to keep; empty under an eager assignor. */
  owned: readonly TopicPartition[];
  /** Of the generation in which it got them. -1: none. */
  generationId: number;
  rackId: string | null;
}

export interface ReadSubscription extends Subscription {
  userData: Buffer | null;
}

export function encodeSubscription(subscription: Subscription): Buffer {
  const { topics, userData, owned, generationId, rackId } = subscription;
  return withVersion(consumerProtocolSubscription, {
    topics: [...topics].sort(),
    userData,
    ownedPartitions: toTopics(owned),
    generationId,
    rackId,
  });
}

export function decodeSubscription(bytes: Buffer): ReadSubscription {
  const read = decodeData(consumerProtocolSubscription, versionOf(bytes), bytes, 2) as ConsumerProtocolSubscription;
  return {
    topics: read.topics,
    userData: read.userData,
    owned: fromTopics(read.ownedPartitions ?? []),
    generationId: read.generationId ?? -1,
    rackId: read.rackId ?? null,
  };
}

export function encodeAssignment(partitions: readonly TopicPartition[], userData: Uint8Array | null = null): Buffer {
  return withVersion(consumerProtocolAssignment, { assignedPartitions: toTopics(partitions), userData });
}

/** What a member was assigned; empty bytes are nothing. */
export function decodeAssignment(bytes: Buffer): { partitions: TopicPartition[]; userData: Buffer | null } {
  if (bytes.length < 2) return { partitions: [], userData: null };
  const read = decodeData(consumerProtocolAssignment, versionOf(bytes), bytes, 2) as ConsumerProtocolAssignment;
  return { partitions: fromTopics(read.assignedPartitions), userData: read.userData };
}

function withVersion(schema: MessageSchema, body: unknown): Buffer {
  const version = Buffer.alloc(2);
  version.writeInt16BE(VERSION);
  return Buffer.concat([version, encodeData(schema, VERSION, body)]);
}

/** Later versions only add fields at the end. */
function versionOf(bytes: Buffer): number {
  return Math.min(Math.max(bytes.readInt16BE(0), 0), VERSION);
}

function toTopics(partitions: readonly TopicPartition[]) {
  return [...groupByTopic(partitions)].map(([topic, list]) => ({
    topic,
    partitions: list.map(({ partition }) => partition).sort((a, b) => a - b),
  }));
}

function fromTopics(topics: readonly { topic: string; partitions: readonly number[] }[]): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
}
