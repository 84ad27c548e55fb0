import type { PrometheusText } from '@headwater/http';
import type { Database } from '../session/database.ts';

/** What the store says of itself on `/metrics`, by database. */
export function writeAnalyticsMetrics(text: PrometheusText, connections: number, databases: readonly Database[]): void {
  text.gauge('headwater_postgres_connections', 'Connections of clients.', connections);
  const each = (name: string, kind: 'counter' | 'gauge', help: string, value: (database: Database) => number): void => {
    text.metric(name, kind, help);
    for (const database of databases) text.sample(name, { database: database.name }, value(database));
  };
  each('headwater_postgres_running', 'gauge', '1: PostgreSQL runs for this database.', ({ isRunning }) =>
    Number(isRunning),
  );
  each('headwater_postgres_waiting', 'gauge', 'Units of clients that wait for their turn.', ({ waiting }) => waiting);
  each('headwater_postgres_sessions', 'gauge', 'Sessions of clients.', ({ sessions }) => sessions.size);
  each(
    'headwater_postgres_turns_total',
    'counter',
    'Turns at the one session of PostgreSQL.',
    ({ figures }) => figures.turns,
  );
  each(
    'headwater_postgres_switches_total',
    'counter',
    'Turns that were another client’s than the one before.',
    ({ figures }) => figures.switches,
  );
  each('headwater_postgres_starts_total', 'counter', 'Starts of PostgreSQL.', ({ figures }) => figures.starts);
  each(
    'headwater_postgres_wait_seconds_total',
    'counter',
    'Time that turns were waited for.',
    ({ figures }) => figures.waitedMs / 1000,
  );
}
