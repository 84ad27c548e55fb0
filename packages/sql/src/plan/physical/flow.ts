import type { KStream, KTable } from '@headwater/streams';
import type { CodeModule } from '../../expressions/code-module.ts';
import { ExpressionWriter } from '../../expressions/expression-writer.ts';
import type { Written } from '../../expressions/written.ts';
import type { Expression } from '../../syntax/ast/index.ts';
import { sqlTypes } from '../../types/sql-type.ts';
import type { QueryContext } from './query-context.ts';
import type { RowKey } from './row-key.ts';

export type Row = unknown[];

/** Where the code of a column finds its value: `k` key, `v` row, `t` timestamp, `c` record. */
export type ColumnCodes = ReadonlyMap<string, Written>;

/**
 * Rows on their way. What filters and projections do to a stream's rows is not done where they stand, but gathered as code, and done at once
 * where rows have to be there.
 */
export interface StreamFlow {
  readonly kind: 'stream';
  readonly stream: KStream<unknown, Row | null>;
  readonly columns: ColumnCodes;
  readonly key: RowKey;
  readonly pending: Pending;
  /** Where its rows are kept already, by key, for who looks them up. */
  readonly kept?: KeptRows;
}

/** Rows of a table in a store, as the flow's columns read them; those that a filter does not let through stand there too. */
export interface KeptRows {
  readonly store: string;
  readonly kind: 'key-value' | 'window' | 'session';
  readonly filters: readonly Expression[];
}

/** Not done yet. */
export interface Pending {
  readonly module: CodeModule;
  /** Code that must be true for a row to go on. */
  readonly conditions: readonly string[];
  /** The new key's columns; null: the key stays. */
  readonly keyCodes: readonly Written[] | null;
  /** The same for a row without value; null code where it would be read. */
  readonly keyCodesWithoutRow?: readonly Written[];
}

/** A table: its columns are code over `k` and `v` alone. */
export interface TableFlow {
  readonly kind: 'table';
  readonly table: KTable<unknown, Row>;
  readonly columns: ColumnCodes;
  readonly key: RowKey;
  readonly kept?: KeptRows;
}

export type Flow = StreamFlow | TableFlow;

export function expressionWriter(
  columns: ColumnCodes,
  module: CodeModule,
  { functions, onError, properties }: QueryContext,
): ExpressionWriter {
  return new ExpressionWriter({ column: (name) => columns.get(name) }, { functions, properties, module, onError });
}

/** Code that is null where the expression fails. */
export function valueCode(
  expression: Expression,
  columns: ColumnCodes,
  module: CodeModule,
  context: QueryContext,
): Written {
  const writer = expressionWriter(columns, module, context);
  const written = writer.orNull(() => writer.write(expression));
  return standalone(written, writer, module);
}

/** Code that is false where the expression is null or fails. */
export function conditionCode(
  expression: Expression,
  columns: ColumnCodes,
  module: CodeModule,
  context: QueryContext,
): string {
  const writer = expressionWriter(columns, module, context);
  const written = writer.orNull(() => writer.write(expression));
  return `${standalone(written, writer, module).code} === true`;
}

/** What needs places of its own becomes a function, so that code can stand anywhere. */
function standalone(written: Written, writer: ExpressionWriter, module: CodeModule): Written {
  if (writer.frame.temps.length === 0) return written;
  const name = module.helper('k, v, t, c', `${writer.frame.declaration} return ${written.code};`);
  return { ...written, code: `${name}(k, v, t, c)` };
}

export function at(index: number, type: Written['type']): Written {
  return { type, code: `v[${index}]`, isNullable: true, isThrowing: false };
}

/** The key's columns as code; `isNullable`: streams have rows without key. */
export function keyColumnCodes(
  { columns, window }: Pick<RowKey, 'columns' | 'window'>,
  isNullable: boolean,
): Written[] {
  const key = window === null ? 'k' : isNullable ? '(k === null ? null : k.key)' : 'k.key';
  if (columns.length === 1) return [{ type: columns[0]!.type, code: key, isNullable: true, isThrowing: false }];
  return columns.map(({ type }, index) => ({
    type,
    code: isNullable ? `(${key} === null ? null : ${key}[${index}])` : `${key}[${index}]`,
    isNullable: true,
    isThrowing: false,
  }));
}

export function windowBoundCodes(isNullable: boolean): readonly (readonly [string, Written])[] {
  return (['startMs', 'endMs'] as const).map((bound, index) => [
    index === 0 ? 'WINDOWSTART' : 'WINDOWEND',
    {
      type: sqlTypes.bigint,
      code: isNullable ? `(k === null ? null : k.window.${bound})` : `k.window.${bound}`,
      isNullable,
      isThrowing: false,
    },
  ]);
}
