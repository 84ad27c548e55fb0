import type { SqlType } from '../types/sql-type.ts';

/** A column of a stream or table. */
export interface Column {
  readonly name: string;
  readonly type: SqlType;
}

/** The columns of a source: those of the key, of the value, and those that show headers, each in their order. */
export interface LogicalSchema {
  readonly key: readonly Column[];
  readonly value: readonly Column[];
  readonly headers: readonly HeaderColumn[];
}

export interface HeaderColumn extends Column {
  /** Null: all headers as an array; else the last one of this key. */
  readonly headerKey: string | null;
}
