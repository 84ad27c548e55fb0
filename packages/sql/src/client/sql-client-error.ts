import type { Entity } from '../rest/entities/index.ts';
import type { SourcePosition } from '../syntax/source-range.ts';

/**
 * `HW_SQL_CLIENT_SERVER` the server refused, or a query failed at it (`errorCode` says why) · `HW_SQL_CLIENT_CONNECTION` it does not
 * answer, or went away · `HW_SQL_CLIENT_ANSWER` what it answers is not ksqlDB's API · `HW_SQL_CLIENT_ROW` a row was not taken ·
 * `HW_SQL_CLIENT_CLOSED` the client was closed, or the call was aborted.
 */
export type SqlClientErrorCode =
  | 'HW_SQL_CLIENT_SERVER'
  | 'HW_SQL_CLIENT_CONNECTION'
  | 'HW_SQL_CLIENT_ANSWER'
  | 'HW_SQL_CLIENT_ROW'
  | 'HW_SQL_CLIENT_CLOSED';

export interface SqlClientErrorOptions extends ErrorOptions {
  errorCode?: number;
  status?: number;
  statementText?: string;
  position?: SourcePosition;
  entities?: readonly Entity[];
  rowIndex?: number;
  acceptedRows?: number;
}

/** What went wrong with a call of the client. */
export class SqlClientError extends Error {
  readonly code: SqlClientErrorCode;
  /** ksqlDB's, such as 40001. */
  readonly errorCode: number | undefined;
  /** Of the HTTP answer. */
  readonly status: number | undefined;
  /** The statement at fault. */
  readonly statementText: string | undefined;
  /** Of errors of syntax: where, in the text that was sent. */
  readonly position: SourcePosition | undefined;
  /** Of statements that were done before the one that failed. */
  readonly entities: readonly Entity[];
  /** Of `insert`: the row that was not taken, from 0. */
  readonly rowIndex: number | undefined;
  /** Of `insert`: how many rows the server has taken. */
  readonly acceptedRows: number | undefined;

  constructor(code: SqlClientErrorCode, message: string, options: SqlClientErrorOptions = {}) {
    super(message, options);
    this.name = 'SqlClientError';
    this.code = code;
    this.errorCode = options.errorCode;
    this.status = options.status;
    this.statementText = options.statementText;
    this.position = options.position;
    this.entities = options.entities ?? [];
    this.rowIndex = options.rowIndex;
    this.acceptedRows = options.acceptedRows;
  }
}
