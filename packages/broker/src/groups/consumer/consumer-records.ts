import type { MemberProtocol } from '../classic/classic-member.ts';
import type { LogEntry } from '../offsets-log.ts';
import { byteLength, RecordReader, RecordWriter } from '../record-fields.ts';
import { type ConsumerMember, type MemberState, memberState, newMember } from './consumer-member.ts';
import type { PartitionEpochs, TopicPartitions } from './topic-partitions.ts';

/*
 * What `__consumer_offsets` holds of a consumer group, in Kafka's own layout. Values are of version 0, which is a flexible one.
 *
 *     3  group                          => epoch:INT32, metadataHash:INT64 as tag 0
 *     4  topics of Kafka before 4.1     => not written, not read
 *     5  group memberId                 => instanceId rackId clientId clientHost [topicName] topicRegex rebalanceTimeoutMs:INT32
 *                                          serverAssignor, classic {1:INT8 sessionTimeoutMs:INT32 [name metadata]} as tag 0
 *     6  group                          => assignmentEpoch:INT32, assignmentTimestamp:INT64 as tag 0
 *     7  group memberId                 => [topicId [partition:INT32]]
 *     8  group memberId                 => memberEpoch:INT32 previousMemberEpoch:INT32 state:INT8 [assigned] [pendingRevocation]
 *                                          of topicId [partition:INT32], [epoch:INT32] as tag 0
 *     16 group regularExpression        => [topicName] version:INT64 timestamp:INT64
 */
export const consumerKey = {
  group: 3,
  topics: 4,
  member: 5,
  targetEpoch: 6,
  target: 7,
  assignment: 8,
  regex: 16,
} as const;

/** Topics that a regular expression was found to match, and when. */
export interface ResolvedRegex {
  readonly topics: readonly string[];
  readonly version: number;
  readonly atMs: number;
}

function key(type: number, groupId: string, name: string | null = null): Buffer {
  const writer = new RecordWriter(6 + byteLength(groupId) + byteLength(name)).int16(type).string(groupId);
  return name === null ? writer.done() : writer.string(name).done();
}

const value = (sizeBytes: number) => new RecordWriter(sizeBytes, true).int16(0);

export function groupEntry(groupId: string, epoch: number | null, metadataHash = 0): LogEntry {
  const entryKey = key(consumerKey.group, groupId);
  if (epoch === null) return { key: entryKey, value: null };
  const tags = metadataHash === 0 ? [] : [{ tag: 0, value: int64(metadataHash) }];
  return {
    key: entryKey,
    value: value(24)
      .int32(epoch)
      .tags(...tags)
      .done(),
  };
}

export function targetEpochEntry(groupId: string, epoch: number | null, atMs = 0): LogEntry {
  const entryKey = key(consumerKey.targetEpoch, groupId);
  if (epoch === null) return { key: entryKey, value: null };
  const tags = atMs === 0 ? [] : [{ tag: 0, value: int64(atMs) }];
  return {
    key: entryKey,
    value: value(24)
      .int32(epoch)
      .tags(...tags)
      .done(),
  };
}

export function memberEntry(groupId: string, memberId: string, member: ConsumerMember | null): LogEntry {
  const entryKey = key(consumerKey.member, groupId, memberId);
  if (member === null) return { key: entryKey, value: null };
  const writer = value(128).string(member.instanceId).string(member.rackId).string(member.clientId);
  writer.string(member.clientHost).strings(member.subscribedTopicNames).string(member.subscribedTopicRegex);
  writer.int32(member.rebalanceTimeoutMs).string(member.serverAssignor);
  const { classic } = member;
  if (classic === null) return { key: entryKey, value: writer.tags().done() };
  // A structure that may be null says first that it is not.
  const details = new RecordWriter(256, true)
    .int8(1)
    .int32(classic.sessionTimeoutMs)
    .arrayLength(classic.protocols.length);
  for (const { name, metadata } of classic.protocols) details.string(name).bytes(metadata).tags();
  return { key: entryKey, value: writer.tags({ tag: 0, value: details.tags().done() }).done() };
}

export function targetEntry(groupId: string, memberId: string, target: TopicPartitions | null): LogEntry {
  const entryKey = key(consumerKey.target, groupId, memberId);
  if (target === null) return { key: entryKey, value: null };
  const writer = value(64).arrayLength(target.size);
  for (const [topicId, partitions] of target) writer.uuid(topicId).int32s(partitions).tags();
  return { key: entryKey, value: writer.tags().done() };
}

