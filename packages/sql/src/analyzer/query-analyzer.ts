import type { Catalog } from '../catalog/catalog.ts';
import type { DataSource } from '../catalog/data-source.ts';
import { checkExtended, isPlainKsql } from '../dialect.ts';
import { childrenOf } from '../expressions/walk.ts';
import type { FunctionRegistry, Properties } from '../functions/function-registry.ts';
import { isTableStep, type Step } from '../plan/steps/step.ts';
import { isWindowBound } from '../schema/system-columns.ts';
import type { AliasedSource, Expression, Join, Query, Relation } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import { aggregate, isAggregateCall } from './aggregate-analysis.ts';
import { filtered } from './filter-analysis.ts';
import { checkHeadersPossible } from './header-items.ts';
import { analyzeJoins } from './join-analysis.ts';
import { joinInfos } from './join-infos.ts';
import { missingKey } from './missing-key.ts';
import { partitionBy } from './partition-by.ts';
import { projectedKeys } from './projected-keys.ts';
import { project } from './projection.ts';
import { pullJoins } from './pull-joins.ts';
import { QuerySources } from './query-sources.ts';
import { expandItems, resolved } from './select-expansion.ts';
import { CallColumns, nameItems, type Selection } from './select-items.ts';
import { statementError } from './statement-error.ts';
import { Typing } from './typing.ts';

export interface AnalyzerContext {
  readonly catalog: Catalog;
  readonly functions: FunctionRegistry;
  readonly properties: Properties;
  /** Rows are looked at as they are now, none is followed: any rows may be joined and grouped. Default false. */
  readonly isPull?: boolean;
}

export interface AnalyzedQuery {
  /** The last step: a projection. Its value columns are the result's; all that the sink needs. */
  readonly step: Step;
  readonly sources: QuerySources;
  readonly isTable: boolean;
  /** The first source: what a sink takes over of formats and partitions. */
  readonly first: DataSource;
  readonly isPartitionedByNull: boolean;
}

/** What the results are for: a name, and the stream that they are inserted into where there is one already. */
export interface QueryTarget {
  readonly name: string;
  readonly existing: DataSource | null;
}

/**
 * Makes of a query the steps that it takes, with exact schemas.
 *
 * @throws SqlError HW_SQL_STATEMENT for queries that cannot be
 */
