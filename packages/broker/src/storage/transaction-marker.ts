import { BatchBuilder, openRecords } from '@headwater/protocol';

/** The end of a transaction in a partition: a control batch with one record. */
export interface TransactionMarker {
  producerId: number;
  producerEpoch: number;
  coordinatorEpoch: number;
  isCommit: boolean;
  /** The transaction is of protocol version 2, where its end has a higher epoch than its records (KIP-1228). Default false. */
  isEpochBumped?: boolean;
}

const abortType = 0;
const commitType = 1;

/**
 * Key and value of the record, version 0 each:
 *
 *     key   => version:int16 type:int16            0 abort, 1 commit
 *     value => version:int16 coordinatorEpoch:int32
 */
export function encodeMarker(marker: TransactionMarker, timestamp: number): Buffer {
  const key = Buffer.alloc(4);
  key.writeInt16BE(marker.isCommit ? commitType : abortType, 2);
  const value = Buffer.alloc(6);
  value.writeInt32BE(marker.coordinatorEpoch, 2);
  const builder = new BatchBuilder();
  builder.append({ key, value, timestamp });
  const { producerId, producerEpoch } = marker;
  return builder.finish({ producerId, producerEpoch, baseSequence: -1, isTransactional: true, isControl: true });
}

/** Null for control batches of another kind (Kafka's own replicas write some), which say nothing of transactions. */
export function decodeMarker(batch: Buffer): TransactionMarker | null {
  const cursor = openRecords(batch);
  if (!cursor.next()) return null;
  const key = cursor.key();
  const value = cursor.value();
  if (key === null || value === null || key.length < 4 || value.length < 6) return null;
  const type = key.readInt16BE(2);
  if (type !== abortType && type !== commitType) return null;
  const { producerId, producerEpoch } = cursor.header;
  return { producerId, producerEpoch, coordinatorEpoch: value.readInt32BE(2), isCommit: type === commitType };
}
