import { JsonError } from './json/json-error.ts';

/** Exceptions of the Java runtime and its libraries. */
const foreignTypes = new Set([
  'illegal_argument_exception',
  'illegal_state_exception',
  'number_format_exception',
  'arithmetic_exception',
  'json_parse_exception',
  'unexpected_end_of_input_exception',
  'stream_read_exception',
  'input_coercion_exception',
  'date_time_parse_exception',
  'date_time_exception',
  'x_content_parse_exception',
  'named_object_not_found_exception',
  'not_x_content_exception',
]);

/**
 * An error in the imitated system's own shape: `{"error":{"root_cause":[…],"type","reason",…},"status"}`.
 *
 * `type` is the protocol's name (`index_not_found_exception`); clients decide by it and by the status.
 */
export class EsError extends Error {
  readonly status: number;
  readonly type: string;
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** Thrown by a library of the imitated system, not by itself: shown as a cause, never as the root. */
  readonly isForeign: boolean;
  /** Roots that replace the ones found by following the causes. */
  rootCauses: EsError[] | undefined;

  constructor(
    status: number,
    type: string,
    reason: string,
    details: Record<string, unknown> = {},
    cause?: EsError | undefined,
    isForeign = foreignTypes.has(type),
  ) {
    super(reason, cause === undefined ? undefined : { cause });
    this.name = 'EsError';
    this.status = status;
    this.type = type;
    this.reason = reason;
    this.details = details;
    this.isForeign = isForeign;
  }

  /** What stands under `error` for a document or shard that failed. */
  toObject(): Record<string, unknown> {
    const cause = this.cause instanceof EsError ? this.cause.toObject() : undefined;
    const { failed_shards, ...details } = this.details;
    return {
      type: this.type,
      reason: this.reason,
      ...details,
      ...(failed_shards === undefined ? {} : { failed_shards }),
      ...(cause === undefined ? {} : { caused_by: cause }),
    };
  }

  /** The `error` object of a whole answer. */
  toErrorObject(): Record<string, unknown> {
    const roots = this.rootCauses ?? [rootCauseOf(this)];
    return { root_cause: roots.map((root) => withoutCause(root)), ...this.toObject() };
  }

  toBody(): Record<string, unknown> {
    return { error: this.toErrorObject(), status: this.status };
  }
}

export function rootCauseOf(error: EsError): EsError {
  const cause = error.cause;
  if (!(cause instanceof EsError)) return error;
  const isSameParser = error.type === 'x_content_parse_exception' && cause.type === 'x_content_parse_exception';
  return isSameParser || !cause.isForeign ? rootCauseOf(cause) : error;
}

function withoutCause(error: EsError): Record<string, unknown> {
  const { phase, grouped, failed_shards, ...details } = error.details;
  return { type: error.type, reason: error.reason, ...details };
}

export function illegalArgument(reason: string, cause?: EsError): EsError {
  return new EsError(400, 'illegal_argument_exception', reason, {}, cause);
}

export function illegalState(reason: string): EsError {
  return new EsError(500, 'illegal_state_exception', reason);
}

export function numberFormat(text: string): EsError {
  return new EsError(400, 'number_format_exception', text === '' ? 'empty String' : `For input string: "${text}"`);
}

/** A request that is complete JSON but asks for something impossible, with where it stands in the body. */
export function parsingError(reason: string, at: { line: number; column: number }, cause?: EsError): EsError {
  return new EsError(400, 'parsing_exception', reason, { line: at.line, col: at.column }, cause);
}

export function contentParseError(reason: string, at: { line: number; column: number }, cause?: EsError): EsError {
  return new EsError(400, 'x_content_parse_exception', `[${at.line}:${at.column}] ${reason}`, {}, cause);
}

export function parseException(reason: string, cause?: EsError): EsError {
  return new EsError(400, 'parse_exception', reason, {}, cause);
}

export function validationFailed(...failures: string[]): EsError {
  const text = failures.map((failure, i) => `${i + 1}: ${failure};`).join('');
  return new EsError(400, 'action_request_validation_exception', `Validation Failed: ${text}`);
}

export function mapperParsing(reason: string, cause?: EsError): EsError {
  return new EsError(400, 'mapper_parsing_exception', reason, {}, cause);
}

export function indexNotFound(name: string, resourceType = 'index_or_alias', suffix = ''): EsError {
  return new EsError(404, 'index_not_found_exception', `no such index [${name}]${suffix}`, {
    index: name,
    'resource.id': name,
    'resource.type': resourceType,
    index_uuid: '_na_',
  });
}

export function resourceNotFound(reason: string): EsError {
  return new EsError(404, 'resource_not_found_exception', reason);
}

/** A field that the query cannot use as it wants, on one index. */
export function queryShardError(reason: string, index: { name: string; uuid: string }, cause?: EsError): EsError {
  return new EsError(400, 'query_shard_exception', reason, { index: index.name, index_uuid: index.uuid }, cause);
}

/** The error for bytes that are not JSON. */
export function fromJsonError(error: JsonError): EsError {
  return new EsError(400, error.type, error.message);
}

/** Whatever was thrown, as the error that the caller gets. */
export function toEsError(thrown: unknown): EsError {
  if (thrown instanceof EsError) return thrown;
  if (thrown instanceof JsonError) return fromJsonError(thrown);
  return new EsError(500, 'exception', 'the store failed on this request: see its log', {});
}
