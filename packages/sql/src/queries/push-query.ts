import { type AnalyzedQuery, analyzeQuery } from '../analyzer/query-analyzer.ts';
import { statementError } from '../analyzer/statement-error.ts';
import { coPartitioned } from '../engine/co-partition.ts';
import type { Session } from '../engine/session.ts';
import type { SqlEngine } from '../engine/sql-engine.ts';
import type { ProjectStep } from '../plan/steps/project-step.ts';
import { columnOf, isTableStep, sourcesOf } from '../plan/steps/step.ts';
import type { ResultRow, RunningQuery } from '../rest/sql-service.ts';
import type { Query } from '../syntax/ast/index.ts';
import { buildTransient } from './build-transient.ts';
import { placesIn } from './check-pull-query.ts';
import { FollowedStream } from './followed-stream.ts';
import { RowQueue } from './row-queue.ts';
import { type SimpleQuery, simpleQuery } from './row-selection.ts';
import { batchSelector, type SelectedRow, type TopicReading } from './topic-rows.ts';
import { queryContext } from './transient-context.ts';
import type { TransientRuntime } from './transient-runtime.ts';

export interface PushQueryOptions {
  readonly engine: SqlEngine;
  readonly transients: TransientRuntime;
  readonly reading: TopicReading;
  /** Makes the query's id. */
  newId(kind: 'transient' | 'scalable', source: string): string;
}

/** Rows as they come, until the limit or for ever. Resolves when it runs. @throws SqlError in ksqlDB's words */
export async function pushQuery(
  query: Query,
  session: Session,
  options: PushQueryOptions,
  signal: AbortSignal,
): Promise<RunningQuery> {
  const { engine } = options;
  const analyzed = analyzeQuery(query, engine.analyzerContext(session), null);
  if (query.limit !== null && query.limit < 0) {
    throw statementError("Push queries don't support negative integers in the LIMIT clause.");
  }
  const step = await coPartitioned(analyzed.step as ProjectStep, engine, engine.settingsOf(session));
  const reset = resetOf(engine, session);
  const simple = simpleQuery(step);
  const isScalable =
    simple !== undefined &&
    reset === 'latest' &&
    isSharingWanted(engine, session) &&
    isMadeByQuery(engine, analyzed) &&
    placesIn([...simple.filters, ...simple.project.items.map(({ expression }) => expression)]).length === 0;
  const id = options.newId(isScalable ? 'scalable' : 'transient', analyzed.first.name);
  const closing = new AbortController();
  const ended = AbortSignal.any([closing.signal, signal]);
  const limit = { left: query.limit ?? Number.POSITIVE_INFINITY };
  // Which rows of a table a filter has let through has to be known to take them away.
  const isDirect =
    simple !== undefined && (isScalable || simple.source.source.kind === 'STREAM' || simple.filters.length === 0);
  const source = isDirect
    ? await topicBatches(simple, session, options, { from: reset, isScalable, ended })
    : await topologyBatches(step, session, options, { id, reset, ended });
  const tombstone = tombstoneOf(step);
  return {
    id,
    kind: 'push',
    columns: step.schema.value.map((column) => ({ ...column, isKey: false })),
    rows: limited(source, tombstone, limit),
    finalMessage: () => (limit.left <= 0 ? 'Limit Reached' : null),
    close: () => closing.abort(),
  };
}

function resetOf(engine: SqlEngine, session: Session): 'earliest' | 'latest' {
  const settings = engine.settingsOf(session);
  const reset = settings.get('auto.offset.reset') ?? settings.get('ksql.streams.auto.offset.reset') ?? 'latest';
  return reset.toLowerCase() === 'earliest' ? 'earliest' : 'latest';
}

/** ksqlDB's scalable push queries, which share a query's output, and tell of no rows that are gone. */
function isSharingWanted(engine: SqlEngine, session: Session): boolean {
  return engine.settingsOf(session).get('ksql.query.push.v2.enabled')?.toLowerCase() === 'true';
}

