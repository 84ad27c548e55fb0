import { statementError } from '../../analyzer/statement-error.ts';
import type { Row } from '../../plan/physical/flow.ts';
import type { Column } from '../../schema/column.ts';
import type { OrderItem } from '../../syntax/ast/index.ts';
import { comparator } from '../../types/comparison.ts';
import { typeText } from '../../types/sql-type.ts';
import { type Evaluation, inBatches } from './rows.ts';

export type RowOrder = (one: Row, other: Row) => number;

/**
 * Orders rows by the columns that stand behind `first`. Nulls are last, and first when it is descending, unless the item says otherwise.
 *
 * @throws SqlError for types that have no order
 */
export function rowOrder(items: readonly OrderItem[], columns: readonly Column[], first: number): RowOrder {
  const parts = items.map(({ isDescending, nulls }, at) => {
    const { type } = columns[first + at]!;
    const compare =
      type.kind === 'BOOLEAN' ? (one: boolean, other: boolean) => Number(one) - Number(other) : comparator(type, type);
    if (compare === null) {
      throw statementError(
        `ORDER BY: values of type ${typeText(type)} have no order. Order by a part of them`,
        items[at]!.expression.range,
      );
    }
    const areNullsFirst = nulls === null ? isDescending : nulls === 'FIRST';
    return {
      place: first + at,
      compare: compare as (one: unknown, other: unknown) => number,
      sign: isDescending ? -1 : 1,
      nullSign: areNullsFirst ? -1 : 1,
    };
  });
  return (one, other) => {
    for (const { compare, nullSign, place, sign } of parts) {
      const [a, b] = [one[place], other[place]];
      if (a === null || b === null) {
        if (a === b) continue;
        return a === null ? nullSign : -nullSign;
      }
      const difference = compare(a, b);
      if (difference !== 0) return difference * sign;
    }
    return 0;
  };
}

/** All rows in their order, equal ones as they came; no more are kept than `limit` asks for. */
export async function* ordered(
  batches: AsyncIterable<readonly Row[]>,
  order: RowOrder,
  limit: number,
  { budget }: Evaluation,
): AsyncIterableIterator<readonly Row[]> {
  let kept: Row[] = [];
  const keptMax = limit * 2 + 1_000;
  for await (const batch of batches) {
    budget.keep(batch.length, 'ORDER BY');
    for (const row of batch) kept.push(row);
    if (kept.length <= keptMax) continue;
    const before = kept.length;
    kept = kept.sort(order).slice(0, limit);
    budget.release(before - kept.length);
  }
  kept.sort(order);
  yield* inBatches(limit === Number.POSITIVE_INFINITY ? kept : kept.slice(0, limit));
}
