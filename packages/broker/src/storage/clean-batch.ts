import { BatchBuilder, type BatchHeader, openRecords, type RecordCursor } from '@headwater/protocol';

/** What compaction leaves of a batch: the bytes as they are, fewer records, or nothing (null). */
export function cleanBatch(
  bytes: Buffer,
  header: BatchHeader,
  isKept: (record: RecordCursor) => boolean,
): Buffer | null {
  const { count, kept } = decide(bytes, isKept);
  if (kept.length === count) return bytes;
  if (kept.length === 0) return null;
  const builder = new BatchBuilder(bytes.length);
  const cursor = openRecords(bytes);
  for (let at = 0, next = 0; cursor.next() && next < kept.length; at++) {
    if (at !== kept[next]) continue;
    next++;
    builder.append(cursor.view(), 0, cursor.offsetDelta);
  }
  // Offsets and sequences of the batch stay what they were, so that positions of consumers and producers keep their meaning.
  return builder.finish({
    compression: header.compression === 'unknown' ? 'none' : header.compression,
    baseOffset: header.baseOffset,
    partitionLeaderEpoch: header.partitionLeaderEpoch,
    producerId: header.producerId,
    producerEpoch: header.producerEpoch,
    baseSequence: header.baseSequence,
    isTransactional: header.isTransactional,
    timestampType: header.timestampType,
    lastOffsetDelta: header.lastOffsetDelta,
  });
}

/** Which records, by their place in the batch, are kept. */
function decide(bytes: Buffer, isKept: (record: RecordCursor) => boolean): { count: number; kept: number[] } {
  const kept: number[] = [];
  const cursor = openRecords(bytes);
  let count = 0;
  for (; cursor.next(); count++) if (isKept(cursor)) kept.push(count);
  return { count, kept };
}
