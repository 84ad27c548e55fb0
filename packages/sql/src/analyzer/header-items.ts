import { checkExtended } from '../dialect.ts';
import type { Properties } from '../functions/function-registry.ts';
import type { HeaderItem } from '../plan/steps/project-step.ts';
import { columnOf, type Step } from '../plan/steps/step.ts';
import type { Column } from '../schema/column.ts';
import type { Expression } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import { quotedName, typeText } from '../types/sql-type.ts';
import type { NamedItem } from './select-items.ts';
import { statementError } from './statement-error.ts';
import type { Typing } from './typing.ts';

/** @throws SqlError where the results are no records of a stream that are written */
export function checkHeadersPossible(
  items: readonly NamedItem[],
  use: { readonly isPersistent: boolean; readonly isAggregated: boolean; readonly isTable: boolean },
  settings: Properties,
): void {
  const item = items.find((each) => each.kind === 'column' && each.headerKey !== null);
  if (item?.kind !== 'column') return;
  const what = `HEADER('${item.headerKey}')`;
  const { range } = item.qualified;
  checkExtended(settings, what, range);
  if (!use.isPersistent) {
    throw statementError(
      `${what}: headers are written with records, and this query writes none. Select it as a column, or write CREATE STREAM … AS SELECT …`,
      range,
    );
  }
  if (use.isAggregated || use.isTable) {
    throw statementError(
      `${what}: headers are written by queries of streams. A row of a table is what several records came to: select it as a column.`,
      range,
    );
  }
}

/** @throws SqlError for what is no text and no bytes, and for a key that is there already */
export function headerItem(
  name: string,
  key: string,
  expression: Expression,
  before: readonly HeaderItem[],
  { schema }: Step,
  typing: Typing,
): HeaderItem {
  if (expression.kind === 'column' && columnOf(schema, expression.name) === undefined) {
    throw statementError(`Column '${expression.name}' cannot be resolved.`, expression.range);
  }
  const type = typing.typeOf(expression, schema);
  if (type?.kind !== 'STRING' && type?.kind !== 'BYTES') {
    const shown = type === null ? 'NULL' : typeText(type);
    throw statementError(
      `HEADER('${key}') has to be a STRING or BYTES, and ${printExpression(expression)} is ${shown}. Write CAST(${printExpression(expression)} AS STRING).`,
      expression.range,
    );
  }
  if (before.some((each) => each.key === key)) {
    throw statementError(`HEADER('${key}') is selected twice: each header has one value.`, expression.range);
  }
  return { name, key, expression };
}

/** @throws SqlError for a header whose column has the name of another */
export function checkHeaderNames(headers: readonly HeaderItem[], columns: readonly Column[]): void {
  for (const [at, { key, name }] of headers.entries()) {
    const isTaken = [...columns, ...headers.slice(0, at)].some((each) => each.name === name);
    if (isTaken) {
      throw statementError(
        `HEADER('${key}') would be shown by a column called ${quotedName(name)}, and there is one. Give it another name: … AS name HEADER('${key}')`,
      );
    }
  }
}
