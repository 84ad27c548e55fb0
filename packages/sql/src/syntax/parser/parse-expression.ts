import type { Expression } from '../ast/index.ts';
import type { SourcePosition } from '../source-range.ts';
import { takeString } from './parse-literal.ts';
import { parsePrimary } from './parse-primary.ts';
import { syntaxError } from './syntax-error.ts';
import type { TokenCursor } from './token-cursor.ts';

const comparisons = ['=', '<>', '!=', '<', '<=', '>', '>='] as const;

const or = 1;
const and = 2;
const not = 3;

/** Any expression; from weakest: OR, AND, NOT, one comparison or other predicate, `||`, `+ -`, `* / %`, unary, AT TIME ZONE. */
export function parseExpression(cursor: TokenCursor): Expression {
  return cursor.nested(() => parseBoolean(cursor, or));
}

function parseBoolean(cursor: TokenCursor, weakest: number): Expression {
  const { start } = cursor.token;
  let left = cursor.isWord('NOT') ? parseNot(cursor) : parsePredicated(cursor);
  for (;;) {
    const operator = cursor.isWord('AND') ? 'AND' : cursor.isWord('OR') ? 'OR' : null;
    const strength = operator === 'AND' ? and : or;
    if (operator === null || strength < weakest) return left;
    const leftDepth = cursor.treeDepth;
    cursor.next();
    const right = parseBoolean(cursor, strength + 1);
    cursor.grow(Math.max(leftDepth, cursor.treeDepth) + 1);
    left = { kind: 'logical', range: cursor.rangeFrom(start), operator, left, right };
  }
}

function parseNot(cursor: TokenCursor): Expression {
  const { start } = cursor.next();
  return cursor.nested(() => {
    const operand = parseBoolean(cursor, not);
    cursor.grow(cursor.treeDepth + 1);
    return { kind: 'not', range: cursor.rangeFrom(start), operand };
  });
}

/** A value, and at most one predicate on it. */
function parsePredicated(cursor: TokenCursor): Expression {
  const { start } = cursor.token;
  const value = parseValue(cursor);
  const depth = cursor.treeDepth;
  const operator = cursor.token.kind === 'symbol' ? comparisons.find((symbol) => cursor.isSymbol(symbol)) : undefined;
  if (operator !== undefined) {
    cursor.next();
    const right = parseValue(cursor);
    cursor.grow(Math.max(depth, cursor.treeDepth) + 1);
    const range = cursor.rangeFrom(start);
    return { kind: 'comparison', range, operator: operator === '!=' ? '<>' : operator, left: value, right };
  }
  if (cursor.token.kind !== 'word') return value;
  if (cursor.isWord('IS')) return parseIs(cursor, value, start);
  const isNegated = cursor.isWord('NOT');
  const word = cursor.ahead(isNegated ? 1 : 0).value;
  if (word !== 'BETWEEN' && word !== 'IN' && word !== 'LIKE') {
    if (!isNegated) return value;
    cursor.next();
    for (const expected of ['BETWEEN', 'IN', 'LIKE']) cursor.expecting(`'${expected}'`);
    throw cursor.unexpected();
  }
  if (isNegated) cursor.next();
  cursor.next();
  const predicate =
    word === 'BETWEEN'
      ? parseBetween(cursor, value, start)
      : word === 'IN'
        ? parseIn(cursor, value, start)
        : parseLike(cursor, value, start);
  if (!isNegated) return predicate;
  cursor.grow(cursor.treeDepth + 1);
  return { kind: 'not', range: predicate.range, operand: predicate };
}

function parseIs(cursor: TokenCursor, value: Expression, start: SourcePosition): Expression {
  cursor.next();
  const depth = cursor.treeDepth;
  const isNegated = cursor.acceptWord('NOT');
  if (cursor.acceptWord('NULL')) {
    cursor.grow(depth + 1);
    return { kind: 'isNull', range: cursor.rangeFrom(start), isNegated, operand: value };
  }
  cursor.expectWord('DISTINCT');
  cursor.expectWord('FROM');
  const right = parseValue(cursor);
  cursor.grow(Math.max(depth, cursor.treeDepth) + 1);
  const operator = isNegated ? 'IS NOT DISTINCT FROM' : 'IS DISTINCT FROM';
  return { kind: 'comparison', range: cursor.rangeFrom(start), operator, left: value, right };
}

