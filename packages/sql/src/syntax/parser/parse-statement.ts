import type { Statement } from '../ast/index.ts';
import type { SourcePosition } from '../source-range.ts';
import { nearestWord } from './nearest-word.ts';
import { parseAssert } from './parse-assert.ts';
import { parseAlter, parseDelete, parseDrop, parseInsert } from './parse-change.ts';
import { parseCreate } from './parse-create.ts';
import { parseQuery } from './parse-query.ts';
import { parseRewind } from './parse-rewind.ts';
import { parseDefine, parseManage, parseSet, parseUndefine, parseUnset } from './parse-session.ts';
import { parseDescribe, parsePrint, parseShow } from './parse-show.ts';
import { shown, statementWords, syntaxError } from './syntax-error.ts';
import type { TokenCursor } from './token-cursor.ts';

type Parse = (cursor: TokenCursor, start: SourcePosition) => Statement;

const parsers = new Map<string, Parse>([
  ['CREATE', parseCreate],
  ['INSERT', parseInsert],
  ['DROP', parseDrop],
  ['ALTER', parseAlter],
  ['DELETE', parseDelete],
  ['SHOW', parseShow],
  ['LIST', parseShow],
  ['DESCRIBE', parseDescribe],
  ['PRINT', parsePrint],
  ['SET', parseSet],
  ['UNSET', parseUnset],
  ['DEFINE', parseDefine],
  ['UNDEFINE', parseUndefine],
  ['ASSERT', parseAssert],
  ['REWIND', parseRewind],
  ['TERMINATE', (cursor, start) => parseManage(cursor, start, 'terminate')],
  ['PAUSE', (cursor, start) => parseManage(cursor, start, 'pause')],
  ['RESUME', (cursor, start) => parseManage(cursor, start, 'resume')],
  ['EXPLAIN', parseExplain],
  ['RUN', parseRunScript],
]);

/** The statement that begins here, without its semicolon. */
export function parseStatementAt(cursor: TokenCursor): Statement {
  const { start, kind, value } = cursor.token;
  if (cursor.isWord('SELECT')) return parseQuery(cursor);
  const parse = kind === 'word' && !cursor.isAtEnd ? parsers.get(value) : undefined;
  if (parse === undefined || (value === 'RUN' && !cursor.options.isTestScript)) throw unknownStatement(cursor);
  cursor.next();
  return parse(cursor, start);
}

function unknownStatement(cursor: TokenCursor): Error {
  const { token } = cursor;
  const expected = [...statementWords].map((word) => `'${word}'`);
  if (token.kind !== 'word' || cursor.isAtEnd) {
    for (const word of expected) cursor.expecting(word);
    return token.kind === 'unclosed' || token.kind === 'unknown'
      ? cursor.unexpected()
      : syntaxError(token.start, `Unknown statement ${shown(token)}`, { expected });
  }
  const nearest = nearestWord(token.value, statementWords);
  const meant = nearest === null ? '' : `\nDid you mean '${nearest}'?`;
  return syntaxError(token.start, `Unknown statement ${shown(token)}${meant}`, { expected });
}

function parseExplain(cursor: TokenCursor, start: SourcePosition): Statement {
  const isId = cursor.isIdentifier() && (cursor.ahead(1).kind === 'end' || cursor.isSymbol(';', 1));
  if (isId) {
    const queryId = cursor.expectIdentifier();
    return { kind: 'explain', range: cursor.rangeFrom(start), statement: null, queryId };
  }
  const statement = cursor.nested(() => parseStatementAt(cursor));
  return { kind: 'explain', range: cursor.rangeFrom(start), statement, queryId: null };
}

function parseRunScript(cursor: TokenCursor, start: SourcePosition): Statement {
  cursor.expectWord('SCRIPT');
  const { value, start: pathStart } = cursor.expectString();
  const path = { kind: 'string', value, range: cursor.rangeFrom(pathStart) } as const;
  return { kind: 'runScript', range: cursor.rangeFrom(start), path };
}
