/** Kafka's names of the errors that storage answers with; the numbers are in `@headwater/protocol`. */
export type StorageErrorName =
  | 'CORRUPT_MESSAGE'
  | 'INVALID_RECORD'
  | 'UNSUPPORTED_FOR_MESSAGE_FORMAT'
  | 'MESSAGE_TOO_LARGE'
  | 'RECORD_LIST_TOO_LARGE'
  | 'INVALID_TIMESTAMP'
  | 'OUT_OF_ORDER_SEQUENCE_NUMBER'
  | 'INVALID_PRODUCER_EPOCH'
  | 'INVALID_TXN_STATE'
  | 'TRANSACTION_COORDINATOR_FENCED'
  | 'OFFSET_OUT_OF_RANGE'
  | 'POLICY_VIOLATION'
  | 'KAFKA_STORAGE_ERROR'
  | 'UNKNOWN_TOPIC_OR_PARTITION'
  | 'TOPIC_ALREADY_EXISTS'
  | 'INVALID_TOPIC_EXCEPTION'
  | 'INVALID_PARTITIONS'
  | 'INVALID_CONFIG';

export type StorageErrorCode =
  /** A request that the log answers with a Kafka error: see `kafkaError`. */
  | 'HW_BROKER_STORAGE_REFUSED'
  /** The disk failed or is full. The partition works again when the disk does. */
  | 'HW_BROKER_STORAGE_IO'
  /** Bytes on disk are not what was written. */
  | 'HW_BROKER_STORAGE_CORRUPT'
  /** Another process uses the data directory. */
  | 'HW_BROKER_DATA_DIR_LOCKED'
  /** The data directory was written by a newer version, or is not ours. */
  | 'HW_BROKER_DATA_DIR_UNREADABLE'
  | 'HW_BROKER_STORAGE_CLOSED';

/** The one error class of storage: `code` is stable, `kafkaError` is what a client is told. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;
  readonly kafkaError: StorageErrorName;

  constructor(code: StorageErrorCode, kafkaError: StorageErrorName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.kafkaError = kafkaError;
  }
}

/** A request that is refused; nothing is wrong with the store. */
export function refused(kafkaError: StorageErrorName, message: string): StorageError {
  return new StorageError('HW_BROKER_STORAGE_REFUSED', kafkaError, message);
}
