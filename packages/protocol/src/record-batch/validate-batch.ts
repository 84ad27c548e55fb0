import { ErrorCode } from '../errors.ts';
import { ProtocolError, type ProtocolErrorCode } from '../protocol-error.ts';
import { BATCH_HEADER_BYTES, BatchHeader, computeBatchCrc, LOG_OVERHEAD_BYTES } from './batch-header.ts';
import { RecordCursor } from './records.ts';

export interface ValidateOptions {
  /** The batch is in a log, where compaction may have left gaps or nothing at all, and control batches are at home. */
  isFromLog?: boolean;
  /** Default true. */
  checkCrc?: boolean;
}

function corrupt(message: string, offset: number, code: ProtocolErrorCode = 'HW_PROTOCOL_CORRUPT_BATCH'): never {
  throw new ProtocolError(code, message, { offset });
}

/**
 * Checks the batch at `offset` as a broker does before it appends one: magic, length, CRC, counts, and the structure of
 * every record (of a compressed batch the counts only). Returns its header. For batches from a producer offsets must be
 * without gaps; `isFromLog` is for those that a broker wrote.
 *
 * @throws ProtocolError; `kafkaErrorOf` says what Kafka answers for it.
 */
export function validateBatch(buf: Buffer, offset = 0, options: ValidateOptions = {}): BatchHeader {
  const available = buf.length - offset;
  if (available < BATCH_HEADER_BYTES) corrupt(`a batch header takes 61 bytes, ${available} are there`, offset);
  const header = new BatchHeader(buf, offset);
  if (header.magic !== 2) {
    corrupt(
      `magic ${header.magic}: only record batches of format 2 are taken`,
      offset,
      'HW_PROTOCOL_UNSUPPORTED_MAGIC',
    );
  }
  const { sizeBytes, recordsCount, lastOffsetDelta } = header;
  if (sizeBytes < BATCH_HEADER_BYTES || sizeBytes > available) {
    corrupt(`a batch length of ${sizeBytes - LOG_OVERHEAD_BYTES}, ${available - LOG_OVERHEAD_BYTES} are there`, offset);
  }
  if (options.checkCrc !== false) {
    const crc = computeBatchCrc(buf, offset, sizeBytes);
    if (crc !== header.crc) corrupt(`the CRC is ${header.crc}, the content has ${crc}`, offset);
  }
  if (header.compression === 'unknown') {
    corrupt(`compression ${header.attributes & 7} is unknown`, offset, 'HW_PROTOCOL_UNSUPPORTED_COMPRESSION');
  }
  if (recordsCount < 0 || lastOffsetDelta < 0 || recordsCount > lastOffsetDelta + 1) {
    invalid(`${recordsCount} records up to offset delta ${lastOffsetDelta}`, offset);
  }
  if (options.isFromLog !== true) checkFromProducer(header, offset);
  if (header.compression === 'none') walk(buf, offset, header, options.isFromLog === true);
  return header;
}

function invalid(message: string, offset: number): never {
  corrupt(message, offset, 'HW_PROTOCOL_INVALID_RECORD');
}

function checkFromProducer(header: BatchHeader, offset: number): void {
  if (header.recordsCount === 0) invalid('a batch without records', offset);
  if (header.recordsCount !== header.lastOffsetDelta + 1) {
    invalid(`${header.recordsCount} records, but the last offset delta is ${header.lastOffsetDelta}`, offset);
  }
  if (header.isControl) invalid('a client may not write control batches', offset);
  if (header.timestampType === 'LogAppendTime') invalid('a client may not set the log append time', offset);
  if (header.producerId >= 0 && (header.producerEpoch < 0 || header.baseSequence < 0)) {
    invalid(`producer ${header.producerId} without an epoch or a sequence`, offset);
  }
}

function walk(buf: Buffer, offset: number, header: BatchHeader, allowGaps: boolean): void {
  const cursor = new RecordCursor(header, buf, offset + BATCH_HEADER_BYTES, offset + header.sizeBytes);
  let previous = -1;
  while (cursor.next()) {
    const { offsetDelta } = cursor;
    const isInOrder = allowGaps ? offsetDelta > previous : offsetDelta === previous + 1;
    if (!isInOrder || offsetDelta > header.lastOffsetDelta) {
      invalid(`offset delta ${offsetDelta} after ${previous}`, cursor.pos);
    }
    previous = offsetDelta;
  }
}

/** Kafka's error code for what `validateBatch` and the decoders throw. */
export function kafkaErrorOf(error: ProtocolError): number {
  switch (error.code) {
    case 'HW_PROTOCOL_UNSUPPORTED_MAGIC':
      return ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT;
    case 'HW_PROTOCOL_UNSUPPORTED_COMPRESSION':
      return ErrorCode.UNSUPPORTED_COMPRESSION_TYPE;
    case 'HW_PROTOCOL_INVALID_RECORD':
      return ErrorCode.INVALID_RECORD;
    case 'HW_PROTOCOL_UNSUPPORTED_VERSION':
    case 'HW_PROTOCOL_UNKNOWN_API':
      return ErrorCode.UNSUPPORTED_VERSION;
    case 'HW_PROTOCOL_CORRUPT_BATCH':
    case 'HW_PROTOCOL_CORRUPT_COMPRESSION':
    case 'HW_PROTOCOL_TRUNCATED':
      return ErrorCode.CORRUPT_MESSAGE;
    case 'HW_PROTOCOL_TOO_LARGE':
      return ErrorCode.RECORD_LIST_TOO_LARGE;
    default:
      return ErrorCode.INVALID_REQUEST;
  }
}
