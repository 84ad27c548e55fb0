import type { Statement } from '../ast/index.ts';
import type { SourcePosition } from '../source-range.ts';
import { parseValues } from './parse-change.ts';
import { parseColumnNames, parseColumns } from './parse-columns.ts';
import { parseLiteral } from './parse-literal.ts';
import { parseProperties } from './parse-properties.ts';
import { parseResourceName } from './parse-show.ts';
import { parseTimeSpan } from './parse-time-span.ts';
import { parseSourceName } from './source-name.ts';
import { syntaxError } from './syntax-error.ts';
import type { TokenCursor } from './token-cursor.ts';

/** `ASSERT …`; the word is taken. */
export function parseAssert(cursor: TokenCursor, start: SourcePosition): Statement {
  if (cursor.options.isTestScript) {
    const statement = parseTestAssert(cursor, start);
    if (statement !== null) return statement;
  }
  const isExpected = !cursor.acceptWord('NOT');
  if (!isExpected) cursor.expectWord('EXISTS');
  if (cursor.expectOneOf(['TOPIC', 'SCHEMA'] as const) === 'TOPIC') {
    const topic = parseResourceName(cursor);
    const properties = parseProperties(cursor);
    const timeout = cursor.acceptWord('TIMEOUT') ? parseTimeSpan(cursor) : null;
    return { kind: 'assertTopic', range: cursor.rangeFrom(start), topic, isExpected, properties, timeout };
  }
  const subject = cursor.acceptWord('SUBJECT') ? parseResourceName(cursor) : null;
  const id = cursor.acceptWord('ID') ? parseId(cursor) : null;
  const timeout = cursor.acceptWord('TIMEOUT') ? parseTimeSpan(cursor) : null;
  return { kind: 'assertSchema', range: cursor.rangeFrom(start), subject, id, isExpected, timeout };
}

function parseId(cursor: TokenCursor): number {
  const { start } = cursor.token;
  const literal = parseLiteral(cursor);
  if (literal.kind === 'integer') return literal.value;
  throw syntaxError(start, 'ID must be an integer');
}

/** What only test scripts assert. */
function parseTestAssert(cursor: TokenCursor, start: SourcePosition): Statement | null {
  if (cursor.acceptWord('VALUES')) {
    const source = parseSourceName(cursor);
    const columns = parseColumnNames(cursor);
    cursor.expectWord('VALUES');
    const values = parseValues(cursor);
    return { kind: 'assertValues', range: cursor.rangeFrom(start), source, columns, values };
  }
  if (cursor.acceptWord('NULL')) {
    cursor.expectWord('VALUES');
    const source = parseSourceName(cursor);
    const columns = parseColumnNames(cursor);
    cursor.expectWord('KEY');
    const values = parseValues(cursor);
    return { kind: 'assertTombstone', range: cursor.rangeFrom(start), source, columns, values };
  }
  for (const sourceKind of ['STREAM', 'TABLE'] as const) {
    if (!cursor.acceptWord(sourceKind)) continue;
    const name = parseSourceName(cursor);
    const columns = parseColumns(cursor);
    const properties = parseProperties(cursor);
    return { kind: 'assertSource', range: cursor.rangeFrom(start), sourceKind, name, columns, properties };
  }
  return null;
}
