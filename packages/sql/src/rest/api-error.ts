import { SqlError } from '../sql-error.ts';
import type { SourcePosition } from '../syntax/source-range.ts';
import type { Entity } from './entities/index.ts';

/** ksqlDB's codes; the HTTP status is the first three digits. */
export const errorCodes = {
  badRequest: 40000,
  badStatement: 40001,
  queryEndpoint: 40002,
  tooManyPushQueries: 40003,
  unauthorized: 40100,
  forbidden: 40300,
  forbiddenByKafka: 40301,
  notFound: 40400,
  notAcceptable: 40600,
  payloadTooLarge: 41300,
  unsupportedMediaType: 41500,
  assertFailed: 41700,
  misdirected: 42100,
  registryNotConfigured: 42801,
  tooManyRequests: 42900,
  serverError: 50000,
  commandQueueTimeout: 50301,
  notReady: 50302,
  shuttingDown: 50303,
  shutDown: 50304,
} as const;

/** An answer of the REST API that is an error, in ksqlDB's shape. */
export class ApiError extends Error {
  readonly code = 'HW_SQL_REST';
  readonly errorCode: number;
  readonly statementText: string | undefined;
  /** Where in what was sent. */
  readonly position: SourcePosition | undefined;
  /** Of statements that were done before the one that failed. */
  readonly entities: readonly Entity[];

  constructor(
    errorCode: number,
    message: string,
    options: ErrorOptions & { statementText?: string; entities?: readonly Entity[]; position?: SourcePosition } = {},
  ) {
    super(message, options);
    this.name = 'ApiError';
    this.errorCode = errorCode;
    this.statementText = options.statementText;
    this.entities = options.entities ?? [];
    this.position = options.position;
  }

  get status(): number {
    return Math.floor(this.errorCode / 100);
  }

  /** `generic_error`, or `statement_error` where a statement is at fault; `position`, lines and columns from 1, is Headwater's own. */
  get body(): Record<string, unknown> {
    const { errorCode: error_code, message, statementText, entities } = this;
    const { line, column = 0 } = this.position ?? {};
    const place = line === undefined ? {} : { position: { line, column: column + 1 } };
    if (statementText === undefined) return { '@type': 'generic_error', error_code, message, ...place };
    return { '@type': 'statement_error', error_code, message, statementText, entities, ...place };
  }
}

/**
 * Whatever was thrown, as an answer. Errors that are not for callers say nothing of what is inside.
 *
 * @param entities of statements that were done before
 */
export function apiErrorOf(thrown: unknown, entities: readonly Entity[] = []): ApiError {
  if (thrown instanceof ApiError) {
    if (entities.length === 0 || thrown.statementText === undefined) return thrown;
    const { errorCode, message, statementText } = thrown;
    return new ApiError(errorCode, message, { cause: thrown, statementText, entities });
  }
  if (!(thrown instanceof SqlError))
    return new ApiError(errorCodes.serverError, 'The server failed on this request: see its log', { cause: thrown });
  const { position, statementText } = thrown;
  if (statementText === '') {
    return new ApiError(errorCodes.badRequest, messageOf(thrown), { cause: thrown, ...(position && { position }) });
  }
  return new ApiError(errorCodes.badStatement, messageOf(thrown), {
    cause: thrown,
    entities,
    ...(position && { position }),
    ...(statementText === undefined ? {} : { statementText }),
  });
}

/** What ksqlDB says, and the hint. Errors of syntax show their statement as they do there, and below it what is the matter. */
export function messageOf({ code, message, statementText, hint }: SqlError): string {
  const more = hint === undefined ? '' : `\n${hint}`;
  if (code !== 'HW_SQL_SYNTAX' || statementText === undefined) return `${message}${more}`;
  const [head = '', ...details] = message.split('\n');
  const detail = details.map((line) => `\n${line}`).join('');
  return `${head}\n\nStatement: ${statementText}${detail}${more}`;
}
