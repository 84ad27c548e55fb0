import { expressionKey, rewrite } from '../expressions/walk.ts';
import { ColumnAliases } from '../schema/column-aliases.ts';
import { isSystemColumn } from '../schema/system-columns.ts';
import type { Expression, SelectItem } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import { quotedName } from '../types/sql-type.ts';
import type { QuerySources } from './query-sources.ts';
import { statementError, unknownSource } from './statement-error.ts';

/** A column of the result. */
export interface Selected {
  readonly alias: string;
  /** With the names that steps know. */
  readonly expression: Expression;
  /** Written into a header of this key, and no column of the value. */
  readonly headerKey?: string | null;
}

export interface Selection {
  readonly items: readonly SelectItem[];
  /** Items as they stand, those that are expressions qualified, with the names of their columns. */
  readonly named: readonly NamedItem[];
  /** @throws SqlError for columns that are unknown */
  check(): void;
  /** Whether the projection has this expression: by itself, or in a `*`. */
  contains(qualified: Expression): boolean;
}

export type NamedItem =
  | {
      readonly kind: 'column';
      readonly alias: string;
      readonly qualified: Expression;
      readonly headerKey: string | null;
    }
  | { readonly kind: 'all'; readonly source: string | null }
  | { readonly kind: 'allFields'; readonly struct: Expression };

/** Names what the statement leaves without a name, and refuses names that are taken by the system. */
export function nameItems(
  items: readonly SelectItem[],
  sources: QuerySources,
  options: { readonly isPersistent: boolean; readonly windowBoundsKnown: boolean; readonly isSyntheticKnown: boolean },
): Selection {
  const columnNames = sources.all.flatMap(({ source: { schema } }) =>
    [...schema.key, ...schema.value, ...schema.headers].map(({ name }) => name),
  );
  const aliases = new ColumnAliases(columnNames);
  const isKnown = (name: string) =>
    (options.windowBoundsKnown && (name === 'WINDOWSTART' || name === 'WINDOWEND')) ||
    (options.isSyntheticKnown && (/^ROWKEY(_\d+)?$/.test(name) || /^KSQL_COL_\d+$/.test(name)));
  const named = items.map((item): NamedItem => {
    if (item.kind === 'all') {
      if (item.source !== null && sources.byAlias(item.source) === undefined) {
        throw unknownSource(item.source, item.range);
      }
      return { kind: 'all', source: item.source };
    }
    if (item.kind === 'allFields') {
      return { kind: 'allFields', struct: sources.qualify(item.struct) };
    }
    const qualified = sources.qualify(item.expression);
    const alias = item.alias ?? generatedAlias(qualified, sources, aliases);
    if (isSystemColumn(alias.toUpperCase())) checkReserved(alias.toUpperCase(), item.expression, options.isPersistent);
    return { kind: 'column', alias, qualified, headerKey: item.headerKey };
  });
  const singles = new Set<string>();
  const wholeSources = new Set<string>();
  let isAll = false;
  for (const item of named) {
    if (item.kind === 'column') {
      if (item.headerKey === null) singles.add(expressionKey(item.qualified));
    } else if (item.kind === 'allFields') singles.add(expressionKey(item.struct));
    else if (item.source === null) isAll = true;
    else wholeSources.add(item.source);
  }
  return {
    items,
    named,
    check() {
      for (const item of named) {
        if (item.kind === 'all') continue;
        sources.check(item.kind === 'column' ? item.qualified : item.struct, 'SELECT', isKnown);
      }
    },
    contains: (qualified) =>
      isAll ||
      (qualified.kind === 'column' && qualified.source !== null && wholeSources.has(qualified.source)) ||
      singles.has(expressionKey(qualified)),
  };
}

function generatedAlias(qualified: Expression, sources: QuerySources, aliases: ColumnAliases): string {
  if (qualified.kind !== 'column') return aliases.aliasFor(qualified);
  const { name, source } = qualified;
  return source !== null && sources.isClashing(name) ? `${source}_${name}` : name;
}

function checkReserved(name: string, expression: Expression, isPersistent: boolean): void {
  const text = printExpression(expression);
  if (text.slice(text.indexOf('.') + 1).toUpperCase() !== name) {
    throw statementError(
      `${quotedName(name)} is a reserved column name. You cannot use it as an alias for a column.`,
      expression.range,
    );
  }
  if (isPersistent) {
    throw statementError(
      `Reserved column name in select: ${quotedName(name)}. Please remove or alias the column.`,
      expression.range,
    );
  }
}

/** Calls of a kind of function in an expression, each replaced by a column; the same call is one column. */
export class CallColumns {
  readonly #prefix: string;
  readonly #isWanted: (call: Extract<Expression, { kind: 'call' }>) => boolean;
  readonly #isShared: boolean;
  readonly #names = new Map<string, string>();
  readonly calls: { readonly name: string; readonly call: Extract<Expression, { kind: 'call' }> }[] = [];

  constructor(
    prefix: string,
    isWanted: (call: Extract<Expression, { kind: 'call' }>) => boolean,
    { isShared }: { readonly isShared: boolean },
  ) {
    this.#prefix = prefix;
    this.#isWanted = isWanted;
    this.#isShared = isShared;
  }

  extract(expression: Expression): Expression {
    return rewrite(expression, (part) => {
      if (part.kind !== 'call' || !this.#isWanted(part)) return undefined;
      const key = expressionKey(part);
      const known = this.#isShared ? this.#names.get(key) : undefined;
      const name = known ?? `${this.#prefix}${this.calls.length}`;
      if (known === undefined) {
        this.#names.set(key, name);
        this.calls.push({ name, call: part });
      }
      return { kind: 'column', range: part.range, source: null, name };
    });
  }
}
