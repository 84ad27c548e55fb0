import {
  type BatchHeader,
  errorInfo,
  kafkaErrorOf,
  openRecords,
  ProtocolError,
  validateBatch,
} from '@headwater/protocol';
import { refused, StorageError } from './storage-error.ts';
import type { TopicConfig } from './topic-config.ts';

/**
 * Checks batches as Kafka does before it appends them: structure, CRC, size, timestamps, keys where the topic is compacted.
 * `limit` of `message.timestamp.*` is applied to a batch's first and greatest timestamp, not to each record in between.
 *
 * @throws StorageError CORRUPT_MESSAGE, INVALID_RECORD, UNSUPPORTED_…, MESSAGE_TOO_LARGE, INVALID_TIMESTAMP
 */
export function checkBatches(
  records: Buffer,
  config: TopicConfig,
  origin: 'client' | 'coordinator',
  now: number,
  where: string,
): BatchHeader[] {
  if (records.length === 0) throw refused('INVALID_RECORD', `An append to ${where} without records.`);
  const headers: BatchHeader[] = [];
  for (let at = 0; at < records.length; ) {
    const header = checkedHeader(records, at, origin, where);
    if (header.sizeBytes > config.maxMessageBytes && origin === 'client') {
      throw refused(
        'MESSAGE_TOO_LARGE',
        `A batch of ${header.sizeBytes} bytes for ${where} is larger than max.message.bytes (${config.maxMessageBytes}).`,
      );
    }
    if (config.timestampType === 'CreateTime') checkTimestamps(header, config, now, where);
    if (config.isCompacted && origin === 'client') checkKeys(records, at, where);
    headers.push(header);
    at += header.sizeBytes;
  }
  return headers;
}

function checkedHeader(records: Buffer, at: number, origin: 'client' | 'coordinator', where: string): BatchHeader {
  try {
    return validateBatch(records, at, { isFromLog: origin === 'coordinator' });
  } catch (error) {
    throw asStorageError(error, where);
  }
}

/** What a codec says of damaged records, as a client is told it. */
export function asStorageError(error: unknown, where: string): unknown {
  if (!(error instanceof ProtocolError)) return error;
  const { name } = errorInfo(kafkaErrorOf(error));
  return new StorageError('HW_BROKER_STORAGE_REFUSED', name, `Records for ${where} are refused: ${error.message}`, {
    cause: error,
  });
}

function checkTimestamps(header: BatchHeader, config: TopicConfig, now: number, where: string): void {
  const tooLate = header.maxTimestamp - now > config.timestampAfterMaxMs;
  const tooEarly = header.baseTimestamp !== -1 && now - header.baseTimestamp > config.timestampBeforeMaxMs;
  if (!tooLate && !tooEarly) return;
  const timestamp = tooLate ? header.maxTimestamp : header.baseTimestamp;
  const limit = tooLate ? 'message.timestamp.after.max.ms' : 'message.timestamp.before.max.ms';
  throw refused(
    'INVALID_TIMESTAMP',
    `Timestamp ${timestamp} of a record for ${where} is beyond ${limit} (${tooLate ? config.timestampAfterMaxMs : config.timestampBeforeMaxMs}); the broker's time is ${now}.`,
  );
}

/** Compaction is by key, so a record without one could never be found again. */
function checkKeys(records: Buffer, at: number, where: string): void {
  try {
    const cursor = openRecords(records, at);
    while (cursor.next()) {
      if (cursor.keyLength < 0) throw refused('INVALID_RECORD', `Compacted topic: a record for ${where} has no key.`);
    }
  } catch (error) {
    throw asStorageError(error, where);
  }
}
