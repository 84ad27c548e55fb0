import type { SqlError } from '../sql-error.ts';
import type { Expression } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import { quotedName } from '../types/sql-type.ts';
import { joinedText, statementError } from './statement-error.ts';

/** The projection of a persistent query leaves out what its rows' key is made of. */
export function missingKey(
  sink: string,
  what: string,
  keys: readonly Expression[],
  { isAnyEnough = false, isSynthetic = false } = {},
): SqlError {
  const texts = keys.map((each) => printExpression(each));
  const ending = !isAnyEnough && keys.length > 1 ? 's' : '';
  const example = isAnyEnough ? texts[0] : texts.join(', ');
  const more = isSynthetic
    ? `\n${texts[0]} was added as a synthetic key column because the join criteria did not match any source column. This expression must be included in the projection and may be aliased. `
    : '';
  return statementError(
    `Key${ending} missing from projection (ie, SELECT). ${isSynthetic ? 'See https://cnfl.io/2LV7ouS.' : ''}\nThe query used to build ${quotedName(sink)} must include the ${what}${keys.length === 1 ? '' : 's'} ${joinedText(texts, isAnyEnough ? 'or' : 'and')} in its projection (eg, SELECT ${example}...).${more}`,
  );
}

/** A key column stands in the projection more than once. */
export function repeatedKey(column: string | null, aliases: readonly string[]): SqlError {
  const which =
    column === null
      ? `a key column more than once: ${joinedText(aliases.map(quotedName), 'and')}.`
      : `a key column (${quotedName(column)}) more than once, aliased as: ${joinedText(aliases.toSorted(), 'and')}.`;
  return statementError(
    `The projection contains ${which}\nEach key column must only be in the projection once. If you intended to copy the key into the value, then consider using the AS_VALUE function to indicate which key reference should be copied.`,
  );
}
