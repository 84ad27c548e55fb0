import { SqlEngine, type SqlEngineOptions } from '../../engine/sql-engine.ts';
import { builtInFunctions } from '../../functions/built-in.ts';
import { MemoryTopics, RememberedQueries } from '../../testing/memory-cluster.ts';
import { ApiError, errorCodes } from '../api-error.ts';
import { EngineService } from '../engine-service.ts';
import { type RestServer, startRestServer } from '../rest-server.ts';

export interface StatementServer {
  readonly engine: SqlEngine;
  readonly topics: MemoryTopics;
  readonly queries: RememberedQueries;
  readonly url: string;
  /** What `/ksql` answers, of any shape. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of any shape are looked into
  run(ksql: string, more?: Record<string, unknown>): Promise<any>;
  close(): Promise<void>;
}

/** The REST API over an engine in memory: statements are done, queries whose rows go to who asks are refused. */
export async function startStatementServer(
  options: Partial<SqlEngineOptions> & { readonly maxBodyBytes?: number } = {},
): Promise<StatementServer> {
  const { maxBodyBytes, ...engineOptions } = options;
  const [topics, queries] = [new MemoryTopics(), new RememberedQueries()];
  const engine = new SqlEngine({ topics, queries, functions: builtInFunctions(), registry: null, ...engineOptions });
  const refused = async () => {
    throw new ApiError(errorCodes.badStatement, 'No rows are here');
  };
  const service = new EngineService(engine, {
    info: { version: '1', kafkaClusterId: 'k', serviceId: 'test_' },
    isKafkaHealthy: async () => true,
    query: refused,
    print: refused,
    terminate: refused,
  });
  const size = maxBodyBytes === undefined ? {} : { maxBodyBytes };
  const server: RestServer = await startRestServer({ service, drainTimeoutMs: 100, ...size });
  return {
    engine,
    topics,
    queries,
    url: server.url,
    async run(ksql, more = {}) {
      const response = await fetch(`${server.url}/ksql`, { method: 'POST', body: JSON.stringify({ ksql, ...more }) });
      return response.json();
    },
    close: () => server.close(),
  };
}
