import { eachColumn } from '../expressions/walk.ts';
import type { EqualPair, JoinStep } from '../plan/steps/join-step.ts';
import type { Step } from '../plan/steps/step.ts';
import type { Expression, Join } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import { isSameType, quotedName, typeText } from '../types/sql-type.ts';
import type { QuerySources } from './query-sources.ts';
import { statementError } from './statement-error.ts';
import type { Typing } from './typing.ts';

/**
 * Joins of rows that are there now: of tables and streams in any order, by any equalities.
 *
 * @throws SqlError for conditions of other kinds
 */
export function pullJoins(joins: readonly Join[], sources: QuerySources, typing: Typing): Step {
  let left: Step = sources.stepOf(sources.all[0]!);
  const known = new Set([sources.all[0]!.alias]);
  for (const [at, join] of joins.entries()) {
    if (join.within !== null) {
      throw statementError(
        'Pull queries join all rows that there are, and take no WITHIN: compare the ROWTIMEs of both sides in WHERE',
        join.range,
      );
    }
    const right = sources.all[at + 1]!;
    const rightStep = sources.stepOf(right);
    const equal = conditionsOf(join, sources).map((pair) =>
      placed(pair, known, { left, right: rightStep, alias: right.alias }, sources, typing),
    );
    known.add(right.alias);
    const step: JoinStep = {
      kind: 'join',
      type: join.type,
      left,
      right: rightStep,
      within: null,
      foreignKey: null,
      globalKey: null,
      equal,
      isKeySynthetic: false,
      schema: { key: left.schema.key, value: [...left.schema.value, ...rightStep.schema.value] },
    };
    left = step;
  }
  return left;
}

interface Condition {
  readonly one: Expression;
  readonly other: Expression;
  readonly whole: Expression;
}

function conditionsOf(join: Join, sources: QuerySources): Condition[] {
  const found: Condition[] = [];
  const visit = (condition: Expression): void => {
    if (condition.kind === 'logical' && condition.operator === 'AND') {
      visit(condition.left);
      visit(condition.right);
      return;
    }
    if (condition.kind !== 'comparison' || condition.operator !== '=') {
      throw statementError(
        `Joins are by equalities, several of them with AND. Got ${printExpression(condition)}: write it in WHERE`,
        condition.range,
      );
    }
    sources.check(condition.left, 'JOIN ON');
    sources.check(condition.right, 'JOIN ON');
    found.push({ one: condition.left, other: condition.right, whole: condition });
  };
  visit(sources.qualify(join.on));
  return found;
}

/** Which of the two is of the source that is joined. */
function placed(
  { one, other, whole }: Condition,
  known: ReadonlySet<string>,
  { alias, left, right }: { readonly left: Step; readonly right: Step; readonly alias: string },
  sources: QuerySources,
  typing: Typing,
): EqualPair {
  const isOf = (expression: Expression, isIn: (source: string) => boolean) => {
    let count = 0;
    let isAll = true;
    eachColumn(expression, ({ source }) => {
      count++;
      if (source === null || !isIn(source)) isAll = false;
    });
    return count > 0 && isAll;
  };
  const isBefore = (expression: Expression) => isOf(expression, (source) => known.has(source));
  const isJoined = (expression: Expression) => isOf(expression, (source) => source === alias);
  const isFlipped = isJoined(one) && isBefore(other);
  if (!isFlipped && !(isBefore(one) && isJoined(other))) {
    throw statementError(
      `Each equality of a join has columns of ${quotedName(alias)} on one side, and of what stands before it on the other. Got ${printExpression(whole)}.`,
      whole.range,
    );
  }
  const pair = {
    left: sources.internal(isFlipped ? other : one),
    right: sources.internal(isFlipped ? one : other),
  };
  const types = [typing.typeOf(pair.left, left.schema), typing.typeOf(pair.right, right.schema)] as const;
  const [first, second] = types;
  if (first === null || second === null || !isSameType(first, second)) {
    const text = (type: typeof first) => (type === null ? 'NULL' : typeText(type));
    throw statementError(
      `Invalid join condition: types don't match. Got ${printExpression(whole)} of ${text(first)} and ${text(second)}: use CAST.`,
      whole.range,
    );
  }
  return { ...pair, type: first };
}
