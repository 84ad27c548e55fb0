import type { ColumnConstraint, ColumnDefinition } from '../ast/index.ts';
import { takeString } from './parse-literal.ts';
import { parseType } from './parse-type.ts';
import type { TokenCursor } from './token-cursor.ts';

/** `(name type [KEY | PRIMARY KEY | HEADERS | HEADER('key')], …)`, if it is there. */
export function parseColumns(cursor: TokenCursor): ColumnDefinition[] {
  const columns: ColumnDefinition[] = [];
  if (!cursor.acceptSymbol('(')) return columns;
  do {
    const { start } = cursor.token;
    const name = cursor.expectIdentifier();
    const type = parseType(cursor);
    const constraint = parseConstraint(cursor);
    columns.push({ range: cursor.rangeFrom(start), name, type, constraint });
  } while (cursor.acceptSymbol(','));
  cursor.expectSymbol(')');
  return columns;
}

function parseConstraint(cursor: TokenCursor): ColumnConstraint {
  if (cursor.acceptWord('KEY')) return { kind: 'key' };
  if (cursor.acceptWord('PRIMARY')) {
    cursor.expectWord('KEY');
    return { kind: 'primaryKey' };
  }
  if (cursor.acceptWord('HEADERS')) return { kind: 'headers' };
  if (!cursor.acceptWord('HEADER')) return { kind: 'value' };
  cursor.expectSymbol('(');
  const key = takeString(cursor);
  cursor.expectSymbol(')');
  return { kind: 'header', key };
}

/** `(name, …)`, if it is there. */
export function parseColumnNames(cursor: TokenCursor): string[] {
  const names: string[] = [];
  if (!cursor.acceptSymbol('(')) return names;
  do names.push(cursor.expectIdentifier());
  while (cursor.acceptSymbol(','));
  cursor.expectSymbol(')');
  return names;
}
