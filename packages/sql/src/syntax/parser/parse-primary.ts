import { Decimal } from '@headwater/serdes';
import { SqlError } from '../../sql-error.ts';
import { decimalDigitsMax } from '../../types/sql-type.ts';
import type { Expression, WhenClause } from '../ast/index.ts';
import type { SourcePosition } from '../source-range.ts';
import { parseCall, parseMap, parseStruct } from './parse-call.ts';
import { parseExpression, parseList, parseValue } from './parse-expression.ts';
import { isLiteral, parseLiteral, takeString } from './parse-literal.ts';
import { parseType } from './parse-type.ts';
import { placeText } from './syntax-error.ts';
import type { TokenCursor } from './token-cursor.ts';

/** What operators stand between: literals, columns, calls, constructors, CASE, CAST, brackets; with any `[i]` and `->f` behind. */
export function parsePrimary(cursor: TokenCursor): Expression {
  const { start } = cursor.token;
  let base = parseHead(cursor);
  for (;;) {
    const depth = cursor.treeDepth;
    if (cursor.isSymbol('[')) {
      cursor.next();
      const index = cursor.nested(() => parseValue(cursor));
      const indexDepth = cursor.treeDepth;
      cursor.expectSymbol(']');
      cursor.grow(Math.max(depth, indexDepth) + 1);
      base = { kind: 'subscript', range: cursor.rangeFrom(start), base, index };
    } else if (cursor.isSymbol('->') && !cursor.isSymbol('*', 1)) {
      cursor.next();
      const field = cursor.expectIdentifier();
      cursor.grow(depth + 1);
      base = { kind: 'dereference', range: cursor.rangeFrom(start), base, field };
    } else {
      return base;
    }
  }
}

function parseHead(cursor: TokenCursor): Expression {
  const { start } = cursor.token;
  if (isLiteral(cursor)) return parseLiteral(cursor);
  if (cursor.isSymbol('(')) {
    cursor.next();
    const inside = parseExpression(cursor);
    cursor.expectSymbol(')');
    return inside;
  }
  if (cursor.isWord('CASE')) return cursor.nested(() => parseCase(cursor));
  if (cursor.isWord('CAST')) return cursor.nested(() => parseCast(cursor));
  if (cursor.isWord('ARRAY') && cursor.isSymbol('[', 1)) return parseArray(cursor);
  if (cursor.isWord('MAP') && cursor.isSymbol('(', 1)) return parseMap(cursor);
  if (cursor.isWord('STRUCT') && cursor.isSymbol('(', 1)) {
    const isConstructor = cursor.isSymbol(')', 2) || cursor.isSymbol(':=', 3);
    if (isConstructor) return parseStruct(cursor);
  }
  if (cursor.ahead(1).kind === 'string' && (cursor.isIdentifier() || cursor.isWord('DECIMAL')))
    return parseTypedLiteral(cursor);
  if (cursor.token.kind === 'variable' && !isVariableIdentifier(cursor)) return parseLiteral(cursor);
  cursor.expecting('expression');
  const name = cursor.expectIdentifier();
  if (cursor.isSymbol('(')) return parseCall(cursor, name, start);
  cursor.grow(1);
  if (cursor.isSymbol('.') && !cursor.isSymbol('*', 1)) {
    cursor.next();
    const column = cursor.expectIdentifier();
    return { kind: 'column', range: cursor.rangeFrom(start), source: name, name: column };
  }
  return { kind: 'column', range: cursor.rangeFrom(start), source: null, name };
}

/** A variable alone may stand for a literal as well as for a column: its value tells. */
function isVariableIdentifier(cursor: TokenCursor): boolean {
  if (cursor.isSymbol('(', 1) || cursor.isSymbol('.', 1)) return true;
  const value = cursor.options.variables?.get(cursor.token.value);
  return value !== undefined && /^[A-Za-z_`"]/.test(value) && !/^(true|false)$/i.test(value);
}

function parseCase(cursor: TokenCursor): Expression {
  const { start } = cursor.next();
  const operand = cursor.isWord('WHEN') ? null : parseValue(cursor);
  let depth = operand === null ? 0 : cursor.treeDepth;
  const whens: WhenClause[] = [];
  cursor.expectWord('WHEN');
  do {
    const condition = parseExpression(cursor);
    depth = Math.max(depth, cursor.treeDepth);
    cursor.expectWord('THEN');
    const result = parseExpression(cursor);
    depth = Math.max(depth, cursor.treeDepth);
    whens.push({ condition, result });
  } while (cursor.acceptWord('WHEN'));
  let otherwise: Expression | null = null;
  if (cursor.acceptWord('ELSE')) {
    otherwise = parseExpression(cursor);
    depth = Math.max(depth, cursor.treeDepth);
  }
  cursor.expectWord('END');
  cursor.grow(depth + 1);
  const range = cursor.rangeFrom(start);
  return operand === null
    ? { kind: 'case', range, whens, otherwise }
    : { kind: 'simpleCase', range, operand, whens, otherwise };
}

function parseCast(cursor: TokenCursor): Expression {
  const { start } = cursor.next();
  cursor.expectSymbol('(');
  const operand = parseExpression(cursor);
  const depth = cursor.treeDepth;
  cursor.expectWord('AS');
  const type = parseType(cursor);
  cursor.expectSymbol(')');
  cursor.grow(depth + 1);
  return { kind: 'cast', range: cursor.rangeFrom(start), operand, type };
}

function parseArray(cursor: TokenCursor): Expression {
  const { start } = cursor.next();
  cursor.next();
  const elements = cursor.isSymbol(']') ? [] : parseList(cursor, () => parseExpression(cursor));
  const depth = elements.length === 0 ? 0 : cursor.treeDepth;
  cursor.expectSymbol(']');
  cursor.grow(depth + 1);
  return { kind: 'array', range: cursor.rangeFrom(start), elements };
}

/** `DECIMAL '1.50'`. */
function parseTypedLiteral(cursor: TokenCursor): Expression {
  const { start } = cursor.token;
  const name = cursor.next().value;
  const text = takeString(cursor);
  if (name !== 'DECIMAL') throw unknownType(start, name, text);
  cursor.grow(1);
  try {
    if (text.length > decimalDigitsMax) throw new RangeError(`A DECIMAL has at most ${decimalDigitsMax} digits`);
    return { kind: 'decimal', range: cursor.rangeFrom(start), value: Decimal.parse(text) };
  } catch (cause) {
    throw new SqlError('HW_SQL_SYNTAX', `${placeText(start)}: Invalid numeric literal: ${text}`, {
      position: start,
      cause,
    });
  }
}

function unknownType(start: SourcePosition, name: string, text: string): SqlError {
  return new SqlError('HW_SQL_SYNTAX', `${placeText(start)}: Unknown type: ${name}`, {
    position: start,
    hint: `Write CAST('${text}' AS ${name}), or an operator or comma between the name and the string`,
  });
}
