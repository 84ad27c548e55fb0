import { setImmediate as nextTurn } from 'node:timers/promises';
import { CodeModule } from '../../expressions/code-module.ts';
import { at, type ColumnCodes, conditionCode, type Row, valueCode } from '../../plan/physical/flow.ts';
import type { QueryContext } from '../../plan/physical/query-context.ts';
import { rowSerde } from '../../plan/row-serde.ts';
import type { Column } from '../../schema/column.ts';
import type { Expression } from '../../syntax/ast/index.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { SimpleQuery } from '../row-selection.ts';
import type { RowBudget } from './row-budget.ts';

/** Rows of a step: arrays, of which `columns` tells what stands where. */
export interface Rows {
  readonly columns: ColumnCodes;
  readonly batches: AsyncIterable<readonly Row[]>;
}

export interface Evaluation {
  readonly context: QueryContext;
  readonly budget: RowBudget;
  /** Reads the rows of one source. */
  read(query: SimpleQuery): AsyncIterable<readonly Row[]>;
}

/** Columns that stand in a row in their order. */
export function columnsAt(columns: readonly Column[], first = 0): ColumnCodes {
  return new Map(columns.map(({ name, type }, index) => [name, at(first + index, type)]));
}

/** Code of expressions has the row as `v`: nothing else is left of a record. */
const frame = 'const k = null, t = 0, c = null;';

/** A row of the expressions' values. */
export function rowFunction(
  expressions: readonly Expression[],
  columns: ColumnCodes,
  context: QueryContext,
): (row: Row) => Row {
  const module = new CodeModule();
  const values = expressions.map((each) => valueCode(each, columns, module, context).code);
  return module.link(`function (v) { ${frame} return [${values.join(', ')}]; }`);
}

export function conditionFunction(
  conditions: readonly Expression[],
  columns: ColumnCodes,
  context: QueryContext,
): (row: Row) => boolean {
  const module = new CodeModule();
  const codes = conditions.map((each) => conditionCode(each, columns, module, context));
  return module.link(`function (v) { ${frame} return ${codes.map((code) => `(${code})`).join(' && ')}; }`);
}

/** What is equal for equal values and can be looked up in a Map; null where one of them is null. */
export function identityFunction(types: readonly SqlType[]): (values: Row) => unknown {
  const [only] = types;
  if (types.length === 1 && isPlain(only!)) return (values) => values[0] ?? null;
  const { encode } = rowSerde(types);
  return (values) => (values.includes(null) ? null : Buffer.from(encode(values, '') as Buffer).toString('latin1'));
}

function isPlain({ kind }: SqlType): boolean {
  return !['BYTES', 'DECIMAL', 'ARRAY', 'MAP', 'STRUCT'].includes(kind);
}

export function filtered(rows: Rows, conditions: readonly Expression[], context: QueryContext): Rows {
  if (conditions.length === 0) return rows;
  const isWanted = conditionFunction(conditions, rows.columns, context);
  return { columns: rows.columns, batches: mapped(rows.batches, (batch) => batch.filter(isWanted)) };
}

export async function* mapped(
  batches: AsyncIterable<readonly Row[]>,
  map: (batch: readonly Row[]) => readonly Row[],
): AsyncIterableIterator<readonly Row[]> {
  for await (const batch of batches) {
    const rows = map(batch);
    if (rows.length > 0) yield rows;
  }
}

const batchRows = 1_000;

/** Some at a time, with turns for others in between. */
export async function* inBatches(rows: Iterable<Row>): AsyncIterableIterator<readonly Row[]> {
  let batch: Row[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < batchRows) continue;
    yield batch;
    batch = [];
    await nextTurn();
  }
  if (batch.length > 0) yield batch;
}
