import { type AnalyzedQuery, analyzeQuery } from '../analyzer/query-analyzer.ts';
import { statementError } from '../analyzer/statement-error.ts';
import { isPlainKsql } from '../dialect.ts';
import type { Session } from '../engine/session.ts';
import { sourcesOf } from '../plan/steps/step.ts';
import type { ResultRow, RunningQuery } from '../rest/sql-service.ts';
import type { Query } from '../syntax/ast/index.ts';
import { checkKeys } from './check-keys.ts';
import { checkPullQuery } from './check-pull-query.ts';
import { keeperOf } from './keeper.ts';
import { LookUp, type LookUpOptions } from './look-up.ts';
import { withOrderColumns } from './order-columns.ts';
import type { PreparedQuery } from './prepared-queries.ts';
import { QueryParameters } from './query-parameters.ts';
import { resultColumns } from './result-columns.ts';
import { type SimpleQuery, simpleQuery } from './row-selection.ts';
import type { StatementTemplate } from './statement-template.ts';
import { type TopicReading, topicRowsUntilNow } from './topic-rows.ts';
import { queryContext } from './transient-context.ts';
import { workedOut } from './worked-out-query.ts';

export interface PullQueryOptions extends LookUpOptions {
  readonly reading: TopicReading;
}

/** What is known of a statement's text, so that it need not be read again. */
export interface KnownText {
  readonly template: StatementTemplate;
  /** Where it begins in its script: places in its tree are the script's. */
  readonly startIndex: number;
}

export interface PullQuery {
  run(id: string): RunningQuery;
  /** Null: its text has to be read each time. */
  readonly prepared: PreparedQuery | null;
}

/** Rows of a table as they are kept now, or of a stream from its beginning until now. @throws SqlError in ksqlDB's words */
export function pullQuery(
  query: Query,
  session: Session,
  options: PullQueryOptions,
  known: KnownText | null = null,
): PullQuery {
  const { engine } = options;
  const analyzerContext = engine.analyzerContext(session);
  const isPlain = isPlainKsql(analyzerContext.properties);
  checkPullQuery(query, isPlain);
  const analyzed = analyzeQuery(withOrderColumns(query), { ...analyzerContext, isPull: !isPlain }, null);
  const simple = query.orderBy === null ? simpleQuery(analyzed.step) : undefined;
  const limit = query.limit ?? Number.POSITIVE_INFINITY;
  if (simple === undefined) {
    if (isPlain && sourcesOf(analyzed.step)[0]!.source.kind === 'TABLE') throw statementError(noTableFunctions);
    return workedOut(query, analyzed, session, options);
  }
  if (analyzed.first.kind === 'STREAM') {
    return { run: (id) => streamQuery(id, simple, session, options, limit), prepared: null };
  }
  return tableQuery(analyzed, simple, session, options, { known, limit });
}

const noTableFunctions = 'Table source is not supported with table functions';

function tableQuery(
  analyzed: AnalyzedQuery,
  simple: SimpleQuery,
  session: Session,
  options: PullQueryOptions,
  { known, limit }: { readonly known: KnownText | null; readonly limit: number },
): PullQuery {
  const { engine } = options;
  const keeper = keeperOf(engine, analyzed.first);
  const context = queryContext(engine, session);
  checkKeys(simple.filters, analyzed.first, context);
  const parameters = new QueryParameters();
  const filters =
    known === null
      ? simple.filters
      : parameters.extract(simple.filters, analyzed.first, known.template, known.startIndex);
  const lookUp = new LookUp(
    { ...simple, filters },
    { keeper, parameters, context, limit, settings: new Map(session.properties) },
    options,
  );
  const columns = resultColumns(simple, true);
  const run = (id: string, values: readonly unknown[]): RunningQuery => ({
    id,
    kind: 'pull',
    columns,
    ...lookUp.run(values),
    finalMessage: () => null,
  });
  const { view } = keeper;
  const prepared: PreparedQuery = {
    parameters,
    isCurrent: () =>
      engine.catalog.source(analyzed.first.name) === analyzed.first &&
      engine.queries.get(keeper.id) === keeper &&
      keeper.view === view,
    run,
  };
  const values = [...parameters.values];
  return { run: (id) => run(id, values), prepared: known === null ? null : prepared };
}

function streamQuery(
  id: string,
  simple: SimpleQuery,
  session: Session,
  options: PullQueryOptions,
  limit: number,
): RunningQuery {
  const closing = new AbortController();
  const progress: Progress = { left: limit, isCut: false };
  return {
    id,
    kind: 'pull',
    columns: resultColumns(simple, false),
    rows: streamRows(simple, session, options, progress, closing.signal),
    finalMessage: () => (progress.isCut ? 'Limit Reached' : 'Query Completed'),
    close: () => closing.abort(),
  };
}

interface Progress {
  left: number;
  isCut: boolean;
}

async function* streamRows(
  simple: SimpleQuery,
  session: Session,
  { engine, reading }: PullQueryOptions,
  progress: Progress,
  signal: AbortSignal,
): AsyncIterableIterator<readonly ResultRow[]> {
  if (progress.left === 0) {
    progress.isCut = true;
    return;
  }
  for await (const selected of topicRowsUntilNow(simple, queryContext(engine, session), reading, signal)) {
    const rows = selected.slice(0, progress.left).map((values) => ({ values, isTombstone: false }));
    progress.left -= rows.length;
    if (rows.length > 0) yield rows;
    if (progress.left <= 0) {
      progress.isCut = true;
      return;
    }
  }
}
