import { StorageError, type TransactionMarker } from '../storage/index.ts';
import { TopicPartitions } from './topic-partitions.ts';
import type { TransactionRecord } from './transaction-state.ts';

/**
 * Writes the end of a transaction into one partition; a promise when it has to be waited for (flush.messages). Partitions that are gone
 * need none.
 *
 * @throws StorageError
 */
export type MarkerWriter = (topic: string, partition: number, marker: TransactionMarker) => Promise<void> | null;

export interface MarkersWritten {
  /** Those to try again; when `flushed` has settled it has those too whose marker did not get to the disk. */
  failedPartitions: TopicPartitions;
  /** Null when there is nothing to wait for. Never rejects. */
  flushed: Promise<unknown> | null;
  /** The first failure. */
  error: unknown;
}

/** The coordinator never moves to another node, so that its epoch stays the first. */
export const coordinatorEpoch = 0;

export function writeMarkers(
  write: MarkerWriter,
  { producerEpoch, producerId, state }: TransactionRecord,
  partitions: TopicPartitions,
): MarkersWritten {
  const marker = { producerId, producerEpoch, coordinatorEpoch, isCommit: state === 'PrepareCommit' };
  const result: MarkersWritten = { failedPartitions: new TopicPartitions(), flushed: null, error: null };
  const flushed: Promise<void>[] = [];
  for (const [topic, indexes] of partitions.topics()) {
    for (const partition of indexes) {
      const fail = (error: unknown): void => {
        // A later producer or coordinator was there: the transaction has ended in that partition.
        if (isFenced(error)) return;
        result.failedPartitions.add(topic, partition);
        result.error ??= error;
      };
      try {
        const written = write(topic, partition, marker);
        if (written !== null) flushed.push(written.catch(fail));
      } catch (error) {
        fail(error);
      }
    }
  }
  if (flushed.length > 0) result.flushed = Promise.all(flushed);
  return result;
}

function isFenced(error: unknown): boolean {
  if (!(error instanceof StorageError)) return false;
  return error.kafkaError === 'INVALID_PRODUCER_EPOCH' || error.kafkaError === 'TRANSACTION_COORDINATOR_FENCED';
}
