import { statementError } from '../analyzer/statement-error.ts';
import type { Expression, Query, SelectItem } from '../syntax/ast/index.ts';

const namePrefix = 'HEADWATER_ORDER_';

/**
 * The query with what it is ordered by as further columns behind its own: names of the result's columns, their numbers from 1, or any expressions.
 *
 * @throws SqlError for a number that no column has
 */
export function withOrderColumns(query: Query): Query {
  if (query.orderBy === null) return query;
  const added = query.orderBy.map(
    ({ expression }, at): SelectItem => ({
      kind: 'column',
      range: expression.range,
      expression: meant(expression, query.select),
      alias: `${namePrefix}${at}`,
      headerKey: null,
    }),
  );
  return { ...query, select: [...query.select, ...added] };
}

function meant(expression: Expression, items: readonly SelectItem[]): Expression {
  if (expression.kind === 'integer') {
    const item = items.slice(0, expression.value).every(({ kind }) => kind === 'column')
      ? items[expression.value - 1]
      : undefined;
    if (item?.kind === 'column') return item.expression;
    throw statementError(
      `ORDER BY ${expression.value}: there is no such column, or a * before it. Name what it is ordered by`,
      expression.range,
    );
  }
  if (expression.kind !== 'column' || expression.source !== null) return expression;
  const named = items.find((item) => item.kind === 'column' && item.alias === expression.name);
  return named?.kind === 'column' ? named.expression : expression;
}
