import type { PersistentQuery, QueryStatistics } from '../../engine/engine-services.ts';
import type { SqlEngine } from '../../engine/sql-engine.ts';
import type { HostStatistic, SourceDescription } from '../entities/index.ts';

type Told = Pick<SourceDescription, 'statistics' | 'errorStats' | 'clusterStatistics' | 'clusterErrorStats'>;

interface Counted {
  readonly name: string;
  readonly value: number;
  /** Of the newest record, epoch milliseconds; 0 before the first. */
  readonly timestamp: number;
}

/** What this server's queries have read of a source's topic and written to it: as text, and by host. */
export function topicStatistics(
  engine: SqlEngine,
  readers: readonly PersistentQuery[],
  writers: readonly PersistentQuery[],
): Told {
  const read = statisticsOf(engine, readers);
  const written = statisticsOf(engine, writers);
  const stats = [
    ...counted('consumer-total-messages', read, ({ recordsIn }) => recordsIn),
    ...counted('total-messages', written, ({ recordsOut }) => recordsOut),
  ];
  const errors = [
    ...counted('consumer-failed-messages', read, ({ recordsFailed }) => recordsFailed),
    ...counted('dead-letter-messages', written, ({ recordsDeadLettered }) => recordsDeadLettered),
  ];
  return {
    statistics: text(stats, 'last-message'),
    errorStats: text(errors, 'last-failed'),
    clusterStatistics: byHost(stats, engine.address),
    clusterErrorStats: byHost(errors, engine.address),
  };
}

function statisticsOf({ runtime }: SqlEngine, queries: readonly PersistentQuery[]): QueryStatistics[] {
  return queries.map(({ id }) => runtime.statistics?.(id)).filter((each) => each !== undefined);
}

/** None where nothing was counted, as in ksqlDB. */
function counted(name: string, all: readonly QueryStatistics[], pick: (each: QueryStatistics) => number): Counted[] {
  const value = all.reduce((sum, each) => sum + pick(each), 0);
  if (value === 0) return [];
  const timestamp = Math.max(0, ...all.map(({ newestTimestampMs }) => newestTimestampMs ?? 0));
  return [{ name, value, timestamp }];
}

function text(stats: readonly Counted[], last: string): string {
  const [first] = stats;
  if (first === undefined) return '';
  const moment = first.timestamp === 0 ? 'n/a' : new Date(first.timestamp).toISOString();
  const values = stats.map(({ name, value }) => `${name.padStart(16)}:${String(value).padStart(10)} `).join('');
  return `${values}${last.padStart(16)}: ${moment.padStart(9)}`;
}

function byHost(stats: readonly Counted[], host: string | null): HostStatistic[] {
  return host === null ? [] : stats.map(({ name, timestamp, value }) => ({ host, name, value, timestamp }));
}
