import { SqlError } from '../sql-error.ts';
import { nearestWord } from '../syntax/parser/nearest-word.ts';
import type { SqlType } from '../types/sql-type.ts';
import type {
  AggregateFunction,
  AggregateVariant,
  Aggregator,
  CallSite,
  Evaluate,
  ScalarFunction,
  ScalarVariant,
  SqlFunction,
  TableFunction,
  TableVariant,
} from './function.ts';
import type { Argument } from './match-argument.ts';
import { type Resolution, resolveVariant } from './resolve.ts';

export type Properties = ReadonlyMap<string, string>;

export interface ScalarCall extends Resolution<ScalarVariant> {
  /** Nulls are given to `evaluate` too; otherwise a null argument makes the result null and it is not called. */
  readonly isNullTaken: boolean;
  readonly evaluate: Evaluate;
}

export interface AggregateCall extends Resolution<AggregateVariant> {
  /** How many of the arguments are values of rows; those behind them are literals that the aggregator knows. */
  readonly valuesCount: number;
  readonly aggregator: Aggregator;
}

export interface TableCall extends Resolution<TableVariant> {
  readonly rows: (...values: never[]) => readonly unknown[] | null;
}

const noProperties: Properties = new Map();

/** The functions that statements may call, by name in any case. */
export class FunctionRegistry {
  readonly #functions = new Map<string, SqlFunction>();

  constructor(functions: Iterable<SqlFunction> = []) {
    for (const each of functions) this.add(each);
  }

  /** Adds a function, or variants to one of the same name and kind. @throws SqlError where the name is one of another kind */
  add(added: SqlFunction): void {
    const name = added.name.toUpperCase();
    const known = this.#functions.get(name);
    if (known === undefined) {
      this.#functions.set(name, added);
      return;
    }
    if (known.kind !== added.kind) {
      throw new SqlError(
        'HW_SQL_STATEMENT',
        `There is a function ${name} already, and it is ${known.kind}; give this ${added.kind} one another name.`,
      );
    }
    this.#functions.set(name, { ...known, variants: [...known.variants, ...added.variants] } as SqlFunction);
  }

  find(name: string): SqlFunction | undefined {
    return this.#functions.get(name.toUpperCase());
  }

  /** @throws SqlError HW_SQL_STATEMENT where there is none */
  get(name: string): SqlFunction {
    const found = this.find(name);
    if (found !== undefined) return found;
    const nearest = nearestWord(name.toUpperCase(), this.#functions.keys());
    throw new SqlError('HW_SQL_STATEMENT', `Can't find any functions with the name '${name}'`, {
      hint: nearest === null ? 'SHOW FUNCTIONS; lists those that there are.' : `Did you mean ${nearest}?`,
    });
  }

  /** By name. */
  all(): SqlFunction[] {
    return [...this.#functions.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** @throws SqlError where the arguments fit no variant, or several */
  scalar(called: ScalarFunction, given: readonly Argument[], properties: Properties = noProperties): ScalarCall {
    const resolution = resolveVariant(called.name.toLowerCase(), called.variants, given);
    const { variant, spreadAt } = resolution;
    const evaluate = variant.create(siteOf(resolution, given, properties));
    return {
      ...resolution,
      isNullTaken: variant.isNullTaken === true,
      evaluate: spreadAt === -1 ? evaluate : spread(evaluate, spreadAt),
    };
  }

  /** @throws SqlError where the arguments fit no variant, or several, or where one that must be a literal is none */
  aggregate(
    called: AggregateFunction,
    given: readonly Argument[],
    properties: Properties = noProperties,
  ): AggregateCall {
    const resolution = resolveVariant(called.name, called.variants, given);
    const literalsCount = countLiterals(resolution.variant, given);
    for (const [at, argument] of given.slice(given.length - literalsCount).entries()) {
      if (argument.kind === 'value' && argument.literal !== undefined) continue;
      throw new SqlError(
        'HW_SQL_STATEMENT',
        `Parameter ${given.length - literalsCount + at + 1} passed to function ${called.name} must be a literal constant, but was expression: '${argument.kind === 'value' ? (argument.text ?? '') : ''}'`,
      );
    }
    const aggregator = resolution.variant.create(siteOf(resolution, given, properties));
    return { ...resolution, valuesCount: given.length - literalsCount, aggregator };
  }

  /** @throws SqlError where the arguments fit no variant, or several */
  table(called: TableFunction, given: readonly Argument[], properties: Properties = noProperties): TableCall {
    const resolution = resolveVariant(called.name.toLowerCase(), called.variants, given);
    return { ...resolution, rows: resolution.variant.create(siteOf(resolution, given, properties)) };
  }
}

/** A variadic literal parameter at the end counts for all arguments that it takes. */
function countLiterals({ parameters, literalsCount = 0 }: AggregateVariant, given: readonly Argument[]): number {
  const isVariadic = parameters.slice(parameters.length - literalsCount).some((parameter) => parameter.isVariadic);
  return isVariadic ? literalsCount + given.length - parameters.length : literalsCount;
}

function siteOf(
  { argumentTypes, returnType }: Resolution<never> | Resolution<ScalarVariant | AggregateVariant | TableVariant>,
  given: readonly Argument[],
  properties: Properties,
): CallSite {
  const literals = given.map((argument) => (argument.kind === 'lambda' ? undefined : argument.literal));
  return { argumentTypes: argumentTypes as (SqlType | null)[], literals, returnType, properties };
}

function spread(evaluate: Evaluate, at: number): Evaluate {
  const run = evaluate as (...values: unknown[]) => unknown;
  return (...values: unknown[]) =>
    run(...values.slice(0, at), ...((values[at] as unknown[] | null) ?? []), ...values.slice(at + 1));
}
