import { consumerKey } from './consumer/consumer-records.ts';
import { byteLength, LogRecordError, RecordReader, RecordWriter } from './record-fields.ts';

/**
 * Keys and values of `__consumer_offsets` in Kafka's own layout, so that its tools read ours and a copied topic keeps its meaning.
 *
 *     OffsetCommitKey    => 1:INT16 group:STRING topic:STRING partition:INT32        (0 is the same key of old brokers)
 *     OffsetCommitValue  => version:INT16 offset:INT64 leaderEpoch:INT32(3+) metadata:STRING commitTimestamp:INT64
 *                           expireTimestamp:INT64(1 only); from 4 in the compact form with topicId as tag 0
 *
 * Written in version 3, which every Kafka since 2.1 reads (4.3 itself writes offsets in 4); read in all. Records of the
 * groups themselves: classic/classic-records.ts, consumer/consumer-records.ts.
 */
export type LogKey =
  | { kind: 'offset'; groupId: string; topic: string; partition: number }
  | { kind: 'group'; groupId: string }
  /** Of a consumer group; `name` is a member's id or an expression, empty of what there is once. */
  | { kind: 'consumer'; type: number; groupId: string; name: string }
  | { kind: 'other'; type: number };

/** Types of keys of consumer groups, and whether a name follows the group's. */
const consumerTypes = new Map<number, boolean>([
  [consumerKey.group, false],
  [consumerKey.member, true],
  [consumerKey.targetEpoch, false],
  [consumerKey.target, true],
  [consumerKey.assignment, true],
  [consumerKey.regex, true],
]);

export interface CommittedOffset {
  offset: number;
  /** -1 when the client did not say. */
  leaderEpoch: number;
  metadata: string;
  commitTimestamp: number;
  /** -1 except in records of Kafka before 2.1. */
  expireTimestamp: number;
}

export function encodeOffsetKey(groupId: string, topic: string, partition: number): Buffer {
  const writer = new RecordWriter(10 + byteLength(groupId) + byteLength(topic));
  return writer.int16(1).string(groupId).string(topic).int32(partition).done();
}

export function encodeOffsetValue(value: CommittedOffset): Buffer {
  const writer = new RecordWriter(24 + byteLength(value.metadata));
  return writer
    .int16(3)
    .int64(value.offset)
    .int32(value.leaderEpoch)
    .string(value.metadata)
    .int64(value.commitTimestamp)
    .done();
}

/** @throws LogRecordError */
export function decodeKey(bytes: Buffer): LogKey {
  const reader = new RecordReader(bytes, false);
  const type = reader.int16();
  if (type === 0 || type === 1) {
    return { kind: 'offset', groupId: reader.text(), topic: reader.text(), partition: reader.int32() };
  }
  if (type === 2) return { kind: 'group', groupId: reader.text() };
  if (consumerTypes.has(type)) {
    const groupId = reader.text();
    return { kind: 'consumer', type, groupId, name: consumerTypes.get(type) ? reader.text() : '' };
  }
  return { kind: 'other', type };
}

/** @throws LogRecordError */
export function decodeOffsetValue(bytes: Buffer): CommittedOffset {
  const version = new RecordReader(bytes, false).int16();
  if (version < 0 || version > 4) throw new LogRecordError(`offset value of unknown version ${version}`);
  const reader = new RecordReader(bytes, version >= 4);
  reader.int16();
  return {
    offset: reader.int64(),
    leaderEpoch: version >= 3 ? reader.int32() : -1,
    metadata: reader.text(),
    commitTimestamp: reader.int64(),
    expireTimestamp: version === 1 ? reader.int64() : -1,
  };
}
