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
 * The greatest timestamp is what the batch says; the least is looked for among its records where a limit is set.
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
    if (config.timestampType === 'CreateTime') checkTimestamps(header, records, at, config, now, where);
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

function checkTimestamps(
  header: BatchHeader,
  records: Buffer,
  at: number,
  config: TopicConfig,
  now: number,
  where: string,
): void {
  const { timestampAfterMaxMs, timestampBeforeMaxMs } = config;
  if (header.maxTimestamp - now > timestampAfterMaxMs) {
    throw invalidTimestamp(header.maxTimestamp, 'message.timestamp.after.max.ms', timestampAfterMaxMs, now, where);
  }
  if (timestampBeforeMaxMs === Number.POSITIVE_INFINITY) return;
  const least = leastTimestamp(records, at, where);
  if (least !== -1 && now - least > timestampBeforeMaxMs) {
    throw invalidTimestamp(least, 'message.timestamp.before.max.ms', timestampBeforeMaxMs, now, where);
  }
}

function leastTimestamp(records: Buffer, at: number, where: string): number {
  try {
    const cursor = openRecords(records, at);
    let least = Number.POSITIVE_INFINITY;
    while (cursor.next()) if (cursor.timestamp !== -1 && cursor.timestamp < least) least = cursor.timestamp;
    return least === Number.POSITIVE_INFINITY ? -1 : least;
  } catch (error) {
    throw asStorageError(error, where);
  }
}

function invalidTimestamp(timestamp: number, limit: string, limitMs: number, now: number, where: string): StorageError {
  const message = `Timestamp ${timestamp} of a record for ${where} is beyond ${limit} (${limitMs}); the broker's time is ${now}.`;
  return refused('INVALID_TIMESTAMP', message);
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
