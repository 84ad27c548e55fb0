import { SqlError } from '../../sql-error.ts';
import type { Expression, WithProperties } from '../ast/index.ts';
import { parseLiteral, takeString } from './parse-literal.ts';
import { placeText } from './syntax-error.ts';
import type { TokenCursor } from './token-cursor.ts';

/**
 * `WITH (name = literal, 'name' = literal, …)`, if it is there. Names are made upper case.
 *
 * @param keepsCase of names in quotes: connectors' settings differ by case
 */
export function parseProperties(cursor: TokenCursor, keepsCase = false): WithProperties {
  const properties = new Map<string, Expression>();
  if (!cursor.acceptWord('WITH')) return properties;
  cursor.expectSymbol('(');
  do {
    const { start, kind } = cursor.token;
    const written = kind === 'string' ? takeString(cursor) : cursor.expectIdentifier();
    const name = keepsCase ? written : written.toUpperCase();
    cursor.expectSymbol('=');
    const value = parseLiteral(cursor);
    if (properties.has(name))
      throw new SqlError('HW_SQL_SYNTAX', `${placeText(start)}: Multiple entries with same key: ${name}`, {
        position: start,
        hint: 'Name each property once',
      });
    properties.set(name, value);
  } while (cursor.acceptSymbol(','));
  cursor.expectSymbol(')');
  return properties;
}
