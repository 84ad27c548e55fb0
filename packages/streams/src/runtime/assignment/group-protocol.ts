/**
 * What instances tell each other when they join the application's group. The coordinator reads it too (a group of the type `consumer` that
 * it cannot read never gets beyond its first join): so it is a consumer's subscription and assignment, version 1, with what is ours in
 * `userData`. That is JSON: a member of a later version may say more.
 */
import {
  type ConsumerProtocolAssignment,
  type ConsumerProtocolSubscription,
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  decodeData,
  encodeData,
  type MessageSchema,
} from '@headwater/protocol';

const version = 1;

/** What an instance tells the leader. */
export interface Subscription {
  readonly version: 1;
  readonly all: readonly string[];
  readonly owned: readonly string[];
  readonly lags: Readonly<Record<string, number>>;
  /** Of `all`, those with state that can be kept warm; absent: no standbys are asked for. */
  readonly stateful?: readonly string[];
  readonly standbys?: number;
  /** 'host:port' where its stores are asked. */
  readonly address?: string;
}

export interface Assignment {
  readonly version: 1;
  readonly active: readonly string[];
  readonly standby?: readonly string[];
  /** Which tasks the instances have that told an address, by address. */
  readonly addresses?: Readonly<Record<string, readonly string[]>>;
}

/** `topics`: what the application reads. The coordinator keeps committed offsets of these for as long as the group has members. */
export function encodeSubscription(topics: readonly string[], subscription: Subscription): Buffer {
  return encode(consumerProtocolSubscription, {
    topics: [...topics].sort(),
    userData: Buffer.from(JSON.stringify(subscription)),
    ownedPartitions: [],
  });
}

export function decodeSubscription(bytes: Buffer): Subscription {
  const { userData } = decodeData(consumerProtocolSubscription, version, bytes, 2) as ConsumerProtocolSubscription;
  return JSON.parse(String(userData)) as Subscription;
}

/** `partitions`: what the tasks read, by topic, for those who look at the group with Kafka's tools. */
export function encodeAssignment(
  assignment: Assignment,
  partitions: ReadonlyMap<string, readonly number[]> = new Map(),
): Buffer {
  return encode(consumerProtocolAssignment, {
    assignedPartitions: Array.from(partitions, ([topic, list]) => ({ topic, partitions: [...list] })),
    userData: Buffer.from(JSON.stringify(assignment)),
  });
}

/** Empty bytes are nothing. */
export function decodeAssignment(bytes: Buffer): Assignment {
  if (bytes.length < 2) return { version, active: [] };
  const { userData } = decodeData(consumerProtocolAssignment, version, bytes, 2) as ConsumerProtocolAssignment;
  return JSON.parse(String(userData)) as Assignment;
}

function encode(schema: MessageSchema, body: unknown): Buffer {
  const prefix = Buffer.alloc(2);
  prefix.writeInt16BE(version);
  return Buffer.concat([prefix, encodeData(schema, version, body)]);
}
