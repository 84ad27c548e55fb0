import { emptyBytes, Member } from './member.ts';

/**
 * Keys and values of `__consumer_offsets` in Kafka's own layout, so that its tools read ours and a copied topic keeps its meaning.
 *
 *     OffsetCommitKey    => 1:INT16 group:STRING topic:STRING partition:INT32        (0 is the same key of old brokers)
 *     OffsetCommitValue  => version:INT16 offset:INT64 leaderEpoch:INT32(3+) metadata:STRING commitTimestamp:INT64
 *                           expireTimestamp:INT64(1 only); from 4 in the compact form with topicId as tag 0
 *     GroupMetadataKey   => 2:INT16 group:STRING
 *     GroupMetadataValue => version:INT16 protocolType:STRING generation:INT32 protocol:NULLABLE leader:NULLABLE
 *                           currentStateTimestamp:INT64(2+) [members]; from 4 compact
 *       member => memberId:STRING groupInstanceId:NULLABLE(3+) clientId:STRING clientHost:STRING rebalanceTimeout:INT32(1+)
 *                 sessionTimeout:INT32 subscription:BYTES assignment:BYTES
 *
 * Written in version 3, which every Kafka since 2.1 reads (4.3 itself writes offsets in 4); read in all. Keys 3 and above belong to the newer group protocols.
 */
export type LogKey =
  | { kind: 'offset'; groupId: string; topic: string; partition: number }
  | { kind: 'group'; groupId: string }
  | { kind: 'other'; type: number };

export interface CommittedOffset {
  offset: number;
  /** -1 when the client did not say. */
  leaderEpoch: number;
  metadata: string;
  commitTimestamp: number;
  /** -1 except in records of Kafka before 2.1. */
  expireTimestamp: number;
}

export interface GroupValue {
  protocolType: string;
  generationId: number;
  protocolName: string | null;
  leaderId: string | null;
  stateSinceMs: number;
  members: Member[];
}

export class LogRecordError extends Error {
  readonly code = 'HW_BROKER_OFFSETS_RECORD';
}

export function encodeOffsetKey(groupId: string, topic: string, partition: number): Buffer {
  const writer = new Writer(10 + byteLength(groupId) + byteLength(topic));
  return writer.int16(1).string(groupId).string(topic).int32(partition).done();
}

export function encodeOffsetValue(value: CommittedOffset): Buffer {
  const writer = new Writer(24 + byteLength(value.metadata));
  return writer
    .int16(3)
    .int64(value.offset)
    .int32(value.leaderEpoch)
    .string(value.metadata)
    .int64(value.commitTimestamp)
    .done();
}

export function encodeGroupKey(groupId: string): Buffer {
  return new Writer(4 + byteLength(groupId)).int16(2).string(groupId).done();
}

