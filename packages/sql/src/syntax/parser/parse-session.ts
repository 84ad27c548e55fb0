import type { Statement } from '../ast/index.ts';
import type { SourcePosition } from '../source-range.ts';
import { takeString } from './parse-literal.ts';
import type { TokenCursor } from './token-cursor.ts';
import { variableAsLiteral } from './variables.ts';

/** `SET 'p' = 'v'`; the word is taken. */
export function parseSet(cursor: TokenCursor, start: SourcePosition): Statement {
  const name = stringOrVariable(cursor);
  cursor.expectSymbol('=');
  const value = stringOrVariable(cursor);
  return { kind: 'setProperty', range: cursor.rangeFrom(start), name, value };
}

export function parseUnset(cursor: TokenCursor, start: SourcePosition): Statement {
  return { kind: 'unsetProperty', name: stringOrVariable(cursor), range: cursor.rangeFrom(start) };
}

function stringOrVariable(cursor: TokenCursor): string {
  if (cursor.token.kind !== 'variable' || cursor.isAtEnd) return takeString(cursor);
  const token = cursor.next();
  const text = variableAsLiteral(token, cursor.options.variables);
  if (cursor.options.variables !== null) cursor.replacements.push({ token, text });
  return text.startsWith("'") ? text.slice(1, -1).replaceAll("''", "'") : text;
}

/** `DEFINE name = 'value'`; the word is taken. */
export function parseDefine(cursor: TokenCursor, start: SourcePosition): Statement {
  const name = variableName(cursor);
  cursor.expectSymbol('=');
  const value = takeString(cursor);
  return { kind: 'defineVariable', range: cursor.rangeFrom(start), name, value };
}

export function parseUndefine(cursor: TokenCursor, start: SourcePosition): Statement {
  return { kind: 'undefineVariable', name: variableName(cursor), range: cursor.rangeFrom(start) };
}

/** As it is written; keywords are names of variables too. */
function variableName(cursor: TokenCursor): string {
  if (cursor.token.kind === 'word' && !cursor.isAtEnd) return cursor.next().text;
  return cursor.expectIdentifier();
}

/** `TERMINATE id`, `PAUSE id`, `RESUME id`, or ALL; the word is taken. */
export function parseManage(
  cursor: TokenCursor,
  start: SourcePosition,
  kind: 'terminate' | 'pause' | 'resume',
): Statement {
  const queryId = cursor.acceptWord('ALL') ? null : cursor.expectIdentifier();
  return { kind, range: cursor.rangeFrom(start), queryId };
}
