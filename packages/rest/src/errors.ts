import { ClientError } from '@headwater/client';
import { HttpError } from '@headwater/http';

/** Every code of this part with its HTTP status. Codes of the HTTP server itself appear with `HW_REST_` as well. */
export const restErrors = {
  HW_REST_INVALID_JSON: 400,
  HW_REST_INVALID_TOPIC: 400,
  HW_REST_INVALID_QUERY: 400,
  HW_REST_INVALID_CURSOR: 400,
  HW_REST_INVALID_REQUEST: 400,
  HW_REST_OFFSET_OUT_OF_RANGE: 400,
  HW_REST_FORBIDDEN: 403,
  HW_REST_UNKNOWN_TOPIC: 404,
  HW_REST_UNKNOWN_PARTITION: 404,
  HW_REST_UNKNOWN_GROUP: 404,
  HW_REST_TOPIC_EXISTS: 409,
  HW_REST_RECORD_TOO_LARGE: 413,
  HW_REST_BROKER_REFUSED: 502,
  HW_REST_BROKER_UNAVAILABLE: 503,
  HW_REST_BUSY: 503,
} as const;

export type RestErrorCode = keyof typeof restErrors;

/** An HTTP error of this part; the status belongs to the code. */
export function restError(
  code: RestErrorCode,
  message: string,
  details?: Record<string, unknown>,
  cause?: unknown,
): HttpError {
  return new HttpError(restErrors[code], code, message, details, cause);
}

/** Kafka's names for what a caller did wrong, and what each becomes. */
const byKafkaName: Record<string, RestErrorCode> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'HW_REST_UNKNOWN_TOPIC',
  UNKNOWN_TOPIC_ID: 'HW_REST_UNKNOWN_TOPIC',
  INVALID_TOPIC_EXCEPTION: 'HW_REST_INVALID_TOPIC',
  TOPIC_ALREADY_EXISTS: 'HW_REST_TOPIC_EXISTS',
  INVALID_PARTITIONS: 'HW_REST_INVALID_REQUEST',
  INVALID_REPLICATION_FACTOR: 'HW_REST_INVALID_REQUEST',
  INVALID_CONFIG: 'HW_REST_INVALID_REQUEST',
  INVALID_REQUEST: 'HW_REST_INVALID_REQUEST',
  INVALID_TIMESTAMP: 'HW_REST_INVALID_REQUEST',
  INVALID_RECORD: 'HW_REST_INVALID_REQUEST',
  POLICY_VIOLATION: 'HW_REST_FORBIDDEN',
  TOPIC_AUTHORIZATION_FAILED: 'HW_REST_FORBIDDEN',
  GROUP_AUTHORIZATION_FAILED: 'HW_REST_FORBIDDEN',
  CLUSTER_AUTHORIZATION_FAILED: 'HW_REST_FORBIDDEN',
  TOPIC_DELETION_DISABLED: 'HW_REST_FORBIDDEN',
  GROUP_ID_NOT_FOUND: 'HW_REST_UNKNOWN_GROUP',
  INVALID_GROUP_ID: 'HW_REST_INVALID_REQUEST',
  OFFSET_OUT_OF_RANGE: 'HW_REST_OFFSET_OUT_OF_RANGE',
  MESSAGE_TOO_LARGE: 'HW_REST_RECORD_TOO_LARGE',
  RECORD_LIST_TOO_LARGE: 'HW_REST_RECORD_TOO_LARGE',
};

/** What the caller is told of a failure; what is no failure of Kafka's passes through. */
export function toHttpError(error: unknown, details: Record<string, unknown> = {}): unknown {
  if (!(error instanceof ClientError)) return error;
  const kafka = error.kafkaName === null ? {} : { kafkaError: error.kafkaName };
  const code = error.kafkaName === null ? undefined : byKafkaName[error.kafkaName];
  if (code !== undefined) return restError(code, error.message, { ...details, ...kafka }, error);
  if (error.code === 'HW_CLIENT_DELIVERY_TIMEOUT' && error.cause instanceof ClientError) {
    const cause = error.cause.kafkaName === null ? undefined : byKafkaName[error.cause.kafkaName];
    if (cause !== undefined)
      return restError(cause, error.message, { ...details, kafkaError: error.cause.kafkaName }, error);
  }
  if (error.code === 'HW_CLIENT_BUFFER_FULL' || error.code === 'HW_CLIENT_OVERLOADED')
    return restError('HW_REST_BUSY', error.message, details, error);
  if (error.retriable || error.code === 'HW_CLIENT_DELIVERY_TIMEOUT' || error.code === 'HW_CLIENT_CLOSED')
    return restError(
      'HW_REST_BROKER_UNAVAILABLE',
      `the event store does not answer: ${error.message}`,
      { ...details, ...kafka },
      error,
    );
  return restError('HW_REST_BROKER_REFUSED', error.message, { ...details, ...kafka, clientError: error.code }, error);
}
