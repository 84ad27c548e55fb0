import { statementError } from '../../analyzer/statement-error.ts';
import type { PersistentQuery } from '../../engine/engine-services.ts';
import type { SqlEngine } from '../../engine/sql-engine.ts';
import type { QueryDescription, QueryList, RunningQueryLine } from '../entities/index.ts';
import { fieldInfos } from '../entities/schema-info.ts';
import { answerHead } from './answer-head.ts';

/** SHOW QUERIES. */
export function listQueries(engine: SqlEngine, text: string): QueryList {
  const queries = [...engine.queries.values()].map((query) => queryLine(engine, query));
  return { '@type': 'queries', ...answerHead(text), queries };
}

export function queryLine(engine: SqlEngine, query: PersistentQuery): RunningQueryLine {
  const topic = engine.catalog.source(query.sinkName)?.topic ?? query.plan.sink.topic;
  return {
    queryString: query.statement,
    sinks: [query.sinkName],
    sinkKafkaTopics: [topic],
    id: query.id,
    statusCount: { RUNNING: 1 },
    queryType: query.kind === 'CREATE_SOURCE' ? 'CREATE_SOURCE' : 'PERSISTENT',
    state: 'RUNNING',
  };
}

/** @throws SqlError where there is none of the id */
export function queryOf(engine: SqlEngine, id: string): PersistentQuery {
  const query = engine.queries.get(id);
  if (query === undefined)
    throw statementError(`Query with id:${id} does not exist, use SHOW QUERIES to view the full set of queries.`);
  return query;
}

/**
 * EXPLAIN.
 *
 * @param topology as Kafka Streams describes one, where it is known
 */
export function describeQuery(engine: SqlEngine, query: PersistentQuery, topology = ''): QueryDescription {
  const { plan, settings } = query;
  return {
    id: query.id,
    statementText: query.statement,
    windowType: plan.sink.keyFormat.window?.type ?? null,
    fields: fieldInfos(plan.sink.schema),
    sources: query.sourceNames,
    sinks: [query.sinkName],
    topology,
    executionPlan: '',
    overriddenProperties: Object.fromEntries(settings),
    ksqlHostQueryStatus: {},
    queryType: query.kind === 'CREATE_SOURCE' ? 'CREATE_SOURCE' : 'PERSISTENT',
    queryErrors: [],
    tasksMetadata: [],
    consumerGroupId: `_confluent-ksql-${engine.settings.get('ksql.service.id') ?? 'default_'}query_${query.id}`,
    state: engine.queries.has(query.id) ? 'RUNNING' : null,
  };
}
