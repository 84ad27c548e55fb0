import type { Streams } from '@headwater/streams';
import { type AnalyzedQuery, analyzeQuery } from '../analyzer/query-analyzer.ts';
import { statementError } from '../analyzer/statement-error.ts';
import type { DataSource } from '../catalog/data-source.ts';
import type { PersistentQuery } from '../engine/engine-services.ts';
import type { Session } from '../engine/session.ts';
import type { SqlEngine } from '../engine/sql-engine.ts';
import type { QueryContext } from '../plan/physical/query-context.ts';
import { sourceKey } from '../plan/physical/source-flow.ts';
import { ApiError, errorCodes } from '../rest/api-error.ts';
import type { ResultRow, RunningQuery } from '../rest/sql-service.ts';
import type { Query } from '../syntax/ast/index.ts';
import { checkKeys } from './check-keys.ts';
import { checkPullQuery } from './check-pull-query.ts';
import { keyConstraints } from './key-constraints.ts';
import { keyPlaces, RowReceiver, recordPlace, rowSelection, type SimpleQuery, simpleQuery } from './row-selection.ts';
import { type KeptRow, tableRows } from './table-rows.ts';
import { batchesUntilNow, batchSelector, type TopicReading } from './topic-rows.ts';

export interface PullQueryOptions {
  readonly engine: SqlEngine;
  readonly streams: Streams;
  readonly reading: TopicReading;
  readonly id: string;
}

/** Rows of a table as they are kept now, or of a stream from its beginning until now. @throws SqlError in ksqlDB's words */
export function pullQuery(query: Query, session: Session, options: PullQueryOptions): RunningQuery {
  const { engine, id } = options;
  checkPullQuery(query);
  if (query.orderBy !== null) throw statementError('Pull queries do not take ORDER BY yet: sort what comes');
  const analyzed = analyzeQuery(query, engine.analyzerContext(session), null);
  const simple = simpleQuery(analyzed.step);
  if (simple === undefined) {
    throw statementError('Pull queries do not take table functions here: add EMIT CHANGES for a push query');
  }
  const isStream = analyzed.first.kind === 'STREAM';
  const keeper = isStream ? null : keeperOf(engine, analyzed);
  if (!isStream) checkKeys(simple.filters, analyzed.first, queryContext(engine, session));
  const closing = new AbortController();
  const progress: Progress = { left: query.limit ?? Number.POSITIVE_INFINITY, isCut: false };
  const rows =
    keeper === null
      ? streamRows(simple, session, options, progress, closing.signal)
      : lookedUp(simple, keeper, session, options, progress);
  const keys = keyPlaces(simple);
  return {
    id,
    kind: 'pull',
    columns: simple.project.items.map(({ expression }, at) => {
      const isBound = expression.kind === 'column' && /^WINDOW(START|END)$/.test(expression.name);
      return { ...simple.project.schema.value[at]!, isKey: !isStream && (keys[at] !== null || isBound) };
    }),
    rows,
    finalMessage: () => (isStream ? (progress.isCut ? 'Limit Reached' : 'Query Completed') : null),
    close: () => closing.abort(),
  };
}

interface Progress {
  left: number;
  isCut: boolean;
}

/** The query that keeps a table's rows. @throws SqlError where there is none */
function keeperOf({ queries }: SqlEngine, { first }: AnalyzedQuery): PersistentQuery {
  const keeper = [...queries.values()].find(
    ({ kind, sinkName, view }) => kind !== 'INSERT' && sinkName === first.name && view !== null,
  );
  if (keeper !== undefined) return keeper;
  const { name } = first;
  throw statementError(
    `The \`${name}\` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE QUERYABLE_${name} AS SELECT * FROM ${name}'. See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you intended to issue a push query.`,
  );
}

async function* lookedUp(
  simple: SimpleQuery,
  keeper: PersistentQuery,
  session: Session,
  { engine, streams }: PullQueryOptions,
  progress: Progress,
): AsyncIterableIterator<readonly ResultRow[]> {
  const context = queryContext(engine, session);
  const { source } = simple.source;
  const constraints = keyConstraints(simple.filters, source, context);
  const view = keeper.view!;
  // Which rows a limit leaves is no matter of chance.
  const isOrdered = progress.left !== Number.POSITIVE_INFINITY;
  const select = rowSelection(simple, context);
  const place = recordPlace(-1, -1, []);
  const results = new RowReceiver();
  const whole = new RowReceiver();
  whole.receive = (key, row, timestamp) => select(key, row, timestamp, place, results);
  try {
    for (const part of tableRows(streams, keeper.id, view, source.keyFormat.window, constraints)) {
      const rows: ResultRow[] = [];
      results.receive = (_key, row) => {
        if (row !== null && progress.left-- > 0) rows.push({ values: row, isTombstone: false });
      };
      for (const { key, row, timestamp } of isOrdered ? byKey(part, source, context) : part) {
        if (progress.left <= 0) break;
        if (view.toRow === null) select(key, row, timestamp, place, results);
        else view.toRow(key, row, timestamp, place, whole);
      }
      if (rows.length > 0) yield rows;
      if (progress.left <= 0) return;
    }
  } catch (error) {
    const isAway = error instanceof Error && 'code' in error && String(error.code).startsWith('HW_STREAMS_');
    if (!isAway) throw error;
    throw new ApiError(errorCodes.notReady, `The rows of ${source.name} cannot be read now: ${error.message}`, {
      cause: error,
    });
  }
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
  const { source } = simple.source;
  const select = batchSelector(source, rowSelection(simple, queryContext(engine, session)), reading);
  for await (const batch of batchesUntilNow(reading.client, source.topic, signal)) {
    const selected = await select(batch);
    const rows = selected.slice(0, progress.left).map(({ row }) => ({ values: row!, isTombstone: false }));
    progress.left -= rows.length;
    if (rows.length > 0) yield rows;
    if (progress.left <= 0) {
      progress.isCut = true;
      return;
    }
  }
}

export function queryContext(engine: SqlEngine, session: Session): QueryContext {
  const { functions, onError, registry } = engine;
  const properties = engine.settingsOf(session);
  return { functions, onError, registry, properties } as unknown as QueryContext;
}

/** In the order of the keys' bytes in the topic. */
function byKey(rows: readonly KeptRow[], source: DataSource, context: QueryContext): KeptRow[] {
  const { serde } = sourceKey(source, context);
  return rows
    .map((kept) => ({ kept, bytes: Buffer.from(serde.encode(kept.key, source.topic) as Buffer) }))
    .sort((one, other) => Buffer.compare(one.bytes, other.bytes))
    .map(({ kept }) => kept);
}