export function encodeGroupValue(value: GroupValue): Buffer {
  let sizeBytes = 24 + byteLength(value.protocolType) + byteLength(value.protocolName) + byteLength(value.leaderId);
  const members = value.members.map((member) => ({ member, subscription: member.metadata(value.protocolName) }));
  for (const { member, subscription } of members) {
    sizeBytes += 24 + byteLength(member.memberId) + byteLength(member.groupInstanceId) + byteLength(member.clientId);
    sizeBytes += byteLength(member.clientHost) + subscription.length + member.assignment.length;
  }
  const writer = new Writer(sizeBytes);
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
export function decodeKey(bytes: Buffer): LogKey {
  const reader = new Reader(bytes, false);
  const type = reader.int16();
  if (type === 0 || type === 1) {
    return { kind: 'offset', groupId: reader.text(), topic: reader.text(), partition: reader.int32() };
  }
  if (type === 2) return { kind: 'group', groupId: reader.text() };
  return { kind: 'other', type };
}

/** @throws LogRecordError */
export function decodeOffsetValue(bytes: Buffer): CommittedOffset {
  const version = new Reader(bytes, false).int16();
  if (version < 0 || version > 4) throw new LogRecordError(`offset value of unknown version ${version}`);
  const reader = new Reader(bytes, version >= 4);
  reader.int16();
  return {
    offset: reader.int64(),
    leaderEpoch: version >= 3 ? reader.int32() : -1,
    metadata: reader.text(),
    commitTimestamp: reader.int64(),
    expireTimestamp: version === 1 ? reader.int64() : -1,
  };
}

/** @throws LogRecordError */
export function decodeGroupValue(bytes: Buffer): GroupValue {
  const version = new Reader(bytes, false).int16();
  if (version < 0 || version > 4) throw new LogRecordError(`group value of unknown version ${version}`);
  const reader = new Reader(bytes, version >= 4);
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

function decodeMember(reader: Reader, version: number, protocolName: string | null): Member {
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

function byteLength(text: string | null): number {
  return text === null ? 0 : Buffer.byteLength(text);
}

class Writer {
  readonly #buffer: Buffer;
  #offset = 0;

  constructor(sizeBytes: number) {
    this.#buffer = Buffer.allocUnsafeSlow(sizeBytes);
  }

  int16(value: number): this {
    this.#offset = this.#buffer.writeInt16BE(value, this.#offset);
    return this;
  }

  int32(value: number): this {
    this.#offset = this.#buffer.writeInt32BE(value, this.#offset);
    return this;
  }

  int64(value: number): this {
    this.#offset = this.#buffer.writeBigInt64BE(BigInt(value), this.#offset);
    return this;
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const sizeBytes = this.#buffer.write(value, this.#offset + 2);
    this.int16(sizeBytes);
    this.#offset += sizeBytes;
    return this;
  }

  bytes(value: Buffer): this {
    this.int32(value.length);
    this.#offset += value.copy(this.#buffer, this.#offset);
    return this;
  }

  done(): Buffer {
    return this.#buffer.subarray(0, this.#offset);
  }
}

class Reader {
  readonly #buffer: Buffer;
  readonly #isCompact: boolean;
  #offset = 0;

  constructor(buffer: Buffer, isCompact: boolean) {
    this.#buffer = buffer;
    this.#isCompact = isCompact;
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#take(4));
  }

  int64(): number {
    return Number(this.#buffer.readBigInt64BE(this.#take(8)));
  }

  string(): string | null {
    const sizeBytes = this.#isCompact ? this.#varint() - 1 : this.int16();
    if (sizeBytes < 0) return null;
    const start = this.#take(sizeBytes);
    return this.#buffer.toString('utf8', start, start + sizeBytes);
  }

  text(): string {
    return this.string() ?? '';
  }

  /** A copy: members outlive the batch that they were read from. */
  bytes(): Buffer {
    const sizeBytes = this.#isCompact ? this.#varint() - 1 : this.int32();
    if (sizeBytes <= 0) return emptyBytes;
    const start = this.#take(sizeBytes);
    return Buffer.from(this.#buffer.subarray(start, start + sizeBytes));
  }

  arrayLength(): number {
    const count = this.#isCompact ? this.#varint() - 1 : this.int32();
    if (count > this.#buffer.length - this.#offset) throw new LogRecordError(`${count} elements do not fit the record`);
    return count;
  }

  tags(): void {
    if (!this.#isCompact) return;
    for (let left = this.#varint(); left > 0; left--) {
      this.#varint();
      this.#take(this.#varint());
    }
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#buffer[this.#take(1)]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new LogRecordError(`a number of more than 5 bytes at ${this.#offset}`);
  }

  #take(sizeBytes: number): number {
    const start = this.#offset;
    if (sizeBytes < 0 || start + sizeBytes > this.#buffer.length) {
      throw new LogRecordError(`the record ends at ${this.#buffer.length}, ${sizeBytes} bytes expected at ${start}`);
    }
    this.#offset += sizeBytes;
    return start;
  }
}
