import { eachColumn } from '../expressions/walk.ts';
import type { Expression, Join } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import { quotedName } from '../types/sql-type.ts';
import { checkWindows } from './join-windows.ts';
import type { QuerySource, QuerySources } from './query-sources.ts';
import { placedError, statementError } from './statement-error.ts';

/** A join with its sides in the order in which they are joined: what was joined before on the left. */
export interface JoinInfo {
  readonly type: Join['type'];
  readonly left: QuerySource;
  readonly leftExpression: Expression;
  readonly right: QuerySource;
  readonly rightExpression: Expression;
  /** The condition names the sides the other way round. */
  readonly isFlipped: boolean;
  readonly join: Join;
}

/** What each join is by. @throws SqlError for conditions that are none */
export function joinInfos(joins: readonly Join[], sources: QuerySources): JoinInfo[] {
  return joins.map((join, at) =>
    joinInfo(join, sources, new Set(sources.all.slice(0, at + 2).map(({ alias }) => alias))),
  );
}

function joinInfo(join: Join, sources: QuerySources, known: ReadonlySet<string>): JoinInfo {
  const on = sources.qualify(join.on);
  if (on.kind !== 'comparison') {
    const isEquality = (each: Expression) => each.kind === 'comparison' && each.operator === '=';
    if (on.kind === 'logical' && isEquality(on.left) && isEquality(on.right)) {
      throw placedError(
        `Invalid join condition: joins on multiple conditions are not yet supported. Got ${printExpression(on)}.`,
        join.on.range,
        `Join on one, and write the other into WHERE: … ON ${printExpression(on.left)} WHERE ${printExpression(on.right)}`,
      );
    }
    throw placedError(
      `Unsupported join expression: ${printExpression(on)}`,
      join.on.range,
      'A join is on one equality, one side from each source: ON a.x = b.y',
    );
  }
  if (on.operator !== '=') {
    throw placedError(
      'Only equality join criteria is supported.',
      join.on.range,
      'Join on what is equal, and compare the rest in WHERE',
    );
  }
  sources.check(on.left, 'JOIN ON');
  sources.check(on.right, 'JOIN ON');
  if (join.isGlobal) return globalJoinInfo(join, on, sources, known);
  const left = onlySource(on.left, on, sources);
  const right = onlySource(on.right, on, sources);
  if (left === right) {
    throw statementError(
      `Each side of the join must reference exactly one source and not the same source. Left side references ${quotedName(left.alias)} and right references ${quotedName(right.alias)}`,
    );
  }
  checkWindows(left, right);
  const { alias } = join.right;
  if (left.alias !== alias && right.alias !== alias) {
    throw statementError(
      `A join criteria is expected to reference the source (${quotedName(alias)}) in the FROM clause, instead the right source references ${quotedName(right.alias)} and the left source references ${quotedName(left.alias)}`,
    );
  }
  for (const each of [left, right]) {
    if (!known.has(each.alias)) throw statementError(`Cannot join on unknown source: ${quotedName(each.alias)}`);
  }
  const [leftExpression, rightExpression] = [on.left, on.right];
  if (right.alias === alias)
    return { type: join.type, left, leftExpression, right, rightExpression, isFlipped: false, join };
  return {
    type: join.type,
    left: right,
    leftExpression: rightExpression,
    right: left,
    rightExpression: leftExpression,
    isFlipped: true,
    join,
  };
}

/** One side is of the table alone, the other is any expression of what was joined before. */
function globalJoinInfo(
  join: Join,
  on: Extract<Expression, { kind: 'comparison' }>,
  sources: QuerySources,
  known: ReadonlySet<string>,
): JoinInfo {
  const { alias } = join.right;
  const [left, right] = [aliasesIn(on.left), aliasesIn(on.right)];
  const isFlipped = !right.has(alias);
  const [others, own] = isFlipped ? [right, left] : [left, right];
  if (own.size !== 1 || !own.has(alias) || others.has(alias)) {
    throw statementError(
      `A global join compares the key of ${quotedName(alias)} with an expression of what stands before it. Got ${printExpression(on)}.`,
      on.range,
    );
  }
  for (const each of others) {
    if (!known.has(each)) throw statementError(`Cannot join on unknown source: ${quotedName(each)}`, on.range);
  }
  const [leftExpression, rightExpression] = isFlipped ? [on.right, on.left] : [on.left, on.right];
  const [first = sources.all[0]!.alias] = others;
  return {
    type: join.type,
    left: sources.byAlias(first)!,
    leftExpression,
    right: sources.byAlias(alias)!,
    rightExpression,
    isFlipped,
    join,
  };
}

function aliasesIn(side: Expression): Set<string> {
  const aliases = new Set<string>();
  eachColumn(side, ({ source }) => aliases.add(source!));
  return aliases;
}

function onlySource(side: Expression, on: Expression, sources: QuerySources): QuerySource {
  const aliases = aliasesIn(side);
  const [only] = aliases;
  if (aliases.size !== 1) {
    throw statementError(
      `Invalid comparison expression '${printExpression(side)}' in join '${printExpression(on)}'. Each side of the join comparision must contain references from exactly one source.`,
    );
  }
  return sources.byAlias(only!)!;
}
