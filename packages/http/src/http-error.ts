/**
 * An error that becomes an HTTP answer: status, stable code, and a message that tells the caller what to do next.
 *
 * @example
 * throw new HttpError(404, 'HW_REST_UNKNOWN_TOPIC', 'topic "ordres" does not exist: create it or check the spelling', { topic: 'ordres' });
 */
export class HttpError extends Error {
  readonly status: number;
  readonly code: string;
  /** Where it went wrong (topic, partition, line, …): merged into the error object of the answer. */
  readonly details: Record<string, unknown>;
  /** Of the answer, such as `www-authenticate` or `retry-after`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: Record<string, unknown> = {},
    cause?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'HttpError';
    this.status = status;
    this.code = code;
    this.details = details;
    this.headers = headers;
  }
}

/** The default answer body of an error: `{"error":{"code","message",…details}}`. */
export function errorBody(error: HttpError): { error: Record<string, unknown> } {
  return { error: { code: error.code, message: error.message, ...error.details } };
}
