import type { FilterStep } from '../plan/steps/filter-step.ts';
import type { Step } from '../plan/steps/step.ts';
import { SqlError } from '../sql-error.ts';
import type { Expression } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import { typeText } from '../types/sql-type.ts';
import { statementError } from './statement-error.ts';
import type { Typing } from './typing.ts';

/** @throws SqlError when the condition is no BOOLEAN */
export function filtered(input: Step, predicate: Expression, clause: 'WHERE' | 'HAVING', typing: Typing): FilterStep {
  checkCondition(input, predicate, clause, typing);
  return { kind: 'filter', input, predicate, schema: input.schema };
}

export function checkCondition(
  input: Pick<Step, 'schema'>,
  predicate: Expression,
  clause: string,
  typing: Typing,
): void {
  let type: ReturnType<Typing['typeOf']>;
  try {
    type = typing.typeOf(predicate, input.schema);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    // The whole condition is told too, as ksqlDB does.
    const message = `Error in ${clause} expression: ${error.message}\nStatement: ${printExpression(predicate)}`;
    throw error.told({ message });
  }
  if (type?.kind === 'BOOLEAN') return;
  const shown = type === null ? 'NULL' : typeText(type);
  throw statementError(
    `Type error in ${clause} expression: Should evaluate to boolean but is ${printExpression(predicate)} (${shown}) instead.`,
  );
}
