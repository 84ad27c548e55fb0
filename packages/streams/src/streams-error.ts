export type StreamsErrorCode =
  | 'HW_STREAMS_TOPOLOGY'
  | 'HW_STREAMS_MISSING_TOPIC'
  | 'HW_STREAMS_BAD_OPTION'
  | 'HW_STREAMS_DESERIALIZATION'
  | 'HW_STREAMS_SERIALIZATION'
  | 'HW_STREAMS_PROCESSING'
  | 'HW_STREAMS_PRODUCTION'
  | 'HW_STREAMS_STORE'
  | 'HW_STREAMS_NO_STORE'
  | 'HW_STREAMS_STATE_DIR_LOCKED'
  | 'HW_STREAMS_STORE_MOVED'
  | 'HW_STREAMS_STORE_NOT_READY'
  | 'HW_STREAMS_NOT_RUNNING'
  | 'HW_STREAMS_TASK_MIGRATED'
  | 'HW_STREAMS_TASK_CORRUPTED'
  | 'HW_STREAMS_CO_PARTITIONING';

/** Where in the input something went wrong. */
export interface RecordPlace {
  topic: string;
  partition: number;
  offset: number;
}

/** What goes wrong in a topology or in running it; `place` when it was at a record. */
export class StreamsError extends Error {
  readonly code: StreamsErrorCode;
  readonly place: RecordPlace | undefined;

  constructor(code: StreamsErrorCode, message: string, options: ErrorOptions & { place?: RecordPlace } = {}) {
    const { place } = options;
    super(place === undefined ? message : `${message} (at ${place.topic}-${place.partition}@${place.offset})`, options);
    this.name = 'StreamsError';
    this.code = code;
    this.place = place;
  }
}
