import { describePosition, SqlClientError, SqlError } from '@headwater/sql';

/** An error for a person: its message, and a caret at the place in the text that was sent. */
export function errorText(error: unknown, sql: string): string {
  if (!(error instanceof Error)) return String(error);
  const isOurs = error instanceof SqlClientError || error instanceof SqlError;
  const { position, statementText } = isOurs ? error : { position: undefined, statementText: undefined };
  const hint = error instanceof SqlError && error.hint !== undefined ? `\n${error.hint}` : '';
  if (position === undefined || sql === '') return `${error.message}${hint}`;
  // The line at fault is shown below: the whole statement, which the server repeats, is not.
  const message =
    statementText === undefined ? error.message : error.message.replace(`\nStatement: ${statementText}`, '');
  return `${message}${hint}\n${describePosition(sql, position)}`;
}
