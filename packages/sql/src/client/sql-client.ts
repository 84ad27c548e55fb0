import type { Entity, SourceDescription } from '../rest/entities/index.ts';
import { answerLines } from './answer-lines.ts';
import { HttpCalls } from './http-calls.ts';
import { type InsertRows, insertRows } from './insert-rows.ts';
import { QueryRows } from './query-rows.ts';
import { type SqlClientAuth, serverAddress } from './server-address.ts';
import { SqlClientError } from './sql-client-error.ts';

export interface SqlClientOptions {
  /** Such as `http://127.0.0.1:8088`; it may hold user and password. */
  readonly url: string;
  readonly auth?: SqlClientAuth;
  /** Ends everything that is under way. */
  readonly signal?: AbortSignal;
}

export interface StatementOptions {
  /** As by SET, such as `{ 'auto.offset.reset': 'earliest' }`. */
  readonly properties?: Readonly<Record<string, string>>;
  /** As by DEFINE. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface ExecuteOptions extends StatementOptions {
  /** Waits until the server has done this command; of an entity's `commandSequenceNumber`. */
  readonly commandSequenceNumber?: number;
}

export interface SqlServerInfo {
  readonly version: string;
  readonly kafkaClusterId: string;
  readonly ksqlServiceId: string;
  readonly serverStatus?: string;
}

/** A client of ksqlDB's REST API, Headwater's or the original. Everything may throw `SqlClientError`. */
export interface SqlClient {
  readonly url: string;
  /** Statements that give no rows → what they are answered with. SET, DEFINE and INSERT VALUES are answered with nothing. */
  execute(sql: string, options?: ExecuteOptions): Promise<Entity[]>;
  /** A pull or push query; resolves when its columns are known. */
  query<Row extends object = Record<string, unknown>>(sql: string, options?: StatementOptions): Promise<QueryRows<Row>>;
  /** Lines of `PRINT topic`, without end unless it has a LIMIT. */
  print(sql: string, options?: StatementOptions): AsyncGenerator<string>;
  /** Sends rows to a stream or table, no faster than they are taken; resolves with their number when all are. */
  insert(
    target: string,
    rows: InsertRows,
    options?: { properties?: Readonly<Record<string, string>>; signal?: AbortSignal },
  ): Promise<number>;
  /** @param name of a stream or table, as in a statement */
  describe(name: string, options?: { isExtended?: boolean; signal?: AbortSignal }): Promise<SourceDescription>;
  info(signal?: AbortSignal): Promise<SqlServerInfo>;
  /** Ends a query by its id, from anywhere. */
  closeQuery(queryId: string): Promise<void>;
  /** Ends everything that is under way. May be called twice. */
  close(): void;
}

/**
 * @example
 * const client = createSqlClient({ url: 'http://127.0.0.1:8088' });
 * await client.execute("CREATE STREAM orders (id STRING KEY, total BIGINT) WITH (KAFKA_TOPIC='orders', FORMAT='JSON', PARTITIONS=1);");
 * await client.insert('orders', [{ id: 'a', total: 9007199254740993n }]);
 * for await (const row of await client.query<{ ID: string; TOTAL: number | bigint }>('SELECT * FROM orders EMIT CHANGES LIMIT 1;'))
 *   console.log(row.TOTAL);
 */
export function createSqlClient(options: SqlClientOptions): SqlClient {
  const server = serverAddress(options.url, options.auth);
  const calls = new HttpCalls(server, options.signal);
  const client: SqlClient = {
    url: server.url.href.replace(/\/$/, ''),
    async execute(sql, { properties = {}, variables = {}, commandSequenceNumber, signal } = {}) {
      const body = {
        ksql: sql,
        streamsProperties: properties,
        sessionVariables: variables,
        ...(commandSequenceNumber !== undefined && { commandSequenceNumber }),
      };
      const entities = await calls.json({ method: 'POST', path: '/ksql', body, sql, signal });
      if (!Array.isArray(entities))
        throw new SqlClientError('HW_SQL_CLIENT_ANSWER', 'no list of entities was answered');
      return entities as Entity[];
    },
    query: (sql, statement = {}) => openQuery(calls, sql, statement),
    print: (sql, statement = {}) => printedLines(calls, sql, statement),
    insert: (target, rows, { properties = {}, signal } = {}) =>
      insertRows(server, target, rows, properties, calls.signalOf(signal)),
    async describe(name, { isExtended = false, signal } = {}) {
      const sql = `DESCRIBE ${name}${isExtended ? ' EXTENDED' : ''};`;
      const [entity] = await client.execute(sql, signal === undefined ? {} : { signal });
      if (entity?.['@type'] === 'sourceDescription') return entity.sourceDescription;
      throw new SqlClientError('HW_SQL_CLIENT_ANSWER', `${name} is answered with ${entity?.['@type'] ?? 'nothing'}`);
    },
    async info(signal) {
      const answer = (await calls.json({ method: 'GET', path: '/info', signal })) as { KsqlServerInfo?: SqlServerInfo };
      if (answer?.KsqlServerInfo !== undefined) return answer.KsqlServerInfo;
      throw new SqlClientError('HW_SQL_CLIENT_ANSWER', `${client.url} is no SQL server: /info tells of none`);
    },
    async closeQuery(queryId) {
      const response = await calls.open({ method: 'POST', path: '/close-query', body: { queryId } });
      response.resume();
    },
    close: () => calls.close(),
  };
  return client;
}

async function openQuery<Row extends object>(
  calls: HttpCalls,
  sql: string,
  { properties = {}, variables = {}, signal }: StatementOptions,
): Promise<QueryRows<Row>> {
  const accept = 'application/vnd.ksqlapi.delimited.v1';
  const body = { sql, properties, sessionVariables: variables };
  const response = await calls.open({ method: 'POST', path: '/query-stream', body, accept, sql, signal });
  const lines = answerLines(response);
  const source = {
    sql,
    lines,
    close: () => response.destroy(),
    failure: (thrown: unknown) => calls.failure(thrown, signal),
  };
  try {
    const first = await lines.next();
    if (first.done) throw new SqlClientError('HW_SQL_CLIENT_ANSWER', 'the answer to the query is empty');
    return new QueryRows<Row>(source, first.value);
  } catch (thrown) {
    response.destroy();
    throw source.failure(thrown);
  }
}

async function* printedLines(
  calls: HttpCalls,
  sql: string,
  { properties = {}, variables = {}, signal }: StatementOptions,
): AsyncGenerator<string> {
  const body = { ksql: sql, streamsProperties: properties, sessionVariables: variables };
  const response = await calls.open({ method: 'POST', path: '/query', body, sql, signal });
  try {
    for await (const lines of answerLines(response)) yield* lines;
  } catch (thrown) {
    throw calls.failure(thrown, signal);
  } finally {
    response.destroy();
  }
}
