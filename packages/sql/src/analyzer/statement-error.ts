import { SqlError } from '../sql-error.ts';
import type { SourceRange } from '../syntax/source-range.ts';

/** A statement that is well formed and cannot be meant so. `range`: where, told as ksqlDB does (`Line: 1, Col: 8: …`). */
export function statementError(message: string, range: SourceRange | null = null): SqlError {
  if (range === null) return new SqlError('HW_SQL_STATEMENT', message);
  const { column, line } = range.start;
  return new SqlError('HW_SQL_STATEMENT', `Line: ${line}, Col: ${column + 1}: ${message}`, { position: range.start });
}

/** A name before a point that stands for no source of the statement. */
export function unknownSource(name: string, range: SourceRange | null): SqlError {
  return statementError(`Failed to prepare statement: '${name}' is not a valid stream/table name or alias.`, range);
}

/** As ksqlDB's words have no place in them: where it is, and what to write instead, are told beside them. */
export function placedError(message: string, range: SourceRange | null, hint?: string): SqlError {
  return new SqlError('HW_SQL_STATEMENT', message, {
    ...(range !== null && { position: range.start }),
    ...(hint !== undefined && { hint }),
  });
}

/** `A, B and C`. */
export function joinedText(parts: readonly string[], conjunction: 'and' | 'or'): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} ${conjunction} ${parts.at(-1)}`;
}
