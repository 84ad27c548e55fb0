import { type RunningSink, runSink } from '../running-sink.ts';
import type { SinkOptions } from '../sink-options.ts';
import { type PostgresColumn, PostgresStore } from './postgres-store.ts';

export interface PostgresSinkOptions extends SinkOptions<readonly unknown[]> {
  /** `postgres://user:password@host:port/database`. */
  postgresUrl: string;
  /** Of the table, and of `headwater_offsets`, which is made there when it is missing. Default `public`. */
  schema?: string | undefined;
  table: string;
  /** What `map` gives for each column, in this order. Rows that are there already (by a unique key) stay as they are. */
  columns: readonly PostgresColumn[];
  /** Numbered changes of the schema, the first is 1: each is done once, before anything is written (`migrate`). */
  migrations?: readonly string[] | undefined;
  /** Makes the database of `postgresUrl` when it is missing, by way of the database `postgres`. Default false. */
  createDatabase?: boolean | undefined;
  /** How long the database may take for one statement, and to connect. Default 10,000. */
  timeoutMs?: number | undefined;
}

/**
 * Moves a topic into a table of PostgreSQL, each record once: a batch is one statement that inserts its rows and moves the offsets, where the table
 * of offsets still says what this instance knows. While the database is away the records wait in the log.
 *
 * @example
 * const sink = openPostgresSink({
 *   client,
 *   groupId: 'orders-to-postgres',
 *   topic: 'orders',
 *   postgresUrl: 'postgres://headwater@127.0.0.1:5432/headwater',
 *   table: 'orders',
 *   columns: [{ name: 'id', type: 'uuid' }, { name: 'body', type: 'jsonb' }],
 *   map: ({ topic, partition, offset, value }) => [rowIdOf(topic, partition, offset), value!.toString()],
 * });
 */
export function openPostgresSink(options: PostgresSinkOptions): RunningSink {
  const store = new PostgresStore({ ...options, sink: options.name ?? options.groupId });
  return runSink(options, store);
}
