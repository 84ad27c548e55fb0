import type {
  AliasedSource,
  Expression,
  Join,
  OrderItem,
  Query,
  Relation,
  SelectItem,
  WithinClause,
} from '../ast/index.ts';
import { parseExpression, parseList, parseValue } from './parse-expression.ts';
import { parseTimeSpan } from './parse-time-span.ts';
import { parseWindow } from './parse-window.ts';
import { checkedSourceName } from './source-name.ts';
import type { TokenCursor } from './token-cursor.ts';

/** `SELECT … FROM … [WINDOW …] [WHERE …] [GROUP BY …] [PARTITION BY …] [HAVING …] [ORDER BY …] [EMIT …] [LIMIT …]`. */
export function parseQuery(cursor: TokenCursor): Query {
  const { start } = cursor.token;
  cursor.expectWord('SELECT');
  const select = parseList(cursor, () => parseSelectItem(cursor));
  cursor.expectWord('FROM');
  const from = parseRelation(cursor);
  const window = cursor.acceptWord('WINDOW') ? parseWindow(cursor) : null;
  const where = cursor.acceptWord('WHERE') ? parseExpression(cursor) : null;
  const groupBy = cursor.acceptWord('GROUP') ? parseBy(cursor) : null;
  const partitionBy = cursor.acceptWord('PARTITION') ? parseBy(cursor) : null;
  const having = cursor.acceptWord('HAVING') ? parseExpression(cursor) : null;
  let orderBy = parseOrderBy(cursor);
  const emit = cursor.acceptWord('EMIT') ? cursor.expectOneOf(['CHANGES', 'FINAL'] as const) : null;
  orderBy ??= parseOrderBy(cursor);
  const limit = cursor.acceptWord('LIMIT') ? cursor.expectSignedInteger() : null;
  const range = cursor.rangeFrom(start);
  return { kind: 'query', range, select, from, window, where, groupBy, partitionBy, having, emit, limit, orderBy };
}

function parseSelectItem(cursor: TokenCursor): SelectItem {
  const { start } = cursor.token;
  if (cursor.isSymbol('*')) {
    cursor.next();
    return { kind: 'all', range: cursor.rangeFrom(start), source: null };
  }
  if (cursor.isIdentifier() && cursor.isSymbol('.', 1) && cursor.isSymbol('*', 2)) {
    const source = cursor.expectIdentifier();
    cursor.next();
    cursor.next();
    return { kind: 'all', range: cursor.rangeFrom(start), source };
  }
  const expression = parseExpression(cursor);
  if (cursor.isSymbol('->') && isStruct(expression)) {
    cursor.next();
    cursor.expectSymbol('*');
    return { kind: 'allFields', range: cursor.rangeFrom(start), struct: expression };
  }
  const alias = parseAlias(cursor);
  const headerKey = parseHeaderKey(cursor);
  return { kind: 'column', range: cursor.rangeFrom(start), expression, alias, headerKey };
}

/** Whether an expression may have fields at all. */
function isStruct({ kind }: Expression): boolean {
  return ['column', 'dereference', 'subscript', 'call', 'cast', 'struct', 'case'].includes(kind);
}

function parseAlias(cursor: TokenCursor): string | null {
  if (cursor.acceptWord('AS')) return isHeaderKey(cursor) ? null : cursor.expectIdentifier();
  if (isHeaderKey(cursor)) return null;
  return cursor.isIdentifier() ? cursor.expectIdentifier() : null;
}

/** In ksqlDB's own grammar the word is a name like any other. */
function isOrderBy(cursor: TokenCursor): boolean {
  return cursor.options.isPlain !== true && cursor.isWord('ORDER');
}

/** HEADER alone is a name. */
function isHeaderKey(cursor: TokenCursor): boolean {
  return cursor.options.isPlain !== true && cursor.isWord('HEADER') && cursor.isSymbol('(', 1);
}

function parseHeaderKey(cursor: TokenCursor): string | null {
  if (!isHeaderKey(cursor)) return null;
  cursor.next();
  cursor.expectSymbol('(');
  const key = cursor.expectString().value;
  cursor.expectSymbol(')');
  return key;
}

