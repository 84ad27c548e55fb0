/**
 * The header of a record batch, format v2 (Kafka's documentation, "Message format"):
 *
 *     offset size field
 *          0    8 baseOffset
 *          8    4 batchLength (bytes after this field)
 *         12    4 partitionLeaderEpoch
 *         16    1 magic (2)
 *         17    4 crc (CRC-32C of everything after it)
 *         21    2 attributes: 0-2 compression, 3 timestamp type, 4 transactional, 5 control, 6 delete horizon
 *         23    4 lastOffsetDelta
 *         27    8 baseTimestamp
 *         35    8 maxTimestamp
 *         43    8 producerId
 *         51    2 producerEpoch
 *         53    4 baseSequence
 *         57    4 recordsCount
 *         61      records (compressed as one block, when they are)
 *
 * Offset and leader epoch are outside of the CRC, so that a broker can set them in place.
 */
import { type CompressionName, compressionNames } from '../compression/compression.ts';
import { crc32c } from '../crc32c.ts';
import { ProtocolError } from '../protocol-error.ts';

export const BATCH_HEADER_BYTES = 61;
/** What `batchLength` does not count. */
export const LOG_OVERHEAD_BYTES = 12;
const CRC_OFFSET = 17;
const ATTRIBUTES_OFFSET = 21;

const COMPRESSION_MASK = 0x07;
const TIMESTAMP_TYPE_BIT = 0x08;
const TRANSACTIONAL_BIT = 0x10;
const CONTROL_BIT = 0x20;
const DELETE_HORIZON_BIT = 0x40;

export type TimestampType = 'CreateTime' | 'LogAppendTime';

export function readInt64(buf: Buffer, offset: number): number {
  return buf.readInt32BE(offset) * 0x1_0000_0000 + buf.readUInt32BE(offset + 4);
}

export function writeInt64(buf: Buffer, offset: number, value: number): void {
  if (!Number.isSafeInteger(value)) {
    throw new ProtocolError('HW_PROTOCOL_INVALID_VALUE', `${value} is not an integer that a double holds exactly`);
  }
  buf.writeInt32BE(Math.floor(value / 0x1_0000_0000), offset);
  buf.writeUInt32BE(value >>> 0, offset + 4);
}

export class BatchHeader {
  readonly baseOffset: number;
  readonly batchLength: number;
  readonly partitionLeaderEpoch: number;
  readonly magic: number;
  readonly crc: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordsCount: number;

  constructor(buf: Buffer, offset: number) {
    this.baseOffset = readInt64(buf, offset);
    this.batchLength = buf.readInt32BE(offset + 8);
    this.partitionLeaderEpoch = buf.readInt32BE(offset + 12);
    this.magic = buf.readInt8(offset + 16);
    this.crc = buf.readUInt32BE(offset + CRC_OFFSET);
    this.attributes = buf.readInt16BE(offset + ATTRIBUTES_OFFSET);
    this.lastOffsetDelta = buf.readInt32BE(offset + 23);
    this.baseTimestamp = readInt64(buf, offset + 27);
    this.maxTimestamp = readInt64(buf, offset + 35);
    this.producerId = readInt64(buf, offset + 43);
    this.producerEpoch = buf.readInt16BE(offset + 51);
    this.baseSequence = buf.readInt32BE(offset + 53);
    this.recordsCount = buf.readInt32BE(offset + 57);
  }

  /** Size of the whole batch in bytes. */
  get sizeBytes(): number {
    return LOG_OVERHEAD_BYTES + this.batchLength;
  }

  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta;
  }

  get nextOffset(): number {
    return this.baseOffset + this.lastOffsetDelta + 1;
  }

  get lastSequence(): number {
    if (this.baseSequence < 0) return -1;
    // Sequences wrap at 2^31.
    return (this.baseSequence + this.lastOffsetDelta) % 0x8000_0000;
  }

  /** The codec's name, or 'unknown' for the ids 5 to 7, which nothing defines. */
  get compression(): CompressionName | 'unknown' {
    return compressionNames[this.attributes & COMPRESSION_MASK] ?? 'unknown';
  }

  get timestampType(): TimestampType {
    return (this.attributes & TIMESTAMP_TYPE_BIT) === 0 ? 'CreateTime' : 'LogAppendTime';
  }

  get isTransactional(): boolean {
    return (this.attributes & TRANSACTIONAL_BIT) !== 0;
  }

  get isControl(): boolean {
    return (this.attributes & CONTROL_BIT) !== 0;
  }

  /** `baseTimestamp` is the time from which the cleaner may drop this batch's tombstones (KIP-534). */
  get hasDeleteHorizon(): boolean {
    return (this.attributes & DELETE_HORIZON_BIT) !== 0;
  }

  get isIdempotent(): boolean {
    return this.producerId >= 0;
  }
}

