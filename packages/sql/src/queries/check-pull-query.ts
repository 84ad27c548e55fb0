import { statementError } from '../analyzer/statement-error.ts';
import { eachColumn } from '../expressions/walk.ts';
import type { Query } from '../syntax/ast/index.ts';

const advice = 'See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you intended to issue a push query.';

/**
 * What a query that looks up rows cannot have.
 *
 * @param isPlain what ksqlDB refuses is refused
 * @throws SqlError
 */
export function checkPullQuery(query: Query, isPlain: boolean): void {
  const refuse = (what: string) => {
    throw statementError(`Pull queries don't support ${what}. ${advice}`);
  };
  if (isPlain && query.from.kind === 'join') refuse('JOIN clauses');
  if (query.window !== null && (isPlain || query.groupBy === null)) refuse('WINDOW clauses');
  if (isPlain && query.groupBy !== null) refuse('GROUP BY clauses');
  if (query.partitionBy !== null) refuse('PARTITION BY clauses');
  if (isPlain && query.having !== null) refuse('HAVING clauses');
  if (isPlain && query.orderBy !== null) refuse('ORDER BY clauses');
  if (query.limit !== null && query.limit < 0) refuse('negative integers in the LIMIT clause');
  if (query.where !== null) {
    const names = placesIn([query.where]);
    if (names.length > 0) refuse(`the following columns in WHERE clauses: ${names.join(', ')}`);
  }
  const selected = query.select.flatMap((item) => (item.kind === 'column' ? [item.expression] : []));
  const names = placesIn(selected);
  if (names.length > 0) refuse(`the following columns in SELECT clauses: ${names.join(', ')}`);
}

/** Where a record stood is not kept with the row that was made of it. */
export function placesIn(expressions: readonly Parameters<typeof eachColumn>[0][]): string[] {
  const names = new Set<string>();
  for (const expression of expressions) {
    eachColumn(expression, ({ name }) => {
      if (name === 'ROWPARTITION' || name === 'ROWOFFSET') names.add(`\`${name}\``);
    });
  }
  return [...names];
}
