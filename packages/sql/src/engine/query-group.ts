import type { PersistentQuery } from './engine-services.ts';
import { guaranteeOf } from './settings/processing-guarantee.ts';
import type { SqlEngine } from './sql-engine.ts';

/** The consumer group that keeps how far a query has come: each run has one of its own. */
export function queryGroup(
  engine: Pick<SqlEngine, 'settings'>,
  query: Pick<PersistentQuery, 'runId' | 'settings'>,
): string {
  return `${queryApplication(engine, query)}-${query.runId}`;
}

/** The application that a query is a topology of: one for each processing guarantee. */
export function queryApplication({ settings }: Pick<SqlEngine, 'settings'>, query: Pick<PersistentQuery, 'settings'>) {
  const serviceId = settings.get('ksql.service.id') ?? 'default_';
  const guarantee = guaranteeOf(query.settings) ?? guaranteeOf(settings) ?? 'at-least-once';
  return applicationId(`_confluent-ksql-${serviceId}`, guarantee);
}

export function applicationId(prefix: string, guarantee: 'at-least-once' | 'exactly-once'): string {
  return `${prefix}${guarantee === 'exactly-once' ? 'query_eos' : 'query'}`;
}
