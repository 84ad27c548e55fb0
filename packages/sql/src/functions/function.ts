import type { SqlType } from '../types/sql-type.ts';

/** The type of a parameter or result: concrete, a type variable, any number, a function, or built of these. */
export type TypePattern =
  | SqlType
  | { readonly kind: 'VARIABLE'; readonly name: string }
  /** DECIMAL of any precision and scale. */
  | { readonly kind: 'ANY_DECIMAL' }
  /** Anything; needs not be the same at another place. */
  | { readonly kind: 'ANY' }
  /** A bare unit: DAYS, HOURS. The value is the `TimeUnit`. */
  | { readonly kind: 'INTERVAL_UNIT' }
  | { readonly kind: 'LAMBDA'; readonly parameters: readonly TypePattern[]; readonly returns: TypePattern }
  | { readonly kind: 'ARRAY_OF'; readonly element: TypePattern }
  | { readonly kind: 'MAP_OF'; readonly key: TypePattern; readonly value: TypePattern }
  | {
      readonly kind: 'STRUCT_OF';
      readonly fields: readonly { readonly name: string; readonly type: TypePattern }[];
    };

export interface Parameter {
  readonly name: string;
  readonly type: TypePattern;
  readonly description?: string;
  /** Any number of these, none too; at most one of a function. */
  readonly isVariadic?: boolean;
}

/** What is known where a call is compiled; a function may choose its way by it, once. */
export interface CallSite {
  /** Of the arguments, after resolution; null for the untyped NULL, and for lambdas. */
  readonly argumentTypes: readonly (SqlType | null)[];
  /** Values of arguments that are literals; undefined for others. */
  readonly literals: readonly unknown[];
  readonly returnType: SqlType;
  /** `ksql.functions.*` and others. */
  readonly properties: ReadonlyMap<string, string>;
}

/** The result's type: a pattern whose variables the arguments have bound, or by rule. */
export type ReturnType =
  | TypePattern
  | ((argumentTypes: readonly (SqlType | null)[], literals: readonly unknown[]) => SqlType);

/** Values in and out are those of `SqlType`; null is SQL's null, lambdas are functions. What is thrown makes the column null, and is logged. */
export type Evaluate = (...values: never[]) => unknown;

interface Described {
  /** Upper case. */
  readonly name: string;
  readonly category: string;
  readonly description: string;
  /** A call and what it gives: `UCASE('abc') → 'ABC'`. */
  readonly example?: string;
  /** The module that it comes from; absent for those of the language. */
  readonly path?: string;
}

export interface ScalarVariant {
  readonly parameters: readonly Parameter[];
  readonly returns: ReturnType;
  readonly description?: string;
  /** Called once for each place in a statement that calls the function. */
  create(site: CallSite): Evaluate;
  /** True: called with nulls as well. Default: a null argument makes the result null. */
  readonly isNullTaken?: boolean;
}

export interface ScalarFunction extends Described {
  readonly kind: 'scalar';
  readonly variants: readonly ScalarVariant[];
}

/**
 * Aggregation of one column of a group. States are values of `stateType` (they go to changelogs); `add` and `undo` give the next state
 * and leave the given one as it is: its result may still be asked for. What they throw stops the query, as a wrong sum would be worse.
 */
export interface Aggregator {
  readonly stateType: SqlType;
  initial(): unknown;
  /** `values`: one for each argument that is no literal at the end of the list. Called with nulls too. */
  add(state: unknown, ...values: unknown[]): unknown;
  /** Takes a row out again; null: not possible, so not for tables. */
  readonly undo: ((state: unknown, ...values: unknown[]) => unknown) | null;
  /** For session windows; `one` is the earlier. */
  merge(one: unknown, other: unknown): unknown;
  result(state: unknown): unknown;
}

export interface AggregateVariant {
  readonly parameters: readonly Parameter[];
  /** How many of the last parameters must be literals: they are in `site.literals`, not in the values. */
  readonly literalsCount?: number;
  readonly returns: ReturnType;
  readonly description?: string;
  create(site: CallSite): Aggregator;
}

export interface AggregateFunction extends Described {
  readonly kind: 'aggregate';
  readonly variants: readonly AggregateVariant[];
}

export interface TableVariant {
  readonly parameters: readonly Parameter[];
  /** Of one row. */
  readonly returns: ReturnType;
  readonly description?: string;
  /** The rows; null is none. Called with nulls too. */
  create(site: CallSite): (...values: never[]) => readonly unknown[] | null;
}

export interface TableFunction extends Described {
  readonly kind: 'table';
  readonly variants: readonly TableVariant[];
}

export type SqlFunction = ScalarFunction | AggregateFunction | TableFunction;
