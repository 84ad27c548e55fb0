import { errorInfo } from '@headwater/protocol';

/** What went wrong, as a stable code; the README has the table. */
export type ClientErrorCode =
  | 'HW_CLIENT_CLOSED'
  | 'HW_CLIENT_CONNECT_FAILED'
  | 'HW_CLIENT_TLS_FAILED'
  | 'HW_CLIENT_AUTHENTICATION_FAILED'
  | 'HW_CLIENT_DISCONNECTED'
  | 'HW_CLIENT_REQUEST_TIMEOUT'
  | 'HW_CLIENT_OVERLOADED'
  | 'HW_CLIENT_UNSUPPORTED_API'
  | 'HW_CLIENT_BAD_ANSWER'
  | 'HW_CLIENT_BROKER_ERROR'
  | 'HW_CLIENT_NO_LEADER'
  | 'HW_CLIENT_BUFFER_FULL'
  | 'HW_CLIENT_DELIVERY_TIMEOUT'
  | 'HW_CLIENT_BAD_OPTION'
  | 'HW_CLIENT_GROUP_FENCED'
  | 'HW_CLIENT_NO_OFFSET'
  | 'HW_CLIENT_PRODUCER_FENCED'
  | 'HW_CLIENT_TRANSACTION_ABORTED'
  | 'HW_CLIENT_TRANSACTION_STATE';

/** Codes after which the same request may succeed, on a new connection or after a refresh of the metadata. */
const RETRIABLE = new Set<ClientErrorCode>([
  'HW_CLIENT_CONNECT_FAILED',
  'HW_CLIENT_DISCONNECTED',
  'HW_CLIENT_REQUEST_TIMEOUT',
  'HW_CLIENT_NO_LEADER',
]);

export interface ClientErrorOptions {
  cause?: unknown;
  kafkaCode?: number;
  /** Default: as Kafka has it for the code. */
  retriable?: boolean;
}

/** The only error class of this package; an aborted call rejects with its signal's reason instead. */
export class ClientError extends Error {
  readonly code: ClientErrorCode;
  /** Kafka's error number, when a broker answered with one; else null. */
  readonly kafkaCode: number | null;
  /** Kafka's name of that error, e.g. 'UNKNOWN_TOPIC_OR_PARTITION'. */
  readonly kafkaName: string | null;
  /** Whether trying again later can help. */
  readonly retriable: boolean;

  constructor(code: ClientErrorCode, message: string, options: ClientErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'ClientError';
    this.code = code;
    const info = options.kafkaCode === undefined ? null : errorInfo(options.kafkaCode);
    this.kafkaCode = info?.code ?? null;
    this.kafkaName = info?.name ?? null;
    this.retriable = options.retriable ?? info?.retriable ?? RETRIABLE.has(code);
  }
}

/** The error for a Kafka error code; `about` says what was asked for, `message` is the broker's own, if it gave one. */
export function brokerError(
  kafkaCode: number,
  about: string,
  message?: string | null,
  options: { retriable?: boolean } = {},
): ClientError {
  const info = errorInfo(kafkaCode);
  const text = `${about}: ${info.name} (${kafkaCode}): ${message || info.message}`;
  return new ClientError('HW_CLIENT_BROKER_ERROR', text, { kafkaCode, ...options });
}

export function isRetriable(error: unknown): boolean {
  return error instanceof ClientError && error.retriable;
}
