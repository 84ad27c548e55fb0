import type { Streams } from '@headwater/streams';
import type { SqlEngine } from '../engine/sql-engine.ts';
import { startRestServer } from '../rest/rest-server.ts';
import { startSqlNode } from './sql-node.ts';
import { defaultPort, type SqlServerOptions } from './sql-server-options.ts';

export interface SqlServer {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** The engine behind it. */
  readonly engine: SqlEngine;
  /** Of persistent queries: `metrics` tells what runs. */
  readonly streams: Streams;
  /** Ends queries and commits their work. May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts a server of streaming SQL on a Kafka.
 *
 * @throws errors of the cluster, and of the port
 * @example
 * const sql = await startSql({ bootstrap: '127.0.0.1:9092' });
 * await fetch(`${sql.url}/ksql`, { method: 'POST', body: JSON.stringify({ ksql: 'SHOW STREAMS;' }) });
 * await sql.close();
 */
export async function startSql(options: SqlServerOptions): Promise<SqlServer> {
  const { host: wantedHost, logger, port: wantedPort = defaultPort } = options;
  const node = await startSqlNode(options);
  try {
    const server = await startRestServer({
      service: node.service,
      port: wantedPort,
      ...(logger !== undefined && { logger }),
      ...(wantedHost !== undefined && { host: wantedHost }),
    });
    const { host, port, url } = server;
    node.engine.address = `${host}:${port}`;
    const close = async () => {
      await server.close();
      await node.close();
    };
    return {
      url,
      host,
      port,
      engine: node.engine,
      get streams() {
        return node.streams;
      },
      close,
    };
  } catch (error) {
    await node.close();
    throw error;
  }
}
