import type { Streams } from '@headwater/streams';
import type { SqlEngine } from '../engine/sql-engine.ts';
import { startRestServer } from '../rest/rest-server.ts';
import { advertisedAddress, advertisedNames } from './advertised-address.ts';
import type { SqlNode } from './sql-node.ts';
import { defaultPort, type SqlServerOptions } from './sql-server-options.ts';
import { ServiceOnDemand } from './start-sql-on-demand.ts';

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
  const service = new ServiceOnDemand(options);
  // Other servers are told where this one listens when it joins them: the listener is there first.
  const server = await startRestServer({
    service,
    port: wantedPort,
    allowedHosts: advertisedNames(options),
    ...(logger !== undefined && { logger }),
    ...(wantedHost !== undefined && { host: wantedHost }),
    ...(options.security !== undefined && { security: options.security }),
  });
  const close = async () => {
    await server.close();
    await service.close();
  };
  const { host, port, url } = server;
  service.address = advertisedAddress(options, server);
  let node: SqlNode;
  try {
    node = await service.start();
  } catch (error) {
    await close();
    throw (error as Error).cause ?? error;
  }
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
}
