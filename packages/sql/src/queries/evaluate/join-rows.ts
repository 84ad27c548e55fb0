import { expressionKey, rewrite } from '../../expressions/walk.ts';
import { withColumns } from '../../plan/physical/build-step.ts';
import { at, type Row } from '../../plan/physical/flow.ts';
import type { EqualPair, JoinStep } from '../../plan/steps/join-step.ts';
import { columnOf, type Step } from '../../plan/steps/step.ts';
import type { Expression } from '../../syntax/ast/index.ts';
import { type Evaluation, filtered, identityFunction, type Rows, rowFunction } from './rows.ts';

type Evaluate = (
  step: Step,
  needed: ReadonlySet<string>,
  conditions: readonly Expression[],
  evaluation: Evaluation,
) => Rows;

/** Rows of both sides that belong together: those of the right side are kept, those of the left side come by. */
export function joined(
  step: JoinStep,
  needed: ReadonlySet<string>,
  conditions: readonly Expression[],
  evaluation: Evaluation,
  evaluate: Evaluate,
): Rows {
  const pairs = step.equal ?? [];
  const { behind, onLeft, onRight } = dealt(step, conditions);
  const wanted = withColumns(needed, behind);
  const left = evaluate(step.left, columnsOf(step.left, wanted, pairs, 'left'), onLeft, evaluation);
  const right = evaluate(step.right, columnsOf(step.right, wanted, pairs, 'right'), onRight, evaluation);
  const leftCount = left.columns.size;
  const columns = new Map([
    ...left.columns,
    ...[...right.columns].map(([name, { type: each }], index) => [name, at(leftCount + index, each)] as const),
  ]);
  const join = new HashJoin(step, left, right, evaluation);
  const rows: Rows = { columns, batches: join.batches() };
  return filtered(rows, behind, evaluation.context);
}

class HashJoin {
  readonly #step: JoinStep;
  readonly #left: Rows;
  readonly #right: Rows;
  readonly #evaluation: Evaluation;

  constructor(step: JoinStep, left: Rows, right: Rows, evaluation: Evaluation) {
    this.#step = step;
    this.#left = left;
    this.#right = right;
    this.#evaluation = evaluation;
  }

  async *batches(): AsyncIterableIterator<readonly Row[]> {
    const { type } = this.#step;
    const { context, budget } = this.#evaluation;
    const pairs = this.#step.equal ?? [];
    const identity = identityFunction(pairs.map((pair) => pair.type));
    const keyOf = (side: 'left' | 'right', { columns }: Rows) => {
      const values = rowFunction(
        pairs.map((pair) => pair[side]),
        columns,
        context,
      );
      return (row: Row) => identity(values(row));
    };
    const leftKey = keyOf('left', this.#left);
    const rightKey = keyOf('right', this.#right);
    const isLeftKept = type === 'LEFT' || type === 'FULL';
    const isRightKept = type === 'RIGHT' || type === 'FULL';
    const byKey = new Map<unknown, { readonly row: Row; isMet: boolean }[]>();
    const withoutKey: Row[] = [];
    for await (const batch of this.#right.batches) {
      budget.keep(batch.length, 'JOIN');
      for (const row of batch) {
        const key = rightKey(row);
        const known = byKey.get(key);
        if (key === null) withoutKey.push(row);
        else if (known === undefined) byKey.set(key, [{ row, isMet: false }]);
        else known.push({ row, isMet: false });
      }
    }
    const noLeft = new Array<unknown>(this.#left.columns.size).fill(null);
    const noRight = new Array<unknown>(this.#right.columns.size).fill(null);
    for await (const batch of this.#left.batches) {
      let rows: Row[] = [];
      for (const row of batch) {
        const key = leftKey(row);
        const found = key === null ? undefined : byKey.get(key);
        if (found === undefined) {
          if (isLeftKept) rows.push([...row, ...noRight]);
          continue;
        }
        for (const each of found) {
          each.isMet = true;
          rows.push([...row, ...each.row]);
          if (rows.length < rowsMax) continue;
          // One row may have very many partners.
          yield rows;
          rows = [];
        }
      }
      if (rows.length > 0) yield rows;
    }
    if (!isRightKept) return;
    const unmet = withoutKey.map((row) => [...noLeft, ...row]);
    for (const each of byKey.values()) for (const { isMet, row } of each) if (!isMet) unmet.push([...noLeft, ...row]);
    if (unmet.length > 0) yield unmet;
  }
}

const rowsMax = 10_000;

function columnsOf(
  side: Step,
  wanted: ReadonlySet<string>,
  pairs: readonly EqualPair[],
  name: 'left' | 'right',
): ReadonlySet<string> {
  const own = new Set([...wanted].filter((each) => columnOf(side.schema, each) !== undefined));
  return withColumns(
    own,
    pairs.map((pair) => pair[name]),
  );
}

/**
 * What may be asked of the rows of one side before they are joined. A side whose rows may be left out (an outer join gives nulls for them) is
 * asked afterwards. What is said of one of two equal expressions holds for the other.
 */
function dealt(
  { equal = [], left, right, type }: JoinStep,
  conditions: readonly Expression[],
): { readonly onLeft: Expression[]; readonly onRight: Expression[]; readonly behind: Expression[] } {
  const isLeftAsked = type === 'INNER' || type === 'LEFT';
  const isRightAsked = type === 'INNER' || type === 'RIGHT';
  const onLeft: Expression[] = [];
  const onRight: Expression[] = [];
  const behind: Expression[] = [];
  for (const condition of conditions) {
    const ofLeft = isOf(condition, left);
    const ofRight = isOf(condition, right);
    if (ofLeft && isLeftAsked) {
      onLeft.push(condition);
      const other = moved(condition, equal, 'left', 'right');
      // Rows of the right side that no row of the left one belongs to are of no matter in a LEFT join either.
      if (other !== null && isOf(other, right)) onRight.push(other);
    } else if (ofRight && isRightAsked) {
      onRight.push(condition);
      const other = moved(condition, equal, 'right', 'left');
      if (other !== null && isOf(other, left)) onLeft.push(other);
    } else behind.push(condition);
  }
  return { onLeft, onRight, behind };
}

function isOf(condition: Expression, { schema }: Step): boolean {
  let count = 0;
  let isAll = true;
  for (const name of withColumns(new Set(), [condition])) {
    count++;
    if (columnOf(schema, name) === undefined) isAll = false;
  }
  return count > 0 && isAll;
}

/** The condition with the equal expressions of the other side; null where it names something else too. */
function moved(
  condition: Expression,
  equal: readonly EqualPair[],
  from: 'left' | 'right',
  to: 'left' | 'right',
): Expression | null {
  const others = new Map(equal.map((pair) => [expressionKey(pair[from]), pair[to]]));
  let isWhole = true;
  const other = rewrite(condition, (part) => {
    const found = others.get(expressionKey(part));
    if (found !== undefined) return found;
    if (part.kind === 'column') isWhole = false;
    return undefined;
  });
  return isWhole ? other : null;
}
