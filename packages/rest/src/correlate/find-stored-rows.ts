import type { Place } from './find-records.ts';
import { rowIdOf } from './row-id.ts';

/** As much of a connection to PostgreSQL as is needed. */
export interface RowDatabase {
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

export type OpenRowDatabase = (url: string, timeoutMs: number) => Promise<RowDatabase>;

/** Opens a database by PostgreSQL's protocol. */
export const openRowDatabase: OpenRowDatabase = async (url, timeoutMs) => {
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    connectionString: url,
    application_name: 'headwater-correlate',
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  // A connection that breaks is told of by the query that needs it.
  client.on('error', () => {});
  await client.connect();
  return {
    query: async <Row>(text: string, values?: readonly unknown[]): Promise<Row[]> =>
      (await client.query(text, values as unknown[] | undefined)).rows as Row[],
    close: () => client.end(),
  };
};

/** Databases that a server of PostgreSQL has. */
export async function databaseNames(open: OpenRowDatabase, url: string, timeoutMs: number): Promise<string[]> {
  const database = await open(url, timeoutMs);
  try {
    const rows = await database.query<{ name: string }>(
      'SELECT datname AS name FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1 LIMIT 100',
    );
    return rows.map(({ name }) => name);
  } finally {
    await database.close().catch(() => {});
  }
}

/** A row that a sink wrote. */
export interface StoredRow {
  database: string;
  /** `schema.table`. */
  table: string;
  id: string;
  /** The row as JSON, every digit. */
  json: string;
}

/** A table with rows of a sink: its schema holds the offsets that were written with them. */
interface SinkTable {
  schema: string;
  name: string;
}

/** What a sink has written of a topic. */
export interface SinkOffset {
  topic: string;
  partition: number;
  nextOffset: number;
}

const tablesMax = 20;

/** Tables that have rows of sinks, known by the table of offsets beside them and an `id` that is a UUID. */
async function sinkTables(database: RowDatabase): Promise<SinkTable[]> {
  return await database.query<SinkTable>(
    `SELECT c.table_schema AS schema, c.table_name AS name FROM information_schema.columns c
     JOIN information_schema.tables o ON o.table_schema = c.table_schema AND o.table_name = 'headwater_offsets'
     WHERE c.column_name = 'id' AND c.udt_name = 'uuid' ORDER BY 1, 2 LIMIT ${tablesMax}`,
  );
}

/** The rows that came of these records. */
export async function rowsOfPlaces(
  database: RowDatabase,
  databaseName: string,
  places: readonly Place[],
): Promise<{ row: StoredRow; place: Place }[]> {
  const found: { row: StoredRow; place: Place }[] = [];
  for (const table of await sinkTables(database)) {
    const known = new Set((await sinkOffsets(database, table.schema)).map(({ topic }) => topic));
    const byId = new Map(places.filter(({ topic }) => known.has(topic)).map((place) => [rowIdOf(place), place]));
    if (byId.size === 0) continue;
    for (const { id, json } of await rowsById(database, table, [...byId.keys()])) {
      found.push({ row: { database: databaseName, table: nameOf(table), id, json }, place: byId.get(id)! });
    }
  }
  return found;
}

/** A row by its table and id, and what its sink has read. Undefined: there is no such table or row. */
export async function storedRow(
  database: RowDatabase,
  databaseName: string,
  table: string,
  id: string,
): Promise<{ row: StoredRow; offsets: SinkOffset[] } | undefined> {
  const wanted = table.toLowerCase();
  const of = (await sinkTables(database)).find((each) => nameOf(each) === wanted || each.name === wanted);
  if (of === undefined) return undefined;
  const [row] = await rowsById(database, of, [id.toLowerCase()]);
  if (row === undefined) return undefined;
  const offsets = await sinkOffsets(database, of.schema);
  return { row: { database: databaseName, table: nameOf(of), ...row }, offsets };
}

async function sinkOffsets(database: RowDatabase, schema: string): Promise<SinkOffset[]> {
  const rows = await database.query<{ topic: string; partition: number; next_offset: string }>(
    `SELECT topic, partition, max(next_offset) AS next_offset FROM ${quoted(schema)}.headwater_offsets GROUP BY topic, partition LIMIT 1000`,
  );
  return rows.map(({ next_offset, partition, topic }) => ({ topic, partition, nextOffset: Number(next_offset) }));
}

async function rowsById(
  database: RowDatabase,
  { name, schema }: SinkTable,
  ids: readonly string[],
): Promise<{ id: string; json: string }[]> {
  return await database.query<{ id: string; json: string }>(
    `SELECT t.id::text AS id, to_jsonb(t)::text AS json FROM ${quoted(schema)}.${quoted(name)} t WHERE t.id = ANY($1::uuid[])`,
    [ids],
  );
}

const nameOf = ({ name, schema }: SinkTable): string => `${schema}.${name}`;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