function parseBetween(cursor: TokenCursor, value: Expression, start: SourcePosition): Expression {
  const depth = cursor.treeDepth;
  const low = parseValue(cursor);
  const lowDepth = cursor.treeDepth;
  cursor.expectWord('AND');
  const high = parseValue(cursor);
  cursor.grow(Math.max(depth, lowDepth, cursor.treeDepth) + 1);
  return { kind: 'between', range: cursor.rangeFrom(start), value, low, high };
}

function parseIn(cursor: TokenCursor, value: Expression, start: SourcePosition): Expression {
  const depth = cursor.treeDepth;
  cursor.expectSymbol('(');
  const list = parseList(cursor, () => parseExpression(cursor));
  const listDepth = cursor.treeDepth;
  cursor.expectSymbol(')');
  cursor.grow(Math.max(depth, listDepth) + 1);
  return { kind: 'in', range: cursor.rangeFrom(start), value, list };
}

function parseLike(cursor: TokenCursor, value: Expression, start: SourcePosition): Expression {
  const depth = cursor.treeDepth;
  const pattern = parseValue(cursor);
  const patternDepth = cursor.treeDepth;
  let escapeChar: string | null = null;
  if (cursor.isWord('ESCAPE')) {
    cursor.next();
    const token = cursor.token;
    escapeChar = takeString(cursor);
    if (escapeChar.length !== 1)
      throw syntaxError(token.start, `Expected single character escape but got: ${escapeChar}`);
  }
  cursor.grow(Math.max(depth, patternDepth) + 1);
  return { kind: 'like', range: cursor.rangeFrom(start), value, pattern, escape: escapeChar };
}

const strengths = new Map([
  ['||', 1],
  ['+', 2],
  ['-', 2],
  ['*', 3],
  ['/', 3],
  ['%', 3],
]);

/** Arithmetic and `||`, without comparisons. */
export function parseValue(cursor: TokenCursor, weakest = 1): Expression {
  const { start } = cursor.token;
  let left = parseUnary(cursor);
  for (;;) {
    const operator = cursor.token.kind === 'symbol' && !cursor.isAtEnd ? cursor.token.text : '';
    const strength = strengths.get(operator);
    if (strength === undefined || strength < weakest) return left;
    const leftDepth = cursor.treeDepth;
    cursor.next();
    const right = parseValue(cursor, strength + 1);
    cursor.grow(Math.max(leftDepth, cursor.treeDepth) + 1);
    const range = cursor.rangeFrom(start);
    left =
      operator === '||'
        ? { kind: 'call', range, name: 'CONCAT', arguments: [left, right], isStar: false }
        : { kind: 'arithmetic', range, operator: operator as '+', left, right };
  }
}

function parseUnary(cursor: TokenCursor): Expression {
  const { start } = cursor.token;
  const isSign = cursor.isSymbol('-') || cursor.isSymbol('+');
  const isNumberNext = ['integer', 'decimal', 'float'].includes(cursor.ahead(1).kind);
  if (isSign && !(cursor.isSymbol('-') && isNumberNext)) {
    const operator = cursor.next().text as '-' | '+';
    return cursor.nested(() => {
      const operand = parseUnary(cursor);
      cursor.grow(cursor.treeDepth + 1);
      return { kind: 'unary', range: cursor.rangeFrom(start), operator, operand };
    });
  }
  let value = parsePrimary(cursor);
  while (cursor.isWord('AT') && cursor.acceptWords('AT', 'TIME', 'ZONE')) {
    const depth = cursor.treeDepth;
    const zoneStart = cursor.token.start;
    const zone: Expression = { kind: 'string', value: takeString(cursor), range: cursor.rangeFrom(zoneStart) };
    cursor.grow(depth + 1);
    value = { kind: 'atTimeZone', range: cursor.rangeFrom(start), value, zone };
  }
  return value;
}

/** One or more, with commas between; leaves the depth of the deepest. */
export function parseList<Item>(cursor: TokenCursor, parseItem: () => Item): Item[] {
  const items: Item[] = [];
  let depth = 0;
  do {
    items.push(parseItem());
    depth = Math.max(depth, cursor.treeDepth);
  } while (cursor.acceptSymbol(','));
  cursor.grow(depth);
  return items;
}
