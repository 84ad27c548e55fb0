import type { DataSource } from '../catalog/data-source.ts';
import { childrenOf, eachColumn, rewrite } from '../expressions/walk.ts';
import type { SourceStep } from '../plan/steps/source-step.ts';
import type { Column } from '../schema/column.ts';
import { findColumn } from '../schema/find-column.ts';
import { isPseudoColumn, isWindowBound, pseudoColumns, windowBounds } from '../schema/system-columns.ts';
import { SqlError } from '../sql-error.ts';
import type { ColumnReference, Expression } from '../syntax/ast/index.ts';
import { nearestWord } from '../syntax/parser/nearest-word.ts';
import { quotedName } from '../types/sql-type.ts';
import { statementError, unknownSource } from './statement-error.ts';

export interface QuerySource {
  readonly source: DataSource;
  readonly alias: string;
  /** All that may be named: value, headers, pseudo columns, key, and window bounds. */
  readonly columns: readonly Column[];
}

/**
 * The sources of a query, and what its names stand for. Expressions are first qualified (`A` → `SOURCE.A`), as messages show them, and then
 * made internal: `A` where there is one source, `SOURCE_A` in a join.
 */
export class QuerySources {
  readonly all: readonly QuerySource[];
  readonly isJoin: boolean;

  constructor(sources: readonly { readonly source: DataSource; readonly alias: string }[], isJoin: boolean) {
    this.all = sources.map(({ alias, source }) => ({ alias, source, columns: sourceColumns(source) }));
    this.isJoin = isJoin;
  }

  byAlias(alias: string): QuerySource | undefined {
    return this.all.find((each) => each.alias === alias);
  }

  prefixOf(alias: string): string {
    return this.isJoin ? `${alias}_` : '';
  }

  stepOf({ alias, columns, source }: QuerySource): SourceStep {
    const prefix = this.prefixOf(alias);
    const named = ({ name, type }: Column): Column => ({ name: prefix + name, type });
    return {
      kind: 'source',
      source,
      alias,
      prefix,
      schema: { key: source.schema.key.map(named), value: columns.map(named) },
    };
  }

  /** Whether several sources have a column of the name. */
  isClashing(name: string): boolean {
    return this.all.filter(({ columns }) => findColumn(columns, name) !== undefined).length > 1;
  }

  /**
   * Every column with its source. Names that nobody knows stay as they are: `check` tells of them.
   *
   * @throws SqlError for a name that several sources have, and for parameters of lambdas that are columns
   */
  qualify(expression: Expression): Expression {
    this.#checkLambdas(expression, new Set());
    return rewrite(expression, (part) => {
      if (part.kind !== 'column' || part.source !== null) return undefined;
      const owners = this.all.filter(({ columns }) => findColumn(columns, part.name) !== undefined);
      if (owners.length > 1) {
        const candidates = owners.map(({ alias }) => `${alias}.${part.name}`);
        const list = `${candidates.slice(0, -1).join(', ')} or ${candidates.at(-1)}`;
        throw preparing(statementError(`Column '${part.name}' is ambiguous. Could be ${list}.`, part.range));
      }
      return owners.length === 0 ? undefined : { ...part, source: owners[0]!.alias };
    });
  }

  /** `extra`: names without a source that are known too. @throws SqlError for unknown columns and sources */
  check(qualified: Expression, clause: string, extra: (name: string) => boolean = () => false): void {
    eachColumn(qualified, (column) => {
      const { name, source } = column;
      if (source === null) {
        if (extra(name)) return;
        const hint =
          clause === 'PARTITION BY'
            ? ` '${name}' must be a column in the source schema since PARTITION BY is applied on the input.`
            : '';
        const known = this.all.flatMap(({ columns }) => columns.map((each) => each.name));
        throw withNearest(`${clause} column '${name}' cannot be resolved.${hint}`, column, known);
      }
      const owner = this.byAlias(source);
      if (owner === undefined) {
        throw unknownSource(source, column.range);
      }
      if (findColumn(owner.columns, name) === undefined) {
        const known = owner.columns.map((each) => each.name);
        throw withNearest(`${clause} column '${source}.${name}' cannot be resolved.`, column, known);
      }
    });
  }

  /** The names that steps know. */
  internal(qualified: Expression): Expression {
    return rewrite(qualified, (part) =>
      part.kind === 'column' && part.source !== null
        ? { kind: 'column', range: part.range, source: null, name: this.prefixOf(part.source) + part.name }
        : undefined,
    );
  }

  /** The columns that `*` and `SOURCE.*` stand for: the key's first, then the window's bounds, then the others. */
  starOf(alias: string): readonly ColumnReference[] {
    const { columns, source } = this.byAlias(alias)!;
    const keys = new Set(source.schema.key.map(({ name }) => name));
    const ordered = [
      ...source.schema.key,
      ...columns.filter(({ name }) => isWindowBound(name)),
      ...columns.filter(({ name }) => !keys.has(name) && !isWindowBound(name) && !isPseudoColumn(name)),
    ];
    return ordered.map(({ name }) => ({ kind: 'column', range: null, source: alias, name }));
  }

  #checkLambdas(expression: Expression, outer: ReadonlySet<string>): void {
    let parameters = outer;
    if (expression.kind === 'lambda') {
      for (const name of expression.parameters) {
        if (
          this.all.some(({ source: { schema } }) => [...schema.key, ...schema.value].some((each) => each.name === name))
        ) {
          throw statementError(`Lambda function argument can't be a column name: ${name}`, expression.range);
        }
        if (outer.has(name)) {
          throw statementError('Reusing lambda arguments in nested lambda is not allowed', expression.range);
        }
      }
      parameters = new Set([...outer, ...expression.parameters]);
    }
    for (const child of childrenOf(expression)) this.#checkLambdas(child, parameters);
  }
}

/** As ksqlDB says it of what it finds out before it analyzes a statement. */
function preparing(error: SqlError): SqlError {
  return error.told({ message: `Exception while preparing statement: ${error.message}` });
}

function sourceColumns({ keyFormat, schema }: DataSource): readonly Column[] {
  return [
    ...schema.value,
    ...schema.headers,
    ...pseudoColumns,
    ...schema.key,
    ...(keyFormat.window === null ? [] : windowBounds),
  ];
}

/** As a message names a source. */
export function sourceText({ alias }: QuerySource): string {
  return quotedName(alias);
}

/** With the name that was likely meant. */
function withNearest(message: string, { name, range }: ColumnReference, known: readonly string[]): SqlError {
  const nearest = nearestWord(name, known);
  const error = statementError(message, range);
  if (nearest === null) return error;
  const { code, position } = error;
  return new SqlError(code, error.message, { hint: `Did you mean ${nearest}?`, ...(position && { position }) });
}
