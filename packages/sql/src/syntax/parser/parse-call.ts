import { SqlError } from '../../sql-error.ts';
import type { Expression, TimeUnit } from '../ast/index.ts';
import { reservedWords } from '../lexer/keywords.ts';
import type { SourcePosition } from '../source-range.ts';
import { parseExpression, parseList } from './parse-expression.ts';
import { timeUnits } from './parse-time-span.ts';
import type { TokenCursor } from './token-cursor.ts';

/** Of a call whose name was taken; stands at the bracket. */
export function parseCall(cursor: TokenCursor, name: string, start: SourcePosition): Expression {
  cursor.expectSymbol('(');
  if (cursor.isSymbol('*') && cursor.isSymbol(')', 1)) {
    cursor.next();
    cursor.next();
    cursor.grow(1);
    return { kind: 'call', range: cursor.rangeFrom(start), name, arguments: [], isStar: true };
  }
  const items = cursor.isSymbol(')') ? [] : parseList(cursor, () => parseArgument(cursor));
  const depth = items.length === 0 ? 0 : cursor.treeDepth;
  cursor.expectSymbol(')');
  cursor.grow(depth + 1);
  // COUNT() is COUNT(*), and shown so.
  const isStar = name === 'COUNT' && items.length === 0;
  return { kind: 'call', range: cursor.rangeFrom(start), name, arguments: items, isStar };
}

function parseArgument(cursor: TokenCursor): Expression {
  const unit = bareUnit(cursor);
  if (unit !== null) {
    const { start } = cursor.next();
    cursor.grow(1);
    return { kind: 'unit', range: cursor.rangeFrom(start), unit };
  }
  return isLambda(cursor) ? cursor.nested(() => parseLambda(cursor)) : parseExpression(cursor);
}

/** Units that are reserved words; DAY and the like are columns here, as in ksqlDB. */
function bareUnit(cursor: TokenCursor): TimeUnit | null {
  const { kind, value } = cursor.token;
  if (cursor.isAtEnd || kind !== 'word' || !reservedWords.has(value)) return null;
  return timeUnits.get(value)?.unit ?? null;
}

/** `x =>`, or `(x, y) =>`. */
function isLambda(cursor: TokenCursor): boolean {
  if (!cursor.isSymbol('(')) return cursor.isIdentifier() && cursor.isSymbol('=>', 1);
  let at = 1;
  while (cursor.isIdentifier(at) && cursor.isSymbol(',', at + 1)) at += 2;
  return cursor.isIdentifier(at) && cursor.isSymbol(')', at + 1) && cursor.isSymbol('=>', at + 2);
}

function parseLambda(cursor: TokenCursor): Expression {
  const { start } = cursor.token;
  const parameters: string[] = [];
  if (cursor.acceptSymbol('(')) {
    do parameters.push(cursor.expectIdentifier());
    while (cursor.acceptSymbol(','));
    cursor.expectSymbol(')');
  } else {
    parameters.push(cursor.expectIdentifier());
  }
  const repeated = parameters.find((name, at) => parameters.indexOf(name) < at);
  if (repeated !== undefined) {
    throw new SqlError('HW_SQL_STATEMENT', `Lambda arguments have duplicates: [${parameters.join(', ')}]`, {
      position: start,
    });
  }
  cursor.expectSymbol('=>');
  const body = parseExpression(cursor);
  cursor.grow(cursor.treeDepth + 1);
  return { kind: 'lambda', range: cursor.rangeFrom(start), parameters, body };
}

/** `MAP(k := v, …)`; a call of a function named MAP where no `:=` comes. */
export function parseMap(cursor: TokenCursor): Expression {
  const { start } = cursor.next();
  if (cursor.isSymbol(')', 1)) {
    cursor.next();
    cursor.next();
    cursor.grow(1);
    return { kind: 'map', range: cursor.rangeFrom(start), entries: [] };
  }
  cursor.expectSymbol('(');
  const first = parseArgument(cursor);
  let depth = cursor.treeDepth;
  if (!cursor.acceptSymbol(':=')) {
    const others = cursor.acceptSymbol(',') ? parseList(cursor, () => parseArgument(cursor)) : [];
    cursor.expectSymbol(')');
    cursor.grow(Math.max(depth, cursor.treeDepth) + 1);
    const range = cursor.rangeFrom(start);
    return { kind: 'call', range, name: 'MAP', arguments: [first, ...others], isStar: false };
  }
  const entries = [{ key: first, value: parseExpression(cursor) }];
  depth = Math.max(depth, cursor.treeDepth);
  while (cursor.acceptSymbol(',')) {
    const key = parseExpression(cursor);
    depth = Math.max(depth, cursor.treeDepth);
    cursor.expectSymbol(':=');
    entries.push({ key, value: parseExpression(cursor) });
    depth = Math.max(depth, cursor.treeDepth);
  }
  cursor.expectSymbol(')');
  cursor.grow(depth + 1);
  return { kind: 'map', range: cursor.rangeFrom(start), entries };
}

/** `STRUCT(name := value, …)`. */
export function parseStruct(cursor: TokenCursor): Expression {
  const { start } = cursor.next();
  cursor.expectSymbol('(');
  const parseField = () => {
    const name = cursor.expectIdentifier();
    cursor.expectSymbol(':=');
    return { name, value: parseExpression(cursor) };
  };
  const fields = cursor.isSymbol(')') ? [] : parseList(cursor, parseField);
  const depth = fields.length === 0 ? 0 : cursor.treeDepth;
  cursor.expectSymbol(')');
  cursor.grow(depth + 1);
  return { kind: 'struct', range: cursor.rangeFrom(start), fields };
}
