import { BATCH_HEADER_BYTES, type BatchHeader, readBatchHeader } from '@headwater/protocol';
import { corrupt } from './storage-error.ts';

export interface FoundBatch {
  /** Where the batch begins, or, when it is not in these bytes, where the next header would. */
  at: number;
  /** Null when the header is not in these bytes. */
  header: BatchHeader | null;
}

/** The first batch of `bytes` (which begin with one) that reaches up to `offset`: the one that holds it, or the next one. */
export function findBatch(bytes: Buffer, offset: number): FoundBatch {
  let at = 0;
  while (at + BATCH_HEADER_BYTES <= bytes.length) {
    const header = readBatchHeader(bytes, at);
    if (header.lastOffset >= offset) return { at, header };
    at += checkedSize(header);
  }
  return { at, header: null };
}

/**
 * The whole batches from `at` on that begin below `endOffset`, at most `maxBytes`; with `minOneBatch` the first one however large.
 */
export function cutBatches(
  bytes: Buffer,
  at: number,
  endOffset: number,
  maxBytes: number,
  minOneBatch: boolean,
): Buffer {
  let end = at;
  while (end + BATCH_HEADER_BYTES <= bytes.length) {
    const header = readBatchHeader(bytes, end);
    const next = end + checkedSize(header);
    if (next > bytes.length || header.baseOffset >= endOffset) break;
    if (next - at > maxBytes && !(minOneBatch && end === at)) break;
    end = next;
  }
  return bytes.subarray(at, end);
}

/** Damaged bytes must not lead to a walk that never ends. */
function checkedSize(header: BatchHeader): number {
  if (header.sizeBytes >= BATCH_HEADER_BYTES && header.magic === 2) return header.sizeBytes;
  throw corrupt(
    `The log holds bytes that are no record batch near offset ${header.baseOffset}; restart the broker to repair it.`,
  );
}
