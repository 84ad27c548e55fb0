import pg from 'pg';
import { ConnectError } from '../connect-error.ts';
import { type Chunk, RefusedChunk, type SinkStore, type Written } from '../sink-store.ts';
import { createDatabase } from './create-database.ts';
import { migrate } from './migrate.ts';
import { quoted } from './quoted.ts';

export interface PostgresColumn {
  readonly name: string;
  /** Its type in SQL: `uuid`, `text`, `bigint`, `timestamptz` …; not an array. */
  readonly type: string;
}

interface PostgresStoreOptions {
  postgresUrl: string;
  sink: string;
  schema?: string | undefined;
  table: string;
  columns: readonly PostgresColumn[];
  migrations?: readonly string[] | undefined;
  createDatabase?: boolean | undefined;
  timeoutMs?: number | undefined;
}

type Row = readonly unknown[];

const databaseMissing = '3D000';

/** A table, and the offsets beside it. One connection, made when it is needed, and anew after any failure. */
export class PostgresStore implements SinkStore<Row> {
  readonly operation: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly #options: PostgresStoreOptions;
  readonly #offsets: string;
  readonly #statement: string;
  #client: Promise<pg.Client> | undefined;

  constructor(options: PostgresStoreOptions) {
    this.#options = options;
    const { columns, schema = 'public', table } = options;
    if (columns.length === 0) throw new ConnectError('HW_CONNECT_OPTION', 'columns: give at least one');
    for (const { type } of columns) {
      if (!/^[a-z][a-z0-9_ ,()]*$/i.test(type))
        throw new ConnectError('HW_CONNECT_OPTION', `columns: "${type}" is no type`);
    }
    this.#offsets = `${quoted(schema)}.headwater_offsets`;
    this.operation = `insert ${table}`;
    this.attributes = {
      'db.system.name': 'postgresql',
      'db.operation.name': 'insert',
      'db.collection.name': `${schema}.${table}`,
    };
    const names = columns.map(({ name }) => quoted(name)).join(', ');
    const arrays = columns.map(({ type }, at) => `$${at + 7}::${type}[]`).join(', ');
    const aliases = columns.map((_, at) => `c${at}`).join(', ');
    // One statement is one transaction in one round trip. A partition is moved only from where this instance knows it to be; who comes second waits
    // for the row's lock and then finds it elsewhere. Rows of partitions that were not moved are not inserted.
    this.#statement = `WITH wanted AS (
  SELECT * FROM unnest($3::int[], $4::bigint[], $5::bigint[]) AS w (partition, expected, next)
), moved AS (
  INSERT INTO ${this.#offsets} AS o (sink, topic, partition, next_offset)
  SELECT $1::text, $2::text, partition, next FROM wanted
  ON CONFLICT (sink, topic, partition) DO UPDATE SET next_offset = EXCLUDED.next_offset
  WHERE o.next_offset = (SELECT expected FROM wanted WHERE wanted.partition = EXCLUDED.partition)
  RETURNING o.partition
), inserted AS (
  INSERT INTO ${quoted(schema)}.${quoted(table)} (${names})
  SELECT ${aliases} FROM unnest($6::int[], ${arrays}) AS r (of_partition, ${aliases})
  WHERE of_partition IN (SELECT partition FROM moved)
  ON CONFLICT DO NOTHING
  RETURNING 1
)
SELECT ARRAY(SELECT partition FROM moved) AS moved, (SELECT count(*)::int FROM inserted) AS inserted`;
  }

  async positions(topic: string, partitions: readonly number[]): Promise<Map<number, number>> {
    return await this.#use(async (client) => {
      const { rows } = await client.query<{ partition: number; next_offset: string }>(
        `SELECT partition, next_offset FROM ${this.#offsets} WHERE sink = $1 AND topic = $2 AND partition = ANY($3::int[])`,
        [this.#options.sink, topic, partitions],
      );
      return new Map(rows.map(({ next_offset, partition }) => [partition, Number(next_offset)]));
    });
  }

  async write({ entries, moves, topic }: Chunk<Row>): Promise<Written> {
    const { columns, sink } = this.#options;
    const moving = [...moves];
    const values: unknown[] = [
      sink,
      topic,
      moving.map(([partition]) => partition),
      moving.map(([, { from }]) => from),
      moving.map(([, { to }]) => to),
      entries.map(({ record }) => record.partition),
      ...columns.map((_, at) => entries.map(({ item }) => item[at] ?? null)),
    ];
    return await this.#use(async (client) => {
      const { rows } = await client.query<{ moved: number[]; inserted: number }>(this.#statement, values);
      const { inserted, moved } = rows[0]!;
      const known = new Set(moved);
      const fenced = moving.map(([partition]) => partition).filter((partition) => !known.has(partition));
      const written = entries.filter(({ record }) => known.has(record.partition)).length;
      return { fenced, repeats: written - inserted };
    });
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    this.#client = undefined;
    if (client !== undefined) await discard(client);
  }

  async #use<R>(work: (client: pg.Client) => Promise<R>): Promise<R> {
    this.#client ??= this.#connect();
    const opening = this.#client;
    try {
      return await work(await opening);
    } catch (error) {
      // Whether the statement was done is not known now; done again it finds its offsets moved, and the sink asks where they are.
      if (this.#client === opening) this.#client = undefined;
      void opening.then(discard, () => {});
      throw explained(error);
    }
  }

  async #connect(): Promise<pg.Client> {
    const { postgresUrl, sink, timeoutMs = 10_000 } = this.#options;
    const options = {
      connectionString: postgresUrl,
      application_name: sink,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
      keepAlive: true,
    };
    try {
      return await this.#open(options);
    } catch (error) {
      if (this.#options.createDatabase !== true || (error as { code?: unknown }).code !== databaseMissing) throw error;
      await createDatabase(options);
      return await this.#open(options);
    }
  }

  async #open(options: pg.ClientConfig): Promise<pg.Client> {
    const { migrations = [], schema = 'public', timeoutMs = 10_000 } = this.#options;
    const client = new pg.Client(options);
    client.on('error', () => {
      // The next statement fails on it, too, and tells.
    });
    try {
      await client.connect();
      await client.query(`SET statement_timeout = ${Math.max(1, Math.round(timeoutMs * 0.8))}`);
      await migrate(client, schema, migrations);
      await client.query(
        `CREATE TABLE IF NOT EXISTS ${this.#offsets} (
  sink text, topic text, partition integer, next_offset bigint NOT NULL, PRIMARY KEY (sink, topic, partition))`,
      );
      return client;
    } catch (error) {
      await discard(client);
      throw error;
    }
  }
}

async function discard(client: pg.Client): Promise<void> {
  const closed = client.end().catch(() => {});
  const timer = setTimeout(
    () => (client as unknown as { connection?: { stream?: { destroy(): void } } }).connection?.stream?.destroy(),
    500,
  );
  await closed;
  clearTimeout(timer);
}

/** What the error means: the data was refused (class 22, 23), the database wants something else (28, 42), or it is to be tried again. */
function explained(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message: string };
  if (typeof code !== 'string' || code.length !== 5) return error;
  if (code.startsWith('22') || code.startsWith('23')) return new RefusedChunk(`${message} (${code})`);
  if (code.startsWith('42') || code.startsWith('28')) {
    return new ConnectError(
      'HW_CONNECT_REFUSED',
      `PostgreSQL refuses: ${message} (${code}). See to it, and start again`,
      error,
    );
  }
  return error;
}
