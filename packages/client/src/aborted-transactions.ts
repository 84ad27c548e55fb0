import type { FetchedBatch } from './fetched-batch.ts';

export interface AbortedTransaction {
  producerId: number;
  firstOffset: number;
}

/**
 * Leaves out the batches of aborted transactions. The broker says with which offset each of them starts; it ends with
 * the producer's abort marker, a control batch.
 */
export function withoutAborted(
  batches: readonly FetchedBatch[],
  abortedTransactions: readonly AbortedTransaction[],
): FetchedBatch[] {
  if (abortedTransactions.length === 0) return [...batches];
  const coming = [...abortedTransactions].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<number>();
  return batches.filter((batch) => {
    const { header } = batch;
    while (coming.length > 0 && coming[0]!.firstOffset <= header.lastOffset) open.add(coming.shift()!.producerId);
    if (header.isControl) {
      if (isAbortMarker(batch)) open.delete(header.producerId);
      return true;
    }
    return !(header.isTransactional && open.has(header.producerId));
  });
}

/** A control record's key is its version and its type, both int16; type 0 is abort, 1 commit. */
function isAbortMarker(batch: FetchedBatch): boolean {
  const cursor = batch.cursor();
  if (!cursor.next()) return false;
  const key = cursor.key();
  return key !== null && key.length >= 4 && key.readInt16BE(2) === 0;
}