export function assignmentEntry(groupId: string, memberId: string, member: ConsumerMember | null): LogEntry {
  const entryKey = key(consumerKey.assignment, groupId, memberId);
  if (member === null) return { key: entryKey, value: null };
  const writer = value(64).int32(member.memberEpoch).int32(member.previousMemberEpoch).int8(member.state);
  writeEpochs(writer, member.assigned);
  writeEpochs(writer, member.pendingRevocation);
  return { key: entryKey, value: writer.tags().done() };
}

export function regexEntry(groupId: string, regex: string, resolved: ResolvedRegex | null): LogEntry {
  const entryKey = key(consumerKey.regex, groupId, regex);
  if (resolved === null) return { key: entryKey, value: null };
  const writer = value(64).strings(resolved.topics).int64(resolved.version).int64(resolved.atMs);
  return { key: entryKey, value: writer.tags().done() };
}

/** @throws LogRecordError */
export function decodeGroup(bytes: Buffer): { epoch: number; metadataHash: number } {
  const reader = body(bytes);
  return { epoch: reader.int32(), metadataHash: reader.tags().get(0)?.int64() ?? 0 };
}

/** @throws LogRecordError */
export function decodeTargetEpoch(bytes: Buffer): { epoch: number; atMs: number } {
  const reader = body(bytes);
  return { epoch: reader.int32(), atMs: reader.tags().get(0)?.int64() ?? 0 };
}

/**
 * What the member said of itself; what it has is in a record of its own.
 *
 * @throws LogRecordError
 */
export function decodeMember(memberId: string, bytes: Buffer): ConsumerMember {
  const reader = body(bytes);
  const said = {
    instanceId: reader.string(),
    rackId: reader.string(),
    clientId: reader.text(),
    clientHost: reader.text(),
    subscribedTopicNames: reader.strings().sort(),
    subscribedTopicRegex: reader.text(),
    rebalanceTimeoutMs: reader.int32(),
    serverAssignor: reader.string(),
  };
  const details = reader.tags().get(0);
  if (details === undefined || details.int8() < 0) return { ...newMember(memberId), ...said };
  const sessionTimeoutMs = details.int32();
  const protocols: MemberProtocol[] = [];
  for (let left = details.arrayLength(); left > 0; left--) {
    protocols.push({ name: details.text(), metadata: details.bytes() });
    details.tags();
  }
  return { ...newMember(memberId), ...said, classic: { sessionTimeoutMs, protocols } };
}

/** @throws LogRecordError */
export function decodeTarget(bytes: Buffer): TopicPartitions {
  const reader = body(bytes);
  const target = new Map<string, number[]>();
  for (let left = reader.arrayLength(); left > 0; left--) {
    target.set(reader.uuid(), reader.int32s());
    reader.tags();
  }
  return target;
}

export type MemberProgress = Pick<
  ConsumerMember,
  'memberEpoch' | 'previousMemberEpoch' | 'state' | 'assigned' | 'pendingRevocation'
>;

/** @throws LogRecordError */
export function decodeAssignment(bytes: Buffer): MemberProgress {
  const reader = body(bytes);
  const memberEpoch = reader.int32();
  const previousMemberEpoch = reader.int32();
  const state = reader.int8();
  return {
    memberEpoch,
    previousMemberEpoch,
    state: Object.values<number>(memberState).includes(state) ? (state as MemberState) : memberState.stable,
    assigned: readEpochs(reader, memberEpoch),
    pendingRevocation: readEpochs(reader, memberEpoch),
  };
}

/** @throws LogRecordError */
export function decodeRegex(bytes: Buffer): ResolvedRegex {
  const reader = body(bytes);
  return { topics: reader.strings(), version: reader.int64(), atMs: reader.int64() };
}

function body(bytes: Buffer): RecordReader {
  const reader = new RecordReader(bytes, true);
  reader.int16();
  return reader;
}

function writeEpochs(writer: RecordWriter, epochs: PartitionEpochs): void {
  writer.arrayLength(epochs.size);
  for (const [topicId, byPartition] of epochs) {
    const list = new RecordWriter(5 + byPartition.size * 4, true).int32s([...byPartition.values()]).done();
    writer
      .uuid(topicId)
      .int32s([...byPartition.keys()])
      .tags({ tag: 0, value: list });
  }
}

/** Kafka before 4.2 did not write the epochs of single partitions: they have that of the member. */
function readEpochs(reader: RecordReader, memberEpoch: number): PartitionEpochs {
  const epochs = new Map<string, Map<number, number>>();
  for (let left = reader.arrayLength(); left > 0; left--) {
    const topicId = reader.uuid();
    const partitions = reader.int32s();
    const own = reader.tags().get(0)?.int32s() ?? [];
    epochs.set(topicId, new Map(partitions.map((partition, index) => [partition, own[index] ?? memberEpoch])));
  }
  return epochs;
}

function int64(number: number): Buffer {
  return new RecordWriter(8).int64(number).done();
}
