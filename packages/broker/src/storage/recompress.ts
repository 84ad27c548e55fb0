import {
  BatchBuilder,
  type BatchHeader,
  type CompressionName,
  openRecords,
  readBatchHeader,
} from '@headwater/protocol';
import { asStorageError } from './append-check.ts';
import type { TopicConfig } from './topic-config.ts';

/** The compression that a topic wants its batches in, null when it takes them as they come. */
export function wantedCompression({ compressionType }: TopicConfig): CompressionName | null {
  if (compressionType === 'producer') return null;
  return compressionType === 'uncompressed' ? 'none' : compressionType;
}

/**
 * The same batches in another compression; those that have it already stay as they are.
 *
 * @throws StorageError CORRUPT_MESSAGE, INVALID_RECORD: damage that only shows when a batch is unpacked
 */
export function recompress(
  records: Buffer,
  headers: BatchHeader[],
  wanted: CompressionName,
  level: number | undefined,
  where: string,
): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  try {
    for (const header of headers) {
      const batch = records.subarray(at, at + header.sizeBytes);
      parts.push(header.compression === wanted ? batch : packAgain(batch, wanted, level));
      at += header.sizeBytes;
    }
  } catch (error) {
    throw asStorageError(error, where);
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

function packAgain(batch: Buffer, compression: CompressionName, compressionLevel: number | undefined): Buffer {
  const header = readBatchHeader(batch);
  const cursor = openRecords(batch);
  const builder = new BatchBuilder(cursor.data.length + batch.length);
  while (cursor.next()) builder.append(cursor.view(), 0, cursor.offsetDelta);
  const { producerId, producerEpoch, baseSequence, isTransactional, timestampType, lastOffsetDelta } = header;
  return builder.finish({
    compression,
    ...(compressionLevel === undefined ? {} : { compressionLevel }),
    producerId,
    producerEpoch,
    baseSequence,
    isTransactional,
    timestampType,
    lastOffsetDelta,
  });
}
