import { BATCH_HEADER_BYTES, type BatchOptions, crc32c, readBatchHeader } from '@headwater/protocol';
import { ClientError } from './client-error.ts';

/** Offsets in the header of a batch, and the bit of its attributes: see `BatchHeader`. */
const CRC = 17;
const ATTRIBUTES = 21;
const PRODUCER_ID = 43;
const PRODUCER_EPOCH = 51;
const BASE_SEQUENCE = 53;
const TRANSACTIONAL_BIT = 0x10;

/** A whole batch that somebody else has encoded; gets its producer's id, epoch and sequence, and a new CRC. */
export class PreparedBatch {
  readonly recordsCount: number;
  readonly sizeBytes: number;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    const isWhole = bytes.length >= BATCH_HEADER_BYTES;
    const header = isWhole ? readBatchHeader(bytes) : null;
    // With gaps in its offsets, as compaction leaves them, a batch would not match its sequences.
    const isDense = header !== null && header.lastOffsetDelta === header.recordsCount - 1;
    if (header === null || header.magic !== 2 || header.sizeBytes !== bytes.length || header.isControl || !isDense) {
      const message = 'sendBatch() takes one whole record batch of format 2, with offsets from 0 without gaps';
      throw new ClientError('HW_CLIENT_BAD_OPTION', message);
    }
    this.recordsCount = header.recordsCount;
    this.sizeBytes = bytes.length;
    this.bytes = bytes;
  }

  finish(options: BatchOptions): Buffer {
    const { bytes } = this;
    const { producerId = -1, producerEpoch = -1, baseSequence = -1, isTransactional = false } = options;
    const attributes = bytes.readInt16BE(ATTRIBUTES) & ~TRANSACTIONAL_BIT;
    bytes.writeBigInt64BE(0n, 0);
    bytes.writeInt16BE(attributes | (isTransactional ? TRANSACTIONAL_BIT : 0), ATTRIBUTES);
    bytes.writeBigInt64BE(BigInt(producerId), PRODUCER_ID);
    bytes.writeInt16BE(producerEpoch, PRODUCER_EPOCH);
    bytes.writeInt32BE(baseSequence, BASE_SEQUENCE);
    bytes.writeUInt32BE(crc32c(bytes, ATTRIBUTES), CRC);
    return bytes;
  }
}