/** Reads the header at `offset`; throws when fewer than 61 bytes follow, and checks nothing else. */
export function readBatchHeader(buf: Buffer, offset = 0): BatchHeader {
  if (offset < 0 || offset + BATCH_HEADER_BYTES > buf.length) {
    const message = `a batch header takes ${BATCH_HEADER_BYTES} bytes, ${Math.max(0, buf.length - offset)} are there`;
    throw new ProtocolError('HW_PROTOCOL_TRUNCATED', message, { offset });
  }
  return new BatchHeader(buf, offset);
}

export interface BatchAt {
  header: BatchHeader;
  offset: number;
  sizeBytes: number;
}

/**
 * The whole batches in `buf`, one after the other. A fetch answer may be cut off in the middle of its last batch: what
 * is not whole ends the iteration. Headers only: for damage use `validateBatch`.
 */
export function* iterateBatches(buf: Buffer, start = 0): Generator<BatchAt, void, undefined> {
  let offset = start;
  while (offset + BATCH_HEADER_BYTES <= buf.length) {
    const header = new BatchHeader(buf, offset);
    if (header.batchLength < BATCH_HEADER_BYTES - LOG_OVERHEAD_BYTES) {
      const message = `a batch length of ${header.batchLength}, less than a header`;
      throw new ProtocolError('HW_PROTOCOL_CORRUPT_BATCH', message, { offset });
    }
    const { sizeBytes } = header;
    if (offset + sizeBytes > buf.length) return;
    yield { header, offset, sizeBytes };
    offset += sizeBytes;
  }
}

/** The CRC that the batch should have. */
export function computeBatchCrc(buf: Buffer, offset: number, sizeBytes: number): number {
  return crc32c(buf, offset + ATTRIBUTES_OFFSET, offset + sizeBytes);
}

/** Sets the base offset in place; the CRC does not cover it. */
export function setBaseOffset(buf: Buffer, offset: number, baseOffset: number): void {
  writeInt64(buf, offset, baseOffset);
}

/** Sets the partition leader epoch in place; the CRC does not cover it. */
export function setLeaderEpoch(buf: Buffer, offset: number, epoch: number): void {
  buf.writeInt32BE(epoch, offset + 12);
}

/** Sets the largest timestamp and where timestamps come from, and the CRC anew. */
export function setMaxTimestampAndType(buf: Buffer, offset: number, maxTimestamp: number, type: TimestampType): void {
  const attributes = buf.readInt16BE(offset + ATTRIBUTES_OFFSET);
  const bit = type === 'LogAppendTime' ? TIMESTAMP_TYPE_BIT : 0;
  buf.writeInt16BE((attributes & ~TIMESTAMP_TYPE_BIT) | bit, offset + ATTRIBUTES_OFFSET);
  writeInt64(buf, offset + 35, maxTimestamp);
  const sizeBytes = LOG_OVERHEAD_BYTES + buf.readInt32BE(offset + 8);
  buf.writeUInt32BE(computeBatchCrc(buf, offset, sizeBytes), offset + CRC_OFFSET);
}

export interface BatchHeaderFields {
  baseOffset: number;
  batchLength: number;
  partitionLeaderEpoch: number;
  compressionId: number;
  timestampType: TimestampType;
  isTransactional: boolean;
  isControl: boolean;
  lastOffsetDelta: number;
  baseTimestamp: number;
  maxTimestamp: number;
  producerId: number;
  producerEpoch: number;
  baseSequence: number;
  recordsCount: number;
}

/** Writes the header in front of records that are already in place, and the CRC over all of it. */
export function writeBatchHeader(buf: Buffer, offset: number, fields: BatchHeaderFields): void {
  const attributes =
    fields.compressionId |
    (fields.timestampType === 'LogAppendTime' ? TIMESTAMP_TYPE_BIT : 0) |
    (fields.isTransactional ? TRANSACTIONAL_BIT : 0) |
    (fields.isControl ? CONTROL_BIT : 0);
  writeInt64(buf, offset, fields.baseOffset);
  buf.writeInt32BE(fields.batchLength, offset + 8);
  buf.writeInt32BE(fields.partitionLeaderEpoch, offset + 12);
  buf.writeInt8(2, offset + 16);
  buf.writeInt16BE(attributes, offset + ATTRIBUTES_OFFSET);
  buf.writeInt32BE(fields.lastOffsetDelta, offset + 23);
  writeInt64(buf, offset + 27, fields.baseTimestamp);
  writeInt64(buf, offset + 35, fields.maxTimestamp);
  writeInt64(buf, offset + 43, fields.producerId);
  buf.writeInt16BE(fields.producerEpoch, offset + 51);
  buf.writeInt32BE(fields.baseSequence, offset + 53);
  buf.writeInt32BE(fields.recordsCount, offset + 57);
  const crc = computeBatchCrc(buf, offset, LOG_OVERHEAD_BYTES + fields.batchLength);
  buf.writeUInt32BE(crc, offset + CRC_OFFSET);
}
