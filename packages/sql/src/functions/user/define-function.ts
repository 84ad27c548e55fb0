import { SqlError } from '../../sql-error.ts';
import { parseType } from '../../syntax/parse.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { AggregateFunction, Evaluate, Parameter, ScalarFunction, TableFunction } from '../function.ts';
import type { Nullable, UserParameter, ValueOf, ValuesOf } from './value-of-type.ts';

const namePattern = /^[A-Za-z][A-Za-z0-9_]*$/;

interface Described<P extends readonly UserParameter[], R extends string> {
  /** Letters, digits and _; case does not count. Several definitions of one name are its variants. */
  readonly name: string;
  readonly description?: string;
  readonly example?: string;
  readonly parameters: P;
  /** The type of the result, as in SQL. */
  readonly returns: R;
}

export interface UserFunction<P extends readonly UserParameter[], R extends string> extends Described<P, R> {
  /** The result of values other than null; a null among them makes the result null. What it throws does so too, and is logged. */
  evaluate(...values: ValuesOf<P>): ValueOf<R> | null | undefined;
}

/**
 * A function that statements may call.
 *
 * @example
 * export default defineFunction({
 *   name: 'SHOUT',
 *   description: 'A text in capitals, with marks behind it.',
 *   parameters: [{ name: 'text', type: 'STRING' }, { name: 'marks', type: 'INTEGER' }],
 *   returns: 'STRING',
 *   evaluate: (text, marks) => text.toUpperCase() + '!'.repeat(marks),
 * });
 *
 * @throws SqlError for a name or type that is none
 */
export function defineFunction<const P extends readonly UserParameter[], const R extends string>(
  given: UserFunction<P, R>,
): ScalarFunction {
  const about = checked(given, ['evaluate']);
  const run = given.evaluate as (...values: unknown[]) => unknown;
  const evaluate: Evaluate = (...values: unknown[]) => run(...values) ?? null;
  return { kind: 'scalar', ...about.head, variants: [{ ...about.signature, create: () => evaluate }] };
}

export interface UserAggregate<P extends readonly UserParameter[], S extends string, R extends string>
  extends Described<P, R> {
  /** The type of the state, which changelogs keep. */
  readonly state: S;
  initial(): ValueOf<S> | null;
  /** The next state; the given one must stay as it is. Values may be null. What is thrown stops the query. */
  add(state: ValueOf<S> | null, ...values: Nullable<ValuesOf<P>>): ValueOf<S> | null;
  /** Takes a row out again; without it the function is not for tables. */
  undo?(state: ValueOf<S> | null, ...values: Nullable<ValuesOf<P>>): ValueOf<S> | null;
  /** Of two sessions that become one; `one` is the earlier. */
  merge(one: ValueOf<S> | null, other: ValueOf<S> | null): ValueOf<S> | null;
  /** Default: the state. */
  result?(state: ValueOf<S> | null): ValueOf<R> | null;
}

/**
 * An aggregate function for GROUP BY.
 *
 * @throws SqlError for a name or type that is none
 */
export function defineAggregate<
  const P extends readonly UserParameter[],
  const S extends string,
  const R extends string,
>(given: UserAggregate<P, S, R>): AggregateFunction {
  const about = checked(given, ['initial', 'add', 'merge']);
  const stateType = typeOf(given.name, given.state);
  type Step = (state: unknown, ...values: unknown[]) => unknown;
  const undo = given.undo === undefined ? null : (given.undo.bind(given) as Step);
  const result = given.result?.bind(given) as ((state: unknown) => unknown) | undefined;
  const aggregator = {
    stateType,
    initial: () => given.initial(),
    add: given.add.bind(given) as Step,
    undo,
    merge: given.merge.bind(given) as (one: unknown, other: unknown) => unknown,
    result: result ?? ((state: unknown) => state),
  };
  return { kind: 'aggregate', ...about.head, variants: [{ ...about.signature, create: () => aggregator }] };
}

export interface UserTableFunction<P extends readonly UserParameter[], R extends string> extends Described<P, R> {
  /** The rows, each of the type `returns`; null is none. Values may be null. */
  rows(...values: Nullable<ValuesOf<P>>): readonly (ValueOf<R> | null)[] | null;
}

/**
 * A function that gives rows, for the SELECT of streams.
 *
 * @throws SqlError for a name or type that is none
 */
export function defineTableFunction<const P extends readonly UserParameter[], const R extends string>(
  given: UserTableFunction<P, R>,
): TableFunction {
  const about = checked(given, ['rows']);
  const rows = given.rows.bind(given) as (...values: never[]) => readonly unknown[] | null;
  return { kind: 'table', ...about.head, variants: [{ ...about.signature, create: () => rows }] };
}

interface Checked {
  readonly head: {
    readonly name: string;
    readonly category: string;
    readonly description: string;
    readonly example?: string;
  };
  readonly signature: { readonly parameters: readonly Parameter[]; readonly returns: SqlType };
}

function checked(given: Described<readonly UserParameter[], string>, methods: readonly string[]): Checked {
  const { name, description = '', example, parameters, returns } = given;
  if (typeof name !== 'string' || !namePattern.test(name)) {
    throw new SqlError(
      'HW_SQL_STATEMENT',
      `A function needs a name of letters, digits and _, not ${JSON.stringify(name)}`,
    );
  }
  for (const method of methods) {
    if (typeof (given as unknown as Record<string, unknown>)[method] !== 'function') {
      throw new SqlError(
        'HW_SQL_STATEMENT',
        `The function ${name} needs a method ${method}: write it in its definition`,
      );
    }
  }
  const typed = parameters.map((each) => ({ ...each, type: typeOf(name, each.type) }));
  return {
    head: { name: name.toUpperCase(), category: 'USER', description, ...(example !== undefined && { example }) },
    signature: { parameters: typed, returns: typeOf(name, returns) },
  };
}

function typeOf(name: string, text: string): SqlType {
  try {
    return parseType(text);
  } catch (cause) {
    throw new SqlError(
      'HW_SQL_STATEMENT',
      `The function ${name} has the type ${JSON.stringify(text)}, which is none: write it as in SQL, such as BIGINT or ARRAY<STRING>`,
      { cause },
    );
  }
}
