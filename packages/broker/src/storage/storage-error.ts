import { ErrorCode, type KafkaErrorName } from '@headwater/protocol';

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
  readonly kafkaError: KafkaErrorName;
  /** Kafka's number of `kafkaError`. */
  readonly kafkaCode: number;

  constructor(code: StorageErrorCode, kafkaError: KafkaErrorName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.kafkaError = kafkaError;
    this.kafkaCode = ErrorCode[kafkaError];
  }
}

/** A request that is refused; nothing is wrong with the store. */
export function refused(kafkaError: KafkaErrorName, message: string): StorageError {
  return new StorageError('HW_BROKER_STORAGE_REFUSED', kafkaError, message);
}

/** What the disk said, as a client is told it: the request may be tried again. */
export function ioError(doing: string, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause.code === 'HW_BROKER_STORAGE_CORRUPT' ? damaged(doing, cause) : cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  const advice =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'The disk is full: free space, or lower retention; appends work again as soon as there is room.'
      : code === 'EMFILE' || code === 'ENFILE'
        ? 'Too many open files: raise the limit (ulimit -n), or lower headwater.max.open.files.'
        : 'Check the disk and the permissions of the data directory.';
  const detail = `${doing} failed: ${message}. ${advice}`;
  return new StorageError('HW_BROKER_STORAGE_IO', 'KAFKA_STORAGE_ERROR', detail, { cause });
}

function damaged(doing: string, cause: StorageError): StorageError {
  const advice =
    'The disk changed what was written: go on from a later offset, or remove these records with DeleteRecords.';
  return new StorageError(cause.code, cause.kafkaError, `${doing} failed: ${cause.message}. ${advice}`, { cause });
}

/** For within: `ioError` tells where it happened. */
export function corrupt(message: string): StorageError {
  return new StorageError('HW_BROKER_STORAGE_CORRUPT', 'KAFKA_STORAGE_ERROR', message);
}
