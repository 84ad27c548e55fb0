import type { SqlEngine } from './sql-engine.ts';

/** The consumer group that keeps how far a query has come: each run has one of its own. */
export function queryGroup({ settings }: Pick<SqlEngine, 'settings'>, runId: string): string {
  return `_confluent-ksql-${settings.get('ksql.service.id') ?? 'default_'}query-${runId}`;
}
