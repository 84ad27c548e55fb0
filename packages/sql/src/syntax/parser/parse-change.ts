import type { Expression, Statement } from '../ast/index.ts';
import type { SourcePosition } from '../source-range.ts';
import { parseColumnNames } from './parse-columns.ts';
import { acceptIfExists } from './parse-create.ts';
import { parseExpression, parseList } from './parse-expression.ts';
import { takeString } from './parse-literal.ts';
import { parseProperties } from './parse-properties.ts';
import { parseQuery } from './parse-query.ts';
import { parseType } from './parse-type.ts';
import { parseSourceName } from './source-name.ts';
import type { TokenCursor } from './token-cursor.ts';

/** `INSERT INTO …` a query's rows or one row; the first word is taken. */
export function parseInsert(cursor: TokenCursor, start: SourcePosition): Statement {
  cursor.expectWord('INTO');
  const target = parseSourceName(cursor);
  if (cursor.isSymbol('(') || cursor.isWord('VALUES')) {
    const columns = parseColumnNames(cursor);
    cursor.expectWord('VALUES');
    const values = parseValues(cursor);
    return { kind: 'insertValues', range: cursor.rangeFrom(start), target, columns, values };
  }
  cursor.expecting("'('");
  cursor.expecting("'VALUES'");
  const properties = parseProperties(cursor);
  const query = parseQuery(cursor);
  return { kind: 'insertInto', range: cursor.rangeFrom(start), target, properties, query };
}

/** `(e, …)`, also empty. */
export function parseValues(cursor: TokenCursor): Expression[] {
  cursor.expectSymbol('(');
  const values = cursor.isSymbol(')') ? [] : parseList(cursor, () => parseExpression(cursor));
  cursor.expectSymbol(')');
  return values;
}

/** `DROP …`; the word is taken. */
export function parseDrop(cursor: TokenCursor, start: SourcePosition): Statement {
  const what = cursor.expectOneOf(['STREAM', 'TABLE', 'TYPE', 'CONNECTOR'] as const);
  const isIfExists = acceptIfExists(cursor);
  if (what === 'TYPE') {
    const name = cursor.expectIdentifier();
    return { kind: 'dropType', range: cursor.rangeFrom(start), name, isIfExists };
  }
  if (what === 'CONNECTOR') {
    const name = cursor.expectIdentifier();
    return { kind: 'dropConnector', range: cursor.rangeFrom(start), name, isIfExists };
  }
  const name = parseSourceName(cursor);
  const isTopicDeleted = cursor.acceptWord('DELETE');
  if (isTopicDeleted) cursor.expectWord('TOPIC');
  return { kind: 'dropSource', range: cursor.rangeFrom(start), sourceKind: what, name, isIfExists, isTopicDeleted };
}

/** `ALTER …`; the word is taken. */
export function parseAlter(cursor: TokenCursor, start: SourcePosition): Statement {
  if (cursor.acceptWord('SYSTEM')) {
    const name = takeString(cursor);
    cursor.expectSymbol('=');
    const value = takeString(cursor);
    return { kind: 'alterSystem', range: cursor.rangeFrom(start), name, value };
  }
  const sourceKind = cursor.expectOneOf(['STREAM', 'TABLE'] as const);
  const name = parseSourceName(cursor);
  cursor.expectWord('ADD');
  const columns = [parseAddedColumn(cursor)];
  while (cursor.acceptSymbol(',')) {
    // The word may be left out before all but the first; a column named ADD needs quotes.
    if (cursor.isWord('ADD')) cursor.next();
    columns.push(parseAddedColumn(cursor));
  }
  return { kind: 'alterSource', range: cursor.rangeFrom(start), sourceKind, name, columns };
}

function parseAddedColumn(cursor: TokenCursor) {
  // `COLUMN` is a name as well: `ADD COLUMN INT` adds a column of that name.
  const isName = !cursor.isIdentifier(1) || cursor.ahead(2).kind === 'end' || cursor.isSymbol(',', 2);
  if (cursor.isWord('COLUMN') && !(isName && !isTypeAhead(cursor))) cursor.next();
  const name = cursor.expectIdentifier();
  return { name, type: parseType(cursor) };
}

/** Whether behind `COLUMN x` a type begins. */
function isTypeAhead(cursor: TokenCursor): boolean {
  return cursor.isIdentifier(1) && (cursor.isIdentifier(2) || cursor.isWord('DECIMAL', 2));
}

/** `DELETE FROM table WHERE …`; the first word is taken. */
export function parseDelete(cursor: TokenCursor, start: SourcePosition): Statement {
  cursor.expectWord('FROM');
  const target = parseSourceName(cursor);
  cursor.expectWord('WHERE');
  const where = parseExpression(cursor);
  return { kind: 'deleteRows', range: cursor.rangeFrom(start), target, where };
}
