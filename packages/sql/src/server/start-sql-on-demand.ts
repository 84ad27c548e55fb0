import { createClient, type KafkaClient } from '@headwater/client';
import type { PrometheusText } from '@headwater/http';
import { silentLogger } from '@headwater/logger';
import { CommandTopic, commandTopicName } from '../commands/command-topic.ts';
import { ApiError, errorCodes } from '../rest/api-error.ts';
import type { CommandStatus } from '../rest/entities/index.ts';
import { checkProperty } from '../rest/prohibited-properties.ts';
import { type RestServer, startRestServer } from '../rest/rest-server.ts';
import type { Health, RequestSession, RowInserter, RunningQuery, ServerInfo, SqlService } from '../rest/sql-service.ts';
import { advertisedAddress, advertisedNames } from './advertised-address.ts';
import { sqlMetrics } from './sql-metrics.ts';
import type { SqlNode } from './sql-node.ts';
import { defaultPort, defaultServiceId, type SqlServerOptions } from './sql-server-options.ts';

/**
 * A server of streaming SQL that is all there at once and costs next to nothing until it is used: the engine is loaded and started
 * with the first request that needs it; at once, beside what else starts, where queries of an earlier run have to go on.
 *
 * @throws errors of the port; SqlError for a folder of functions that cannot be taken
 */
export async function startSqlOnDemand(options: SqlServerOptions): Promise<RestServer> {
  const { host, logger, port = defaultPort } = options;
  const service = new ServiceOnDemand(await withFunctions(options));
  const server = await startRestServer({
    service,
    port,
    allowedHosts: advertisedNames(options),
    ...(logger !== undefined && { logger }),
    ...(host !== undefined && { host }),
    ...(options.security !== undefined && { security: options.security }),
  });
  service.address = advertisedAddress(options, server);
  service.goOn();
  return {
    ...server,
    async close() {
      await server.close();
      await service.close();
    },
  };
}

/** What is wrong with a folder of functions is told at the start, not to who sends the first statement. */
async function withFunctions({ functionsDir, ...options }: SqlServerOptions): Promise<SqlServerOptions> {
  if (functionsDir === undefined) return options;
  const { functionsOf } = await import('./functions-of.ts');
  return { ...options, functions: await functionsOf({ ...options, functionsDir }) };
}

/** The engine behind an interface that is there before it. */
export class ServiceOnDemand implements SqlService {
  /** 'host:port' of the listener. */
  address: string | null = null;
  readonly #options: SqlServerOptions;
  #node: Promise<SqlNode> | undefined;
  #running: SqlNode | undefined;
  #goingOn: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: SqlServerOptions) {
    this.#options = options;
  }

  /** Starts the engine where the log of statements says that there is something to go on with. */
  goOn(): void {
    const { logger = silentLogger, serviceId = defaultServiceId } = this.#options;
    this.#goingOn = this.#withClient(async (client) => {
      const topic = new CommandTopic({ client, name: commandTopicName(serviceId), logger });
      if (!(await topic.isEmpty()) && !this.#isClosed) await this.#service();
    }).catch((error: unknown) => logger.error({ error }, 'queries of an earlier run do not go on until SQL is used'));
  }

  metrics(text: PrometheusText): void {
    if (this.#running !== undefined) sqlMetrics(text, this.#running.streams);
  }

  async info(): Promise<ServerInfo> {
    if (this.#running !== undefined) return this.#running.service.info();
    const { serviceId = defaultServiceId } = this.#options;
    const clusterId = await this.#withClient(async (client) => (await client.metadata([])).clusterId);
    return { version: '0.1.0', kafkaClusterId: clusterId ?? '', serviceId };
  }

  async #withClient<Result>(work: (client: KafkaClient) => Promise<Result>): Promise<Result> {
    const { bootstrap, serviceId = defaultServiceId } = this.#options;
    const client = createClient({ bootstrap, clientId: `headwater-sql-${serviceId}` });
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  }

  async health(): Promise<Health> {
    if (this.#running !== undefined) return this.#running.service.health();
    const kafka = await this.info().then(
      () => true,
      () => false,
    );
    return { metastore: true, kafka, commandRunner: true };
  }

  async check(...asked: Parameters<SqlService['check']>): Promise<void> {
    return (await this.#service()).check(...asked);
  }

  async execute(...asked: Parameters<SqlService['execute']>): ReturnType<SqlService['execute']> {
    return (await this.#service()).execute(...asked);
  }

  queryAgain(sql: string, session: RequestSession): RunningQuery | undefined {
    return this.#running?.service.queryAgain?.(sql, session);
  }

  async query(...asked: Parameters<SqlService['query']>): ReturnType<SqlService['query']> {
    return (await this.#service()).query(...asked);
  }

  async print(...asked: Parameters<SqlService['print']>): ReturnType<SqlService['print']> {
    return (await this.#service()).print(...asked);
  }

  async openInserts(...asked: Parameters<SqlService['openInserts']>): Promise<RowInserter> {
    return (await this.#service()).openInserts(...asked);
  }

  commandStatuses(): ReadonlyMap<string, CommandStatus> {
    return this.#running?.service.commandStatuses() ?? new Map();
  }

  checkProperty(name: string): void {
    checkProperty(name);
  }

  async waitForCommand(sequenceNumber: number, timeoutMs: number): Promise<void> {
    return (await this.#service()).waitForCommand(sequenceNumber, timeoutMs);
  }

  async terminate(...asked: Parameters<SqlService['terminate']>): ReturnType<SqlService['terminate']> {
    return (await this.#service()).terminate(...asked);
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#goingOn;
    const node = await this.#node?.catch(() => undefined);
    await node?.close();
  }

  async #service(): Promise<SqlService> {
    return (await this.start()).service;
  }

  /** The engine, which is started if it is not there yet. @throws ApiError 50302, 50303 */
  start(): Promise<SqlNode> {
    if (this.#isClosed) throw new ApiError(errorCodes.shuttingDown, 'The server is shutting down');
    this.#node ??= this.#start();
    return this.#node;
  }

  async #start(): Promise<SqlNode> {
    try {
      const { startSqlNode } = await import('./sql-node.ts');
      this.#running = await startSqlNode(this.#options, this.address);
      return this.#running;
    } catch (error) {
      this.#node = undefined;
      (this.#options.logger ?? silentLogger).error({ error }, 'the SQL engine could not be started');
      throw new ApiError(errorCodes.notReady, 'The SQL engine could not be started: see the log of the server', {
        cause: error,
      });
    }
  }
}
