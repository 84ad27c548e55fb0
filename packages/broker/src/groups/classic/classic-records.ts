import { byteLength, LogRecordError, RecordReader, RecordWriter } from '../record-fields.ts';
import { Member } from './classic-member.ts';

/*
 * What `__consumer_offsets` holds of a classic group, in Kafka's own layout.
 *
 *     GroupMetadataKey   => 2:INT16 group:STRING
 *     GroupMetadataValue => version:INT16 protocolType:STRING generation:INT32 protocol:NULLABLE leader:NULLABLE
 *                           currentStateTimestamp:INT64(2+) [members]; from 4 compact
 *       member => memberId:STRING groupInstanceId:NULLABLE(3+) clientId:STRING clientHost:STRING rebalanceTimeout:INT32(1+)
 *                 sessionTimeout:INT32 subscription:BYTES assignment:BYTES
 *
 * Written in version 3, as Kafka 4.3 does; read in all.
 */
export interface GroupValue {
  protocolType: string;
  generationId: number;
  protocolName: string | null;
  leaderId: string | null;
  stateSinceMs: number;
  members: Member[];
}

export function encodeGroupKey(groupId: string): Buffer {
  return new RecordWriter(4 + byteLength(groupId)).int16(2).string(groupId).done();
}

export function encodeGroupValue(value: GroupValue): Buffer {
  let sizeBytes = 24 + byteLength(value.protocolType) + byteLength(value.protocolName) + byteLength(value.leaderId);
  const members = value.members.map((member) => ({ member, subscription: member.metadata(value.protocolName) }));
  for (const { member, subscription } of members) {
    sizeBytes += 24 + byteLength(member.memberId) + byteLength(member.groupInstanceId) + byteLength(member.clientId);
    sizeBytes += byteLength(member.clientHost) + subscription.length + member.assignment.length;
  }
  const writer = new RecordWriter(sizeBytes);
  writer.int16(3).string(value.protocolType).int32(value.generationId).string(value.protocolName);
  writer.string(value.leaderId).int64(value.stateSinceMs).int32(members.length);
  for (const { member, subscription } of members) {
    writer.string(member.memberId).string(member.groupInstanceId).string(member.clientId).string(member.clientHost);
    writer.int32(member.rebalanceTimeoutMs).int32(member.sessionTimeoutMs);
    writer.bytes(subscription).bytes(member.assignment);
  }
  return writer.done();
}

/** @throws LogRecordError */
export function decodeGroupValue(bytes: Buffer): GroupValue {
  const version = new RecordReader(bytes, false).int16();
  if (version < 0 || version > 4) throw new LogRecordError(`group value of unknown version ${version}`);
  const reader = new RecordReader(bytes, version >= 4);
  reader.int16();
  const protocolType = reader.text();
  const generationId = reader.int32();
  const protocolName = reader.string();
  const leaderId = reader.string();
  const stateSinceMs = version >= 2 ? reader.int64() : -1;
  const count = reader.arrayLength();
  const members: Member[] = [];
  for (let index = 0; index < count; index++) members.push(decodeMember(reader, version, protocolName));
  return { protocolType, generationId, protocolName, leaderId, stateSinceMs, members };
}

function decodeMember(reader: RecordReader, version: number, protocolName: string | null): Member {
  const memberId = reader.text();
  const groupInstanceId = version >= 3 ? reader.string() : null;
  const clientId = reader.text();
  const clientHost = reader.text();
  const rebalanceTimeoutMs = version >= 1 ? reader.int32() : -1;
  const sessionTimeoutMs = reader.int32();
  const metadata = reader.bytes();
  const assignment = reader.bytes();
  reader.tags();
  const member = new Member({
    memberId,
    groupInstanceId,
    clientId,
    clientHost,
    sessionTimeoutMs,
    rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
    protocols: protocolName === null ? [] : [{ name: protocolName, metadata }],
  });
  member.assignment = assignment;
  return member;
}
