import { SqlError } from '../../sql-error.ts';
import type { SourcePosition } from '../source-range.ts';
import { placeText } from './syntax-error.ts';
import type { TokenCursor } from './token-cursor.ts';

const sourceName = /^[A-Za-z0-9_-]*$/;

/** Names of sources become names of topics and stores: letters, digits, `_` and `-` only, also where they are quoted. */
export function checkedSourceName(cursor: TokenCursor, position: SourcePosition, name: string): string {
  const isOpen = cursor.options.variables === null && name.startsWith('${');
  if (isOpen || sourceName.test(name)) return name;
  const place = placeText(position)
    .replace('line ', 'line: ')
    .replace(/:(\d+)$/, ', col: $1');
  throw new SqlError(
    'HW_SQL_SYNTAX',
    `Illegal argument at ${place}. Source names may only contain alphanumeric values, '_' or '-'. Got: '${name}'`,
    { position },
  );
}

/** The name of a stream or table that stands here. */
export function parseSourceName(cursor: TokenCursor): string {
  const { start } = cursor.token;
  return checkedSourceName(cursor, start, cursor.expectIdentifier());
}
