import type { ListItems, Statement } from '../ast/index.ts';
import type { SourcePosition } from '../source-range.ts';
import { takeString } from './parse-literal.ts';
import { parseSourceName } from './source-name.ts';
import type { TokenCursor } from './token-cursor.ts';

/** `SHOW …` or `LIST …`; the word is taken. */
export function parseShow(cursor: TokenCursor, start: SourcePosition): Statement {
  const isAll = cursor.acceptWord('ALL');
  const what = isAll ? cursor.expectOneOf(['TOPICS'] as const) : parseWhat(cursor);
  const isExtended = ['STREAMS', 'TABLES', 'TOPICS', 'QUERIES'].includes(what) && cursor.acceptWord('EXTENDED');
  return { kind: 'list', range: cursor.rangeFrom(start), what, isExtended, isAll };
}

function parseWhat(cursor: TokenCursor): ListItems['what'] {
  if (cursor.acceptWord('SOURCE')) {
    cursor.expectWord('CONNECTORS');
    return 'SOURCE CONNECTORS';
  }
  if (cursor.acceptWord('SINK')) {
    cursor.expectWord('CONNECTORS');
    return 'SINK CONNECTORS';
  }
  if (cursor.acceptWord('CONNECTOR')) {
    cursor.expectWord('PLUGINS');
    return 'CONNECTOR PLUGINS';
  }
  return cursor.expectOneOf([
    'STREAMS',
    'TABLES',
    'TOPICS',
    'QUERIES',
    'FUNCTIONS',
    'PROPERTIES',
    'TYPES',
    'VARIABLES',
    'CONNECTORS',
  ] as const);
}

/** `DESCRIBE …`; the word is taken. */
export function parseDescribe(cursor: TokenCursor, start: SourcePosition): Statement {
  if (cursor.acceptWord('STREAMS')) return describeAll(cursor, start, 'STREAM');
  if (cursor.isWord('TABLES')) {
    cursor.next();
    return describeAll(cursor, start, 'TABLE');
  }
  if (cursor.acceptWord('CONNECTOR'))
    return { kind: 'describeConnector', name: cursor.expectIdentifier(), range: cursor.rangeFrom(start) };
  if (cursor.isWord('FUNCTION') && cursor.isIdentifier(1)) {
    cursor.next();
    return { kind: 'describeFunction', name: cursor.expectIdentifier(), range: cursor.rangeFrom(start) };
  }
  const name = parseSourceName(cursor);
  const isExtended = cursor.acceptWord('EXTENDED');
  return { kind: 'describeSource', range: cursor.rangeFrom(start), name, isExtended };
}

function describeAll(cursor: TokenCursor, start: SourcePosition, sourceKind: 'STREAM' | 'TABLE'): Statement {
  const isExtended = cursor.acceptWord('EXTENDED');
  return { kind: 'describeSources', range: cursor.rangeFrom(start), sourceKind, isExtended };
}

/** `PRINT …`; the word is taken. */
export function parsePrint(cursor: TokenCursor, start: SourcePosition): Statement {
  const topic = parseResourceName(cursor);
  const isFromBeginning = cursor.acceptWord('FROM');
  if (isFromBeginning) cursor.expectWord('BEGINNING');
  const interval = cursor.acceptWord('INTERVAL') || cursor.acceptWord('SAMPLE') ? cursor.expectInteger() : null;
  const limit = cursor.acceptWord('LIMIT') ? cursor.expectInteger() : null;
  return { kind: 'printTopic', range: cursor.rangeFrom(start), topic, isFromBeginning, interval, limit };
}

/** The name of a topic or subject: as it is written, or a string. */
export function parseResourceName(cursor: TokenCursor): string {
  if (cursor.token.kind === 'string' && !cursor.isAtEnd) return takeString(cursor);
  cursor.expecting('STRING');
  return cursor.expectIdentifierAsWritten();
}
