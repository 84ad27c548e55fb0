import { ClientError } from '@headwater/client';
import { HttpError } from '@headwater/http';
import { SchemaError } from '@headwater/serdes';

/** An error in the REST Proxy's own shape: `{"error_code":40401,"message":"…"}`. */
export class ProxyError extends HttpError {
  /** The HTTP status, or a five-digit code that begins with it. */
  readonly errorCode: number;

  constructor(status: number, errorCode: number, message: string, cause?: unknown) {
    super(status, 'HW_REST_PROXY', message, {}, cause);
    this.name = 'ProxyError';
    this.errorCode = errorCode;
  }
}

/** 400 without a finer code. */
export function badRequest(message: string, cause?: unknown): ProxyError {
  return new ProxyError(400, 400, message, cause);
}

/** 400 as the v3 API words it for what a call's own code refuses. */
export function refused(detail: string, cause?: unknown): ProxyError {
  return badRequest(`Bad Request: ${detail}`, cause);
}

export function notFound(message = 'HTTP 404 Not Found'): ProxyError {
  return new ProxyError(404, 404, message);
}

/** 422 with a code that says which rule the request breaks. */
export function unprocessable(errorCode: number, message: string, cause?: unknown): ProxyError {
  return new ProxyError(422, errorCode, message, cause);
}

export const topicNotFound = () => new ProxyError(404, 40401, 'Topic not found.');
export const partitionNotFound = () => new ProxyError(404, 40402, 'Partition not found.');
export const emptyPayload = (what = 'Data is required.') =>
  unprocessable(42206, `Payload error. Request body is empty. ${what}`);

const badRequestNames = new Set([
  'INVALID_REPLICATION_FACTOR',
  'INVALID_REPLICA_ASSIGNMENT',
  'SECURITY_DISABLED',
  'UNSUPPORTED_VERSION',
  'INVALID_PARTITIONS',
  'INVALID_REQUEST',
  'UNKNOWN_SERVER_ERROR',
  'POLICY_VIOLATION',
  'TOPIC_ALREADY_EXISTS',
  'INVALID_CONFIG',
  'TOPIC_DELETION_DISABLED',
  'INVALID_TOPIC_EXCEPTION',
]);

/** Any error as the proxy tells it. Errors of the cluster go by the table of Confluent's KafkaExceptionMapper. */
export function toProxyError(error: unknown): unknown {
  if (error instanceof ProxyError) return error;
  if (error instanceof HttpError) return fromHttp(error);
  if (error instanceof ClientError) return fromKafka(error);
  if (error instanceof SchemaError) return badRequest(error.message, error);
  return error;
}

/** What this server's own manners refuse: paths, methods, bodies. Their messages are those that Jersey gives. */
function fromHttp(error: HttpError): ProxyError {
  const words: Record<string, string> = {
    HW_HTTP_NOT_FOUND: 'HTTP 404 Not Found',
    HW_HTTP_METHOD: 'HTTP 405 Method Not Allowed',
    HW_HTTP_INTERNAL: 'Internal Server Error',
  };
  return new ProxyError(error.status, error.status, words[error.code] ?? error.message, error);
}

function fromKafka(error: ClientError): ProxyError {
  const name = error.kafkaName ?? '';
  // Only what the broker said: what was asked for is known to who asked.
  const message = error.message;
  if (error.code === 'HW_CLIENT_AUTHENTICATION_FAILED') return new ProxyError(401, 40101, message, error);
  if (name.endsWith('AUTHORIZATION_FAILED')) return new ProxyError(403, 40301, message, error);
  if (name === 'UNKNOWN_TOPIC_OR_PARTITION' || name === 'UNKNOWN_TOPIC_ID') {
    return new ProxyError(404, 40403, 'This server does not host this topic-partition.', error);
  }
  if (badRequestNames.has(name)) return new ProxyError(400, 40002, message, error);
  if (name === 'MESSAGE_TOO_LARGE' || name === 'RECORD_LIST_TOO_LARGE') return new ProxyError(413, 413, message, error);
  if (name === 'THROTTLING_QUOTA_EXCEEDED') return new ProxyError(429, 42901, message, error);
  if (name === 'BROKER_NOT_AVAILABLE') return new ProxyError(503, 50302, message, error);
  const isPassing =
    error.retriable || error.code === 'HW_CLIENT_BUFFER_FULL' || error.code === 'HW_CLIENT_DELIVERY_TIMEOUT';
  return isPassing ? new ProxyError(500, 50003, message, error) : new ProxyError(500, 50002, message, error);
}

/** The answer in the place of one record: a broken rule is 422 there, its own code is in the message. */
export function recordError(error: unknown): { error_code: number; message: string } {
  const told = toProxyError(error);
  if (!(told instanceof ProxyError)) return { error_code: 500, message: 'Internal Server Error' };
  const { status, errorCode, message } = told;
  return status === 422
    ? { error_code: 422, message: `Error: ${errorCode} : ${message}` }
    : { error_code: errorCode, message };
}