function parseRelation(cursor: TokenCursor): Relation {
  const { start } = cursor.token;
  let relation: Relation = parseSource(cursor);
  let depth = 1;
  for (let joinType = parseJoinType(cursor); joinType !== null; joinType = parseJoinType(cursor)) {
    const { isGlobal, type } = joinType;
    const right = parseSource(cursor);
    const within = cursor.acceptWord('WITHIN') ? parseWithin(cursor) : null;
    cursor.expectWord('ON');
    const on = parseExpression(cursor);
    cursor.grow(++depth);
    relation = { kind: 'join', range: cursor.rangeFrom(start), type, left: relation, right, on, within, isGlobal };
  }
  return relation;
}

function parseJoinType(cursor: TokenCursor): Pick<Join, 'type' | 'isGlobal'> | null {
  if (cursor.acceptWord('JOIN')) return { type: 'INNER', isGlobal: false };
  if (cursor.acceptWord('INNER')) {
    const isGlobal = cursor.options.isPlain !== true && cursor.acceptWord('GLOBAL');
    cursor.expectWord('JOIN');
    return { type: 'INNER', isGlobal };
  }
  for (const type of ['LEFT', 'RIGHT', 'FULL'] as const) {
    if (!cursor.acceptWord(type)) continue;
    cursor.acceptWord('OUTER');
    // Behind a word that no alias can be: GLOBAL itself may name a source.
    const isGlobal = cursor.options.isPlain !== true && cursor.acceptWord('GLOBAL');
    cursor.expectWord('JOIN');
    return { type, isGlobal };
  }
  return null;
}

function parseSource(cursor: TokenCursor): AliasedSource {
  const { start } = cursor.token;
  const name = checkedSourceName(cursor, start, cursor.expectIdentifier());
  const hasAs = cursor.acceptWord('AS');
  if (!hasAs && (!cursor.isIdentifier() || isClause(cursor)))
    return { kind: 'source', range: cursor.rangeFrom(start), name, alias: name };
  const aliasStart = cursor.token.start;
  const alias = checkedSourceName(cursor, aliasStart, cursor.expectIdentifier());
  return { kind: 'source', range: cursor.rangeFrom(start), name, alias };
}

/** Words that could be an alias, and begin a clause here. */
function isClause(cursor: TokenCursor): boolean {
  if (cursor.isWord('EMIT')) return cursor.isWord('CHANGES', 1) || cursor.isWord('FINAL', 1);
  return (cursor.isWord('PARTITION') || isOrderBy(cursor)) && cursor.isWord('BY', 1);
}

function parseWithin(cursor: TokenCursor): WithinClause {
  let before = null;
  let after = null;
  if (cursor.acceptSymbol('(')) {
    before = parseTimeSpan(cursor);
    cursor.expectSymbol(',');
    after = parseTimeSpan(cursor);
    cursor.expectSymbol(')');
  } else {
    before = after = parseTimeSpan(cursor);
  }
  const grace = cursor.acceptWords('GRACE', 'PERIOD') ? parseTimeSpan(cursor) : null;
  return { before, after, grace };
}

/** `BY a, b` or `BY (a, b)` or `BY ()`. */
function parseBy(cursor: TokenCursor): Expression[] {
  cursor.expectWord('BY');
  if (!isBracketedList(cursor)) return parseList(cursor, () => parseValue(cursor));
  cursor.next();
  const items = cursor.isSymbol(')') ? [] : parseList(cursor, () => parseValue(cursor));
  cursor.expectSymbol(')');
  return items;
}

/** Whether the bracket here holds no item or several: one item in brackets is an expression as any other. */
function isBracketedList(cursor: TokenCursor): boolean {
  if (!cursor.isSymbol('(')) return false;
  if (cursor.isSymbol(')', 1)) return true;
  let open = 0;
  for (let at = 0; ; at++) {
    const token = cursor.ahead(at);
    if (token.kind === 'end' || token.text === ';') return false;
    if (token.kind !== 'symbol') continue;
    if (token.text === '(' || token.text === '[') open++;
    else if (token.text === ')' || token.text === ']') open--;
    else if (token.text === ',' && open === 1) return true;
    if (open === 0) return false;
  }
}

function parseOrderBy(cursor: TokenCursor): OrderItem[] | null {
  if (!isOrderBy(cursor) || !cursor.isWord('BY', 1)) return null;
  cursor.next();
  cursor.next();
  return parseList(cursor, () => {
    const expression = parseValue(cursor);
    const isDescending = cursor.acceptWord('DESC');
    if (!isDescending) cursor.acceptWord('ASC');
    const nulls = cursor.acceptWord('NULLS') ? cursor.expectOneOf(['FIRST', 'LAST'] as const) : null;
    return { expression, isDescending, nulls };
  });
}
