import { SqlError } from '../../sql-error.ts';
import type { ColumnDefinition, SourceKind, Statement } from '../ast/index.ts';
import type { SourcePosition } from '../source-range.ts';
import { parseColumns } from './parse-columns.ts';
import { parseProperties } from './parse-properties.ts';
import { parseQuery } from './parse-query.ts';
import { parseType } from './parse-type.ts';
import { parseSourceName } from './source-name.ts';
import type { TokenCursor } from './token-cursor.ts';

/** `CREATE …`; the word is taken. */
export function parseCreate(cursor: TokenCursor, start: SourcePosition): Statement {
  const isOrReplace = cursor.acceptWords('OR', 'REPLACE');
  if (!isOrReplace) {
    if (cursor.isWord('SOURCE') && cursor.isWord('CONNECTOR', 1)) return parseConnector(cursor, start, 'SOURCE');
    if (cursor.acceptWord('SINK')) return parseConnector(cursor, start, 'SINK');
    if (cursor.acceptWord('TYPE')) return parseCreateType(cursor, start);
  }
  const isSource = cursor.acceptWord('SOURCE');
  const sourceKind = cursor.expectOneOf(['STREAM', 'TABLE'] as const);
  const isIfNotExists = acceptIfNotExists(cursor);
  const name = parseSourceName(cursor);
  const columns = parseColumns(cursor);
  checkKeys(columns, sourceKind);
  const properties = parseProperties(cursor);
  const head = { sourceKind, name, isOrReplace, isIfNotExists, properties };
  if (!isSource && columns.length === 0 && cursor.acceptWord('AS')) {
    const query = parseQuery(cursor);
    return { kind: 'createAsSelect', range: cursor.rangeFrom(start), ...head, query };
  }
  return { kind: 'createSource', range: cursor.rangeFrom(start), ...head, isSource, columns };
}

/** A stream's keys are KEY, a table's are PRIMARY KEY. */
function checkKeys(columns: readonly ColumnDefinition[], sourceKind: SourceKind): void {
  const wrong = sourceKind === 'TABLE' ? 'key' : 'primaryKey';
  const column = columns.find(({ constraint }) => constraint.kind === wrong);
  if (column === undefined) return;
  const { line, column: columnIndex } = column.range!.start;
  const advice =
    sourceKind === 'TABLE'
      ? `is a 'KEY' column: please use 'PRIMARY KEY' for tables.\nTables have PRIMARY KEYs, which are unique and NON NULL.\nStreams have KEYs, which have no uniqueness or NON NULL constraints.`
      : `is a 'PRIMARY KEY' column: please use 'KEY' for streams.\nTables have PRIMARY KEYs, which are unique and NON NULL.\nStreams have KEYs, which have no uniqueness or NON NULL constraints.`;
  throw new SqlError(
    'HW_SQL_STATEMENT',
    `Line: ${line}, Col: ${columnIndex + 1}: Column \`${column.name}\` ${advice}`,
    {
      position: column.range!.start,
    },
  );
}

export function acceptIfNotExists(cursor: TokenCursor): boolean {
  if (!cursor.isWord('IF') || !cursor.isWord('NOT', 1)) return false;
  cursor.next();
  cursor.next();
  cursor.expectWord('EXISTS');
  return true;
}

export function acceptIfExists(cursor: TokenCursor): boolean {
  return cursor.isWord('IF') && cursor.isWord('EXISTS', 1) && cursor.acceptWords('IF', 'EXISTS');
}

function parseConnector(cursor: TokenCursor, start: SourcePosition, direction: 'SOURCE' | 'SINK'): Statement {
  if (direction === 'SOURCE') cursor.next();
  cursor.expectWord('CONNECTOR');
  const isIfNotExists = acceptIfNotExists(cursor);
  const name = cursor.expectIdentifier();
  if (!cursor.isWord('WITH')) cursor.expectWord('WITH');
  const properties = parseProperties(cursor, true);
  return { kind: 'createConnector', range: cursor.rangeFrom(start), direction, name, isIfNotExists, properties };
}

function parseCreateType(cursor: TokenCursor, start: SourcePosition): Statement {
  const isIfNotExists = acceptIfNotExists(cursor);
  const name = cursor.expectIdentifier();
  cursor.expectWord('AS');
  const type = parseType(cursor);
  return { kind: 'createType', range: cursor.rangeFrom(start), name, type, isIfNotExists };
}
