import { ClientError } from '@headwater/client';
import { HttpError } from '@headwater/http';

/** Kafka error names that are the caller's mistake or wish, not the cluster's trouble. */
const statusByKafkaName: Record<string, [status: number, code: string]> = {
  UNKNOWN_TOPIC_OR_PARTITION: [404, 'HW_REST_UNKNOWN_TOPIC'],
  UNKNOWN_TOPIC_ID: [404, 'HW_REST_UNKNOWN_TOPIC'],
  GROUP_ID_NOT_FOUND: [404, 'HW_REST_UNKNOWN_GROUP'],
  INVALID_TOPIC_EXCEPTION: [400, 'HW_REST_INVALID_TOPIC'],
  INVALID_PARTITIONS: [400, 'HW_REST_INVALID_PARTITIONS'],
  INVALID_REPLICATION_FACTOR: [400, 'HW_REST_INVALID_REPLICATION_FACTOR'],
  INVALID_CONFIG: [400, 'HW_REST_INVALID_CONFIG'],
  INVALID_TIMESTAMP: [400, 'HW_REST_INVALID_TIMESTAMP'],
  INVALID_RECORD: [400, 'HW_REST_INVALID_RECORD'],
  TOPIC_ALREADY_EXISTS: [409, 'HW_REST_TOPIC_EXISTS'],
  POLICY_VIOLATION: [403, 'HW_REST_POLICY'],
  TOPIC_AUTHORIZATION_FAILED: [403, 'HW_REST_FORBIDDEN'],
  GROUP_AUTHORIZATION_FAILED: [403, 'HW_REST_FORBIDDEN'],
  CLUSTER_AUTHORIZATION_FAILED: [403, 'HW_REST_FORBIDDEN'],
  MESSAGE_TOO_LARGE: [413, 'HW_REST_RECORD_TOO_LARGE'],
  RECORD_LIST_TOO_LARGE: [413, 'HW_REST_RECORD_TOO_LARGE'],
  OFFSET_OUT_OF_RANGE: [404, 'HW_REST_OFFSET_OUT_OF_RANGE'],
};

/** What a caller of this API is told when the cluster, or the way to it, said no. */
export function toHttpError(error: unknown, where: Record<string, unknown> = {}): unknown {
  if (!(error instanceof ClientError)) return error;
  const known = error.kafkaName === null ? undefined : statusByKafkaName[error.kafkaName];
  if (known !== undefined) return new HttpError(known[0], known[1], error.message, where, error);
  if (error.retriable || error.code === 'HW_CLIENT_BUFFER_FULL' || error.code === 'HW_CLIENT_DELIVERY_TIMEOUT') {
    return new HttpError(
      503,
      'HW_REST_KAFKA_UNAVAILABLE',
      `the event store does not answer at present: ${error.message}; try again`,
      { ...where, retryAfterSeconds: 1 },
      error,
    );
  }
  return new HttpError(502, 'HW_REST_KAFKA_ERROR', error.message, where, error);
}

export function badRequest(code: string, message: string, where: Record<string, unknown> = {}): HttpError {
  return new HttpError(400, code, message, where);
}
