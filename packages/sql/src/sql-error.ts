import type { SourcePosition } from './syntax/source-range.ts';

/**
 * `HW_SQL_SYNTAX` the text is no statement · `HW_SQL_STATEMENT` a statement that cannot be meant so (names, types, joins, options) ·
 * `HW_SQL_EVALUATION` an expression failed at a row · `HW_SQL_FORMAT` bytes that are no row, or a row that its format cannot hold ·
 * `HW_SQL_UNSUPPORTED` known, and not served · `HW_SQL_FUNCTIONS` a module of user functions that cannot be taken ·
 * `HW_SQL_COMMAND` the topic of a server's statements cannot be read or written.
 */
export type SqlErrorCode =
  | 'HW_SQL_SYNTAX'
  | 'HW_SQL_STATEMENT'
  | 'HW_SQL_EVALUATION'
  | 'HW_SQL_FORMAT'
  | 'HW_SQL_UNSUPPORTED'
  | 'HW_SQL_FUNCTIONS'
  | 'HW_SQL_COMMAND';

/** What is wrong with a statement or a row: what, where, and what to write instead. */
export class SqlError extends Error {
  readonly code: SqlErrorCode;
  readonly position: SourcePosition | undefined;
  /** The statement's own text, where it is known; empty where it is not to be told, as ksqlDB has it of some errors. */
  readonly statementText: string | undefined;
  /** What to write instead, where that can be guessed: one sentence. */
  readonly hint: string | undefined;
  /** Of syntax errors: what could have stood at the position. */
  readonly expected: readonly string[];

  constructor(
    code: SqlErrorCode,
    message: string,
    options: ErrorOptions & {
      position?: SourcePosition;
      statementText?: string;
      hint?: string;
      expected?: readonly string[];
    } = {},
  ) {
    super(message, options);
    this.name = 'SqlError';
    this.code = code;
    this.position = options.position;
    this.statementText = options.statementText;
    this.hint = options.hint;
    this.expected = options.expected ?? [];
  }

  /** The same mistake, with all that is known of it, in other words or of a statement that is known by now. */
  told({
    message = this.message,
    position = this.position,
    statementText = this.statementText,
  }: {
    message?: string;
    position?: SourcePosition;
    statementText?: string;
  }): SqlError {
    return new SqlError(this.code, message, {
      cause: this,
      expected: this.expected,
      ...(position && { position }),
      ...(this.hint !== undefined && { hint: this.hint }),
      ...(statementText !== undefined && { statementText }),
    });
  }
}
