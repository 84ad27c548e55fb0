import { isPlainKsql } from '../dialect.ts';
import { childrenOf, expressionKey, rewrite } from '../expressions/walk.ts';
import type { FunctionRegistry } from '../functions/function-registry.ts';
import type { AggregateStep } from '../plan/steps/aggregate-step.ts';
import type { ProjectStep } from '../plan/steps/project-step.ts';
import { isTableStep, type Step } from '../plan/steps/step.ts';
import type { Column } from '../schema/column.ts';
import { ColumnAliases } from '../schema/column-aliases.ts';
import { isWindowBound, windowBounds } from '../schema/system-columns.ts';
import { SqlError } from '../sql-error.ts';
import type { Expression, FunctionCall, Query } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import type { SqlType } from '../types/sql-type.ts';
import { checkAggregateColumns } from './aggregate-rules.ts';
import { checkCondition } from './filter-analysis.ts';
import { checkKeyType } from './key-types.ts';
import { missingKey, repeatedKey } from './missing-key.ts';
import { checkDuplicates, knownType } from './projection.ts';
import type { QuerySources } from './query-sources.ts';
import { CallColumns, type Selected, type Selection } from './select-items.ts';
import { statementError } from './statement-error.ts';
import type { Typing } from './typing.ts';

export function isAggregateCall({ name }: FunctionCall, functions: FunctionRegistry): boolean {
  return functions.find(name)?.kind === 'aggregate';
}

export interface AggregateContext {
  readonly query: Query;
  /** Qualified. Null: the query has aggregates, and no GROUP BY: only push queries may. */
  readonly groupBy: readonly Expression[] | null;
  readonly columns: readonly Selected[];
  readonly sources: QuerySources;
  readonly typing: Typing;
  /** Null: the query is no persistent one. */
  readonly sink: string | null;
  readonly selection: Selection;
  readonly isPull: boolean;
}

/**
 * Groups rows, and makes the projection of what is kept of a group: its key, its aggregates, and of its last row the columns that the
 * projection needs beside them.
 */
export function aggregate(input: Step, context: AggregateContext): ProjectStep {
  const { columns, query, sources, typing } = context;
  const { schema } = input;
  const groupBy = context.groupBy?.map((each) => sources.internal(each)) ?? allRows(context);
  const having = query.having === null ? null : sources.qualify(query.having);
  if (having !== null) sources.check(having, 'HAVING', (name) => query.window !== null && isWindowBound(name));
  const internalHaving = having === null ? null : sources.internal(having);
  // What is no function at all is told of first.
  const isAggregate = (call: FunctionCall) => typing.find(call).kind === 'aggregate';
  if (groupBy === null) throw noGroupBy(columns, isAggregate);
  checkAggregateColumns({
    groupBy,
    columns,
    having: internalHaving,
    where: query.where,
    isWindowed: query.window !== null,
    isAggregate,
    isPull: context.isPull,
  });
  if (query.window !== null && isTableStep(input) && !context.isPull) {
    throw statementError('Windowing not supported for table aggregations.');
  }
  checkHops(query.window);
  if (!context.isPull) checkIntermediate(input);
  const calls = new CallColumns('KSQL_AGG_VARIABLE_', isAggregate, { isShared: true });
  const extracted = columns.map(({ alias, expression }) => ({ alias, expression: calls.extract(expression) }));
  const condition = internalHaving === null ? null : calls.extract(internalHaving);
  const groupNames = new ColumnAliases(schema.value.map(({ name }) => name));
  const groupKeys = new Map(groupBy.map((expression, at) => [expressionKey(expression), at] as const));
  // What a group is made by is its key: by these names expressions behind the aggregation read it.
  const key = groupBy.map((expression): Column => {
    const type = typing.typeOf(expression, schema);
    if (type === null) throw statementError('GROUP BY NULL: there is no group');
    const name = expression.kind === 'column' ? expression.name : groupNames.aliasFor(expression);
    checkKeyType({ name, type });
    return { name, type };
  });
  const byKey = (expression: Expression) =>
    rewrite(expression, (part) => {
      const at = groupKeys.get(expressionKey(part));
      return at === undefined ? undefined : { kind: 'column', range: part.range, source: null, name: key[at]!.name };
    });
  const results = extracted.map(({ alias, expression }) => ({ alias, expression: byKey(expression) }));
  const filter = condition === null ? null : byKey(condition);
  const functions = calls.calls.map(({ call, name }) => {
    const { aggregator, returnType } = typing.aggregateCall(call, schema);
    if (!context.isPull) checkStateFormat(aggregator.stateType, context);
    return { name, call, type: returnType };
  });
  const value = [
    ...functions.map(({ name, type }) => ({ name, type })),
    ...key,
    ...(query.window === null ? [] : windowBounds),
  ];
  const step: AggregateStep = {
    kind: 'aggregate',
    input,
    groupBy,
    window: query.window,
    isFinal: query.emit === 'FINAL',
    functions: functions.map(({ call, name }) => ({ name, call })),
    having: filter,
    schema: { key, value },
  };
  if (filter !== null) {
    try {
      checkCondition(step, filter, 'HAVING', typing);
    } catch (error) {
      throw error instanceof SqlError ? withCallTexts(error, functions) : error;
    }
  }
  return projection(step, results, columns, groupBy, context);
}

