import { statementError } from '../../analyzer/statement-error.ts';
import type { PersistentQuery, QueryState } from '../../engine/engine-services.ts';
import { queryGroup } from '../../engine/query-group.ts';
import { streamsSetting } from '../../engine/settings/streams-setting.ts';
import type { SqlEngine } from '../../engine/sql-engine.ts';
import { planText } from '../../plan/plan-text.ts';
import type { QueryDescription, QueryDescriptionList, QueryList, RunningQueryLine } from '../entities/index.ts';
import { fieldInfos } from '../entities/schema-info.ts';
import { answerHead } from './answer-head.ts';
import { isSecret } from './list-settings.ts';
import { rewindInfo, rewindLines } from './rewind-info.ts';

/** SHOW QUERIES. */
export function listQueries(engine: SqlEngine, text: string): QueryList {
  const queries = [...engine.queries.values()].map((query) => queryLine(engine, query));
  return {
    '@type': 'queries',
    ...answerHead(text),
    queries: [...queries, ...rewindLines(engine), ...pushLines(engine)],
  };
}

/** Queries whose rows go to somebody who asked this server. */
function pushLines({ pushQueries }: SqlEngine): RunningQueryLine[] {
  return pushQueries.all.map(({ id, statement }) => ({
    queryString: statement,
    sinks: [],
    sinkKafkaTopics: [],
    id,
    statusCount: { RUNNING: 1 },
    queryType: 'PUSH',
    state: 'RUNNING',
  }));
}

/** SHOW QUERIES EXTENDED. */
export async function listQueriesExtended(engine: SqlEngine, text: string): Promise<QueryDescriptionList> {
  const queryDescriptions: QueryDescription[] = [];
  const rewound = Array.from(engine.rewinds.values(), ({ building }) => building);
  for (const query of [...engine.queries.values(), ...rewound]) {
    const topology = String((await query.build()).describe());
    const executionPlan = planText(query.plan, query.id);
    queryDescriptions.push({ ...describeQuery(engine, query), executionPlan, topology });
  }
  return { '@type': 'query_descriptions', ...answerHead(text), queryDescriptions };
}

export function queryLine(engine: SqlEngine, query: PersistentQuery): RunningQueryLine {
  const topic = engine.catalog.source(query.sinkName)?.topic ?? query.plan.sink.topic;
  const state = stateOf(engine, query.id);
  return {
    queryString: query.statement,
    sinks: [query.sinkName],
    sinkKafkaTopics: [topic],
    id: query.id,
    statusCount: { [state]: 1 },
    queryType: query.kind === 'CREATE_SOURCE' ? 'CREATE_SOURCE' : 'PERSISTENT',
    state,
  };
}

/** Of a query on this server. */
function stateOf({ paused, runtime }: SqlEngine, id: string): QueryState {
  return runtime.stateOf?.(id) ?? (paused.has(id) ? 'PAUSED' : 'RUNNING');
}

/** @throws SqlError where there is none of the id */
export function queryOf(engine: SqlEngine, id: string): PersistentQuery {
  const query = engine.queries.get(id) ?? engine.rewinds.get(id)?.building;
  if (query === undefined)
    throw statementError(`Query with id:${id} does not exist, use SHOW QUERIES to view the full set of queries.`);
  return query;
}

/** All but the texts of the plan and of the topology. */
export function describeQuery(engine: SqlEngine, query: PersistentQuery): QueryDescription {
  const { plan, settings } = query;
  const rewind = rewindInfo(engine, query.id);
  const isRunning = engine.queries.has(query.id) || rewind !== undefined;
  const { address } = engine;
  return {
    id: query.id,
    statementText: query.statement,
    windowType: plan.sink.keyFormat.window?.type ?? null,
    fields: fieldInfos(plan.sink.schema),
    sources: query.sourceNames,
    sinks: [query.sinkName],
    topology: '',
    executionPlan: '',
    overriddenProperties: overridden(engine, settings),
    ksqlHostQueryStatus: isRunning && address !== null ? { [address]: stateOf(engine, query.id) } : {},
    queryType: query.kind === 'CREATE_SOURCE' ? 'CREATE_SOURCE' : 'PERSISTENT',
    queryErrors: errorsOf(engine, query.id),
    tasksMetadata: [],
    consumerGroupId: queryGroup(engine, query),
    state: isRunning ? stateOf(engine, query.id) : null,
    ...(rewind !== undefined && { rewind, state: rewind.state === 'failed' ? 'ERROR' : 'REWINDING' }),
  };
}

function errorsOf({ runtime }: SqlEngine, id: string): QueryDescription['queryErrors'] {
  const error = runtime.errorOf?.(id) ?? null;
  if (error === null) return [];
  const errorMessage = error instanceof Error ? error.message : String(error);
  return [{ timestamp: Date.now(), errorMessage, type: 'UNKNOWN' }];
}

/** What a session has set beside the server's settings; secrets are not told. */
export function overridden(engine: SqlEngine, settings: ReadonlyMap<string, string>): Record<string, string | null> {
  return Object.fromEntries(
    [...settings]
      .filter(([name, value]) => streamsSetting(engine.settings, name) !== value)
      .map(([name, value]) => [name, isSecret(name) ? null : value]),
  );
}
