import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AnalyzedQuery } from '../analyzer/query-analyzer.ts';
import type { Session } from '../engine/session.ts';
import type { Row } from '../plan/physical/flow.ts';
import type { QueryContext } from '../plan/physical/query-context.ts';
import type { ProjectStep } from '../plan/steps/project-step.ts';
import { sourcesOf } from '../plan/steps/step.ts';
import type { ResultColumn, ResultRow, RunningQuery } from '../rest/sql-service.ts';
import type { Query } from '../syntax/ast/index.ts';
import { checkKeys } from './check-keys.ts';
import { evaluated } from './evaluate/evaluate.ts';
import { ordered, rowOrder } from './evaluate/order-rows.ts';
import { RowBudget } from './evaluate/row-budget.ts';
import type { Evaluation } from './evaluate/rows.ts';
import { keeperOf } from './keeper.ts';
import { LookUp } from './look-up.ts';
import type { PullQuery, PullQueryOptions } from './pull-query.ts';
import { QueryParameters } from './query-parameters.ts';
import { resultColumns } from './result-columns.ts';
import { type SimpleQuery, simpleQuery } from './row-selection.ts';
import { topicRowsUntilNow } from './topic-rows.ts';
import { queryContext } from './transient-context.ts';

/** A pull query that joins, groups or orders rows, or makes several of one: worked out in memory, within bounds. */
export function workedOut(
  query: Query,
  { step }: AnalyzedQuery,
  session: Session,
  options: PullQueryOptions,
): PullQuery {
  const { engine } = options;
  const context = queryContext(engine, session);
  const project = step as ProjectStep;
  const { value } = project.schema;
  const orderBy = query.orderBy ?? [];
  const visible = value.length - orderBy.length;
  const order = orderBy.length === 0 ? null : rowOrder(orderBy, value, visible);
  const sources = sourcesOf(step).map(({ source }) => source);
  for (const source of sources) if (source.kind === 'TABLE') keeperOf(engine, source);
  const limit = query.limit ?? Number.POSITIVE_INFINITY;
  const isOfStreams = sources.some(({ kind }) => kind === 'STREAM');
  const run = (id: string): RunningQuery => {
    const closing = new AbortController();
    const progress: Progress = { left: limit };
    return {
      id,
      kind: 'pull',
      columns: columnsOf(project, visible),
      rows: rows(closing.signal, progress),
      finalMessage: () => (!isOfStreams ? null : progress.left <= 0 ? 'Limit Reached' : 'Query Completed'),
      close: () => closing.abort(),
    };
  };
  async function* rows(signal: AbortSignal, progress: Progress): AsyncIterableIterator<readonly ResultRow[]> {
    if (progress.left <= 0) return;
    const evaluation: Evaluation = {
      context,
      budget: new RowBudget(engine.settings, session.properties),
      read: (simple) => sourceRows(simple, context, session, options, signal),
    };
    const { batches } = evaluated(step, new Set(), [], evaluation);
    const inOrder = order === null ? batches : ordered(batches, order, limit, evaluation);
    for await (const batch of inOrder) {
      if (signal.aborted) return;
      const taken = batch.length > progress.left ? batch.slice(0, progress.left) : batch;
      progress.left -= taken.length;
      yield taken.map((row) => ({ values: row.length > visible ? row.slice(0, visible) : row, isTombstone: false }));
      if (progress.left <= 0) return;
    }
  }
  return { run, prepared: null };
}

interface Progress {
  left: number;
}

/** Only rows of one table have a key that is known. */
function columnsOf(project: ProjectStep, visible: number): ResultColumn[] {
  const simple = simpleQuery(project);
  const columns =
    simple === undefined
      ? project.schema.value.map((column) => ({ ...column, isKey: false }))
      : resultColumns(simple, simple.source.source.kind === 'TABLE');
  return columns.slice(0, visible);
}

async function* sourceRows(
  simple: SimpleQuery,
  context: QueryContext,
  session: Session,
  options: PullQueryOptions,
  signal: AbortSignal,
): AsyncIterableIterator<readonly Row[]> {
  const { source } = simple.source;
  if (source.kind === 'STREAM') {
    yield* topicRowsUntilNow(simple, context, options.reading, signal);
    return;
  }
  checkKeys(simple.filters, source, context);
  const plan = {
    keeper: keeperOf(options.engine, source),
    parameters: new QueryParameters(),
    context,
    limit: Number.POSITIVE_INFINITY,
    settings: new Map(session.properties),
  };
  const { close, rows } = new LookUp(simple, plan, options).run([]);
  signal.addEventListener('abort', close, { once: true });
  try {
    for await (const batch of rows) {
      if (signal.aborted) return;
      yield batch.map(({ values }) => values as Row);
      await nextTurn();
    }
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}