export function analyzeQuery(query: Query, context: AnalyzerContext, target: QueryTarget | null): AnalyzedQuery {
  const { first, joins } = flattened(query.from);
  const named = [first, ...joins.map(({ right }) => right)].map(({ alias, name, range }) => {
    const source = context.catalog.source(name);
    if (source === undefined) throw statementError(`${name} does not exist.${hint(name, context.catalog)}`, range);
    return { alias, source };
  });
  checkOccurrences([first, ...joins.map(({ right }) => right)], named, isPlainKsql(context.properties));
  const sources = new QuerySources(named, joins.length > 0);
  const isPull = context.isPull === true;
  if (!isPull) checkKafkaValues(query, sources);
  if (target !== null) checkNoWindowedTable(sources);
  const typing = new Typing(context.functions, context.properties);
  const isGrouped = query.groupBy !== null;
  let selection: Selection | null = null;
  const selected = () => {
    selection ??= nameItems(query.select, sources, {
      isPersistent: target !== null,
      windowBoundsKnown: query.window !== null && joins.length === 0,
      isSyntheticKnown: !isGrouped,
    });
    return selection;
  };
  const where = query.where === null ? null : sources.qualify(query.where);
  const calls = callsIn(query);
  const hasAggregates = calls.some((call) => isAggregateCall(call, context.functions));
  // All rows that are there are one group.
  const groups = query.groupBy ?? (isPull && hasAggregates ? [] : null);
  const groupBy = groups?.map((each) => sources.qualify(each)) ?? null;
  let partitions: readonly Expression[] | null = query.partitionBy?.map((each) => sources.qualify(each)) ?? null;
  if (partitions?.length === 0) throw statementError('PARTITION BY requires at least one expression');
  const infos = isPull ? [] : joinInfos(joins, sources);
  const bounds = (name: string) => query.window !== null && joins.length === 0 && isWindowBound(name);
  selected();
  if (where !== null) sources.check(where, 'WHERE', bounds);
  for (const each of groupBy ?? []) sources.check(each, 'GROUP BY', bounds);
  const exploded = new Set(partitions === null ? [] : itemsOfTableFunctions(selected(), context.functions));
  const isExplodedKey = (each: Expression): each is Extract<Expression, { kind: 'column' }> =>
    each.kind === 'column' && each.source === null && exploded.has(each.name);
  const isKeyExploded = partitions?.some(isExplodedKey) === true;
  if (isKeyExploded) checkExtended(context.properties, 'PARTITION BY a column that a table function makes');
  for (const each of partitions ?? []) sources.check(each, 'PARTITION BY', (name) => exploded.has(name));
  selected().check();
  const joined = infos.length === 0 ? null : analyzeJoins(infos, sources, selected, typing);
  let step: Step = joined?.step ?? pullJoins(isPull ? joins : [], sources, typing);
  const isAggregated = isGrouped || hasAggregates;
  checkHeadersPossible(
    selected().named,
    { isPersistent: target !== null, isAggregated, isTable: isTableStep(step) },
    context.properties,
  );
  checkTableFunctions(query, context.functions, isAggregated);
  if (where !== null) step = filtered(step, sources.internal(where), 'WHERE', typing);
  if (partitions === null && target !== null) {
    partitions = projectedKeys(query, { selection: selected(), sources, step }, context.properties);
  }
  const isPartitionedByNull = partitions?.some(({ kind }) => kind === 'null') ?? false;
  if (partitions !== null) {
    if (isAggregated) throw statementError('Only one of PARTITION BY and GROUP BY can be used: GROUP BY gives the key');
    if (isTableStep(step))
      throw statementError('PARTITION BY is not supported for tables: their key is what identifies rows');
    if (!isKeyExploded) {
      step = partitionBy(
        step,
        partitions.map((each) => sources.internal(each)),
        typing,
      );
    }
  }
  const tableCalls = new CallColumns('KSQL_SYNTH_', ({ name }) => context.functions.find(name)?.kind === 'table', {
    isShared: false,
  });
  let columns = expandItems(selected(), {
    step,
    sources,
    syntheticKey: joined?.syntheticKey ?? null,
    typing,
    target: target?.existing ?? null,
    extract: (expression) => tableCalls.extract(expression),
  });
  if (tableCalls.calls.length > 0) {
    if (isTableStep(step) && !isPull) throw statementError('Table source is not supported with table functions');
    const { schema } = step;
    const added = tableCalls.calls.map(({ call, name }) => ({ name, type: typing.tableCallType(call, schema) }));
    step = {
      kind: 'flatMap',
      input: step,
      functions: tableCalls.calls,
      schema: { key: schema.key, value: [...schema.value, ...added] },
    };
  }
  if (isKeyExploded) {
    const keys = partitions!.map((each) =>
      isExplodedKey(each) ? columns.find(({ alias }) => alias === each.name)!.expression : sources.internal(each),
    );
    const partitioned = partitionBy(step, keys, typing);
    columns = columns.map((each) => ({ ...each, expression: resolved(each.expression, partitioned) }));
    step = partitioned;
  }
  checkFinal(query);
  if (isAggregated) {
    step = aggregate(step, {
      query,
      groupBy,
      columns,
      sources,
      typing,
      sink: target?.name ?? null,
      isPull,
      selection: selected(),
    });
  } else {
    if (query.having !== null)
      throw statementError('HAVING requires a GROUP BY clause: write WHERE', query.having.range);
    if (query.window !== null) throw statementError('WINDOW clause requires a GROUP BY clause.');
    const projected = project(step, columns, target !== null, typing);
    if (target !== null) {
      if (partitions !== null) {
        if (!isPartitionedByNull && !partitions.every((each) => isExplodedKey(each) || selected().contains(each))) {
          throw missingKey(target.name, 'partitioning expression', partitions);
        }
      } else if (joined !== null) joined.checkKey(target.name, selected());
      else checkSourceKey(target.name, sources, selected());
    }
    step = projected;
  }
  return { step, sources, isTable: isTableStep(step), first: sources.all[0]!.source, isPartitionedByNull };
}

function flattened(relation: Relation): { first: Extract<Relation, { kind: 'source' }>; joins: Join[] } {
  if (relation.kind === 'source') return { first: relation, joins: [] };
  const { first, joins } = flattened(relation.left);
  return { first, joins: [...joins, relation] };
}

