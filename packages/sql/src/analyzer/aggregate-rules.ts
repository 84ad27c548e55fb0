import { childrenOf, eachColumn, expressionKey } from '../expressions/walk.ts';
import { isWindowBound } from '../schema/system-columns.ts';
import type { Expression, FunctionCall } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import type { Selected } from './select-items.ts';
import { statementError } from './statement-error.ts';

export interface GroupedQuery {
  readonly groupBy: readonly Expression[];
  readonly columns: readonly Selected[];
  readonly having: Expression | null;
  readonly where: Expression | null;
  readonly isWindowed: boolean;
  isAggregate(call: FunctionCall): boolean;
  /** Groups without aggregates, which are what is distinct, are for these queries only. */
  readonly isPull: boolean;
}

/** What SQL asks of a query with groups. @throws SqlError */
export function checkAggregateColumns({
  columns,
  groupBy,
  having,
  isAggregate,
  isPull,
  isWindowed,
  where,
}: GroupedQuery): void {
  const groups = new Set(groupBy.map(expressionKey));
  let aggregatesCount = 0;
  /** Columns that stand outside of aggregates and are no group's. */
  const looseColumns = (expression: Expression): Expression[] => {
    const loose: Expression[] = [];
    const visit = (part: Expression, aggregateName: string | null, isInGroup: boolean): void => {
      const inGroup = isInGroup || groups.has(expressionKey(part));
      if (part.kind === 'call' && isAggregate(part)) {
        if (aggregateName !== null) {
          throw statementError(`Aggregate functions can not be nested: ${aggregateName}(${part.name}())`, part.range);
        }
        aggregatesCount++;
        for (const argument of part.arguments) visit(argument, part.name, false);
        return;
      }
      if (part.kind === 'column') {
        if (isWindowed && isWindowBound(part.name)) {
          if (aggregateName !== null) throw misplacedBound(part);
        } else if (aggregateName === null && !inGroup) loose.push(part);
        return;
      }
      if (part.kind === 'lambda') {
        eachColumn(part, (column) => visit(column, aggregateName, inGroup));
        return;
      }
      for (const child of childrenOf(part)) visit(child, aggregateName, inGroup);
    };
    visit(expression, null, false);
    return loose;
  };
  const looseSelects = columns.filter(({ expression }) => looseColumns(expression).length > 0);
  for (const each of [...groupBy, ...(where === null ? [] : [where])]) {
    eachColumn(each, (column) => {
      if (isWindowed && isWindowBound(column.name)) throw misplacedBound(column);
    });
  }
  for (const each of groupBy) checkNoAggregate(each, isAggregate);
  let looseHaving: Expression[] = [];
  if (having !== null) {
    eachColumn(having, (column) => {
      if (isWindowed && isWindowBound(column.name)) throw misplacedBound(column);
    });
    looseHaving = looseColumns(having);
  }
  if (aggregatesCount === 0 && !isPull) {
    throw statementError('GROUP BY requires aggregate functions in either the SELECT or HAVING clause.');
  }
  if (looseSelects.length > 0) {
    throw statementError(
      `Non-aggregate SELECT expression(s) not part of GROUP BY: ${looseSelects.map(({ expression }) => printExpression(expression)).join(', ')}\nEither add the column(s) to the GROUP BY or remove them from the SELECT.`,
    );
  }
  if (looseHaving.length > 0) {
    throw statementError(
      `Non-aggregate HAVING expression not part of GROUP BY: ${looseHaving.map((each) => printExpression(each)).join(', ')}\nConsider switching the HAVING clause to a WHERE clause before the GROUP BY.`,
    );
  }
}

function checkNoAggregate(expression: Expression, isAggregate: (call: FunctionCall) => boolean): void {
  if (expression.kind === 'call' && isAggregate(expression)) {
    throw statementError(
      `GROUP BY does not support aggregate functions: ${expression.name} is an aggregate function.`,
      expression.range,
    );
  }
  for (const child of childrenOf(expression)) checkNoAggregate(child, isAggregate);
}

function misplacedBound(column: Expression): Error {
  return statementError(
    `Window bounds column ${printExpression(column)} can only be used in the SELECT clause of windowed aggregations and can not be passed to aggregate functions.\nSee https://github.com/confluentinc/ksql/issues/4397`,
  );
}