function projection(
  input: AggregateStep,
  results: readonly Selected[],
  columns: readonly Selected[],
  groupBy: readonly Expression[],
  { isPull, query, sink, typing }: AggregateContext,
): ProjectStep {
  const keyAliases: (string | null)[] = groupBy.map((expression) => {
    const key = expressionKey(expression);
    const found = columns.filter((column) => expressionKey(column.expression) === key).map(({ alias }) => alias);
    if (found.length > 1 && !isPull) throw repeatedKey(null, found);
    return found[0] ?? null;
  });
  if (sink !== null && keyAliases.includes(null)) {
    const missing = groupBy.filter((_, at) => keyAliases[at] === null);
    throw missingKey(sink, 'grouping expression', missing);
  }
  const keys = new Set<string | null>(keyAliases);
  const isKept = ({ alias, expression }: Selected, at: number) =>
    sink === null ||
    !(
      (keys.has(alias) && groupBy.some((each) => expressionKey(each) === expressionKey(columns[at]!.expression))) ||
      (expression.kind === 'column' && isWindowBound(expression.name) && alias === expression.name)
    );
  if (sink !== null) {
    const all = results.filter(({ expression }) => expression.kind !== 'column' || !isWindowBound(expression.name));
    checkDuplicates(
      all.map(({ alias, expression }) => ({ name: alias, type: knownType(typing.typeOf(expression, input.schema)) })),
    );
  }
  const kept = results.filter(isKept);
  if (kept.length === 0) throw statementError('The projection contains no value columns.');
  const values = kept.map(({ alias, expression }) => ({
    name: alias,
    type: knownType(typing.typeOf(expression, input.schema)),
  }));
  checkDuplicates(values);
  const key = input.schema.key.map(({ name, type }, at) => ({ name: keyAliases[at] ?? name, type }));
  if (query.emit === 'FINAL' && isTableStep(input.input)) {
    throw statementError('EMIT FINAL is only supported for windowed aggregations.');
  }
  return {
    kind: 'project',
    input,
    items: kept.map(({ alias, expression }) => ({ name: alias, expression })),
    schema: { key, value: values },
  };
}

/** A push query may have aggregates of all its rows: they are one group. */
function allRows({ query, sink }: AggregateContext): readonly Expression[] | null {
  return sink === null && query.emit !== null ? [{ kind: 'integer', range: null, value: 0 }] : null;
}

function noGroupBy(columns: readonly Selected[], isAggregate: (call: FunctionCall) => boolean): SqlError {
  const texts: string[] = [];
  const visit = (expression: Expression): void => {
    if (expression.kind === 'call' && isAggregate(expression)) texts.push(callText(expression));
    for (const child of childrenOf(expression)) visit(child);
  };
  for (const { expression } of columns) visit(expression);
  return statementError(
    `CREATE TABLE AS SELECT statement does not support aggregate function [${texts.join(', ')}] without a GROUP BY clause.`,
  );
}

/** COUNT(*) counts the rows that have a ROWTIME, which all have. */
function callText(call: FunctionCall): string {
  return call.arguments.length === 0 ? `${call.name}(ROWTIME)` : printExpression(call);
}

function withCallTexts(error: SqlError, functions: readonly { name: string; call: FunctionCall }[]): SqlError {
  let { message } = error;
  for (const { call, name } of functions.toReversed()) message = message.replaceAll(name, printExpression(call));
  return error.told({ message });
}

/** ksqlDB keeps the states of groups in the format of the first source; here they have a form of their own. */
function checkStateFormat({ kind }: SqlType, { sources, typing }: AggregateContext): void {
  if (!isPlainKsql(typing.properties)) return;
  if (sources.all[0]!.source.valueFormat.format.name !== 'DELIMITED') return;
  if (kind !== 'ARRAY' && kind !== 'MAP' && kind !== 'STRUCT') return;
  throw statementError(
    'One of the functions used in the statement has an intermediate type that the value format can not handle. Please remove the function or change the format.',
  );
}

/** Of a row that hops into more, all others would have to wait for it. */
const windowsOfRowMax = 25_000;

function checkHops(window: Query['window']): void {
  if (window?.kind !== 'HOPPING') return;
  const count = Math.ceil(window.size.durationMs / window.advance.durationMs);
  if (count <= windowsOfRowMax) return;
  throw statementError(
    `Each row would be in ${count} windows; ${windowsOfRowMax} are the most: write a smaller SIZE, or a greater ADVANCE BY`,
  );
}

/** Tables of windows cannot be grouped: what was in a window that is let go cannot be taken out of a group. */
function checkIntermediate(input: Step): void {
  if (!isTableStep(input)) return;
  let step = input;
  while (step.kind === 'filter') step = step.input;
  if (step.kind === 'source' && step.source.keyFormat.window !== null) {
    throw statementError('GROUP BY is not supported on windowed tables: read the topic as a STREAM');
  }
}