function hint(name: string, catalog: Catalog): string {
  const alike = catalog.sources.find((source) => source.name.toUpperCase() === name.toUpperCase());
  if (alike === undefined) return '';
  return `\nDid you mean ${alike.name === alike.name.toUpperCase() ? alike.name : `"${alike.name}"`}? Hint: names in quotes keep their case, others are upper case.`;
}

/** A source may stand several times, each with an alias of its own. ksqlDB lets it stand once. */
function checkOccurrences(
  written: readonly AliasedSource[],
  named: readonly { readonly source: DataSource }[],
  isPlain: boolean,
): void {
  for (const [at, { source }] of named.entries()) {
    if (!named.slice(0, at).some((each) => each.source.name === source.name)) continue;
    if (isPlain) {
      throw statementError(
        at > 1
          ? `N-way joins do not support multiple occurrences of the same source. Source: '${source.name}'.`
          : `Can not join '${source.name}' to '${source.name}': self joins are not yet supported.`,
      );
    }
    const { alias, range } = written[at]!;
    if (!written.slice(0, at).some((each) => each.alias === alias)) continue;
    throw statementError(
      `'${alias}' stands for two sources. Give each an alias of its own: FROM ${source.name} A JOIN ${source.name} B ON A.… = B.…`,
      range,
    );
  }
}

function checkKafkaValues(query: Query, sources: QuerySources): void {
  const names = sources.all
    .filter(({ source }) => source.valueFormat.format.name === 'KAFKA')
    .map(({ alias }) => alias);
  if (names.length === 0 || (!sources.isJoin && query.groupBy === null)) return;
  throw statementError(
    `Source(s) ${names.join(', ')} are using the 'KAFKA' value format. This format does not yet support ${sources.isJoin ? 'JOIN' : 'GROUP BY'}.\nThe KAFKA format is primarily intended for use as a key format; write the values in another one first.`,
  );
}

function callsIn(query: Query): Extract<Expression, { kind: 'call' }>[] {
  const calls: Extract<Expression, { kind: 'call' }>[] = [];
  const visit = (expression: Expression): void => {
    if (expression.kind === 'call') calls.push(expression);
    for (const child of childrenOf(expression)) visit(child);
  };
  for (const item of query.select) if (item.kind === 'column') visit(item.expression);
  return calls;
}

function checkTableFunctions(query: Query, functions: FunctionRegistry, isAggregated: boolean): void {
  const visit = (expression: Expression, outer: string | null, around: Expression | null): void => {
    let name = outer;
    if (expression.kind === 'call' && functions.find(expression.name)?.kind === 'table') {
      if (outer !== null) throw statementError(`Table functions cannot be nested: ${outer}(${expression.name}())`);
      name = expression.name;
      if (isAggregated) throw statementError('Table functions cannot be used with aggregations.');
      if (around !== null) throw statementError(`Table functions cannot be used in CASE: ${printExpression(around)}`);
    }
    for (const child of childrenOf(expression)) visit(child, name, expression.kind === 'case' ? expression : around);
  };
  for (const item of query.select) if (item.kind === 'column') visit(item.expression, null, null);
}

/** The names of columns that table functions make: rows have them when these were called. */
function itemsOfTableFunctions({ named }: Selection, functions: FunctionRegistry): string[] {
  const hasTableCall = (expression: Expression): boolean =>
    (expression.kind === 'call' && functions.find(expression.name)?.kind === 'table') ||
    childrenOf(expression).some(hasTableCall);
  return named.flatMap((item) => (item.kind === 'column' && hasTableCall(item.qualified) ? [item.alias] : []));
}

/** Their rows are let go with their windows, so nothing that is made of them could be kept right. */
function checkNoWindowedTable({ all }: QuerySources): void {
  if (all.some(({ source }) => source.kind === 'TABLE' && source.keyFormat.window !== null)) {
    throw statementError('KSQL does not support persistent queries on windowed tables.');
  }
}

function checkFinal(query: Query): void {
  if (query.emit === 'FINAL' && (query.groupBy === null || query.window === null)) {
    throw statementError('EMIT FINAL is only supported for windowed aggregations.');
  }
}

function checkSourceKey(sink: string, sources: QuerySources, selection: Selection): void {
  const { alias, source } = sources.all[0]!;
  const { key } = source.schema;
  if (key.every(({ name }) => selection.contains({ kind: 'column', range: null, source: alias, name }))) return;
  throw missingKey(
    sink,
    'key column',
    key.map(({ name }) => ({ kind: 'column', range: null, source: null, name })),
  );
}
