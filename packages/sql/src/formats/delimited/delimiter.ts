import { SqlError } from '../../sql-error.ts';

const named = new Map([
  ['TAB', '\t'],
  ['SPACE', ' '],
]);

/** The character that `VALUE_DELIMITER` names. @throws SqlError HW_SQL_STATEMENT */
export function parseDelimiter(text: string): string {
  if (text.trim() === '') {
    throw new SqlError(
      'HW_SQL_STATEMENT',
      "Delimiter cannot be empty, if you meant to have a tab or space for delimiter, please use the special values 'TAB' or 'SPACE'\nExample valid value: ';'",
    );
  }
  const delimiter = text.length === 1 ? text : named.get(text);
  if (delimiter !== undefined) return delimiter;
  throw new SqlError(
    'HW_SQL_STATEMENT',
    `Invalid delimiter value: '${text}'. Delimiter must be a single character or TAB,SPACE\nExample valid value: ';'`,
  );
}