function isMadeByQuery({ queries }: SqlEngine, { first }: AnalyzedQuery): boolean {
  return queries.makerOf(first.name) !== undefined;
}

/** Of a row that is gone its key is told. */
function tombstoneOf({ input, items }: ProjectStep): (key: unknown) => unknown[] {
  const { key } = input.schema;
  const names = key.map(({ name }) => name);
  const isWindowed = columnOf(input.schema, 'WINDOWSTART') !== undefined;
  const places = items.map(({ expression }) => (expression.kind === 'column' ? expression.name : null));
  return (given) => {
    const window = isWindowed ? (given as { window: { startMs: number; endMs: number } }).window : null;
    const plain = isWindowed ? (given as { key: unknown }).key : given;
    return places.map((name) => {
      if (name === null) return null;
      if (window !== null && name === 'WINDOWSTART') return window.startMs;
      if (window !== null && name === 'WINDOWEND') return window.endMs;
      const at = names.indexOf(name);
      if (at < 0) return null;
      return names.length === 1 ? plain : ((plain as unknown[])[at] ?? null);
    });
  };
}

async function* limited(
  source: AsyncIterable<readonly SelectedRow[]>,
  tombstone: (key: unknown) => unknown[],
  limit: { left: number },
): AsyncIterableIterator<readonly ResultRow[]> {
  if (limit.left <= 0) return;
  for await (const selected of source) {
    const rows = selected
      .slice(0, limit.left)
      .map(({ key, row }): ResultRow => ({ values: row ?? tombstone(key), isTombstone: row === null }));
    limit.left -= rows.length;
    if (rows.length > 0) yield rows;
    if (limit.left <= 0) return;
  }
}

/** Rows of one stream are read from its topic, no faster than they are sent. */
async function topicBatches(
  simple: SimpleQuery,
  session: Session,
  { engine, reading }: PushQueryOptions,
  {
    ended,
    from,
    isScalable,
  }: { readonly from: 'earliest' | 'latest'; readonly isScalable: boolean; readonly ended: AbortSignal },
): Promise<AsyncIterable<readonly SelectedRow[]>> {
  const { source } = simple.source;
  const select = batchSelector(simple, queryContext(engine, session), reading, {
    // As in ksqlDB: its scalable queries know no rows without key or value.
    isWhole: isScalable,
  });
  const { topic } = source;
  const { client } = reading;
  const stream = new FollowedStream({ client, topic, from, moves: engine.moves, signal: ended });
  await stream.start();
  return (async function* () {
    for await (const batch of stream.batches()) yield await select(batch);
  })();
}

/** What needs state or several sources runs as a topology of its own. */
async function topologyBatches(
  step: ProjectStep,
  session: Session,
  { engine, transients }: PushQueryOptions,
  { ended, id, reset }: { id: string; reset: 'earliest' | 'latest'; ended: AbortSignal },
): Promise<AsyncIterable<readonly SelectedRow[]>> {
  const isTable = isTableStep(step);
  const queue = new RowQueue<SelectedRow>({ onFull: () => handle?.pause(), onRoom: () => handle?.resume() });
  const { prepare, topology } = buildTransient(step, queryContext(engine, session), (key, row) => {
    if (row !== null || isTable) queue.add({ key, row });
  });
  await prepare();
  let handle: Awaited<ReturnType<TransientRuntime['run']>> | null = null;
  handle = await transients.run(topology, { id, reset, onFailed: (error) => queue.end(error) });
  if (queue.isFull) handle.pause();
  const deafen = sourcesOf(step).map(({ source: { name, topic } }) =>
    engine.moves.listen(topic, () => {
      queue.end(statementError(`Stream ${name} was rewound, and is another topic's now: send the query again.`));
    }),
  );
  const stop = () => {
    for (const each of deafen) each();
    queue.end();
    void handle.remove({ deleteInternalTopics: true }).catch((error: unknown) => engine.onError(error));
  };
  if (ended.aborted) stop();
  else ended.addEventListener('abort', stop, { once: true });
  return queue;
}
