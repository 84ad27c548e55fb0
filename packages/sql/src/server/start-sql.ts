import { createClient } from '@headwater/client';
import { type Logger, silentLogger } from '@headwater/logger';
import { createRegistryClient, type RegistryClient } from '@headwater/serdes';
import { Streams } from '@headwater/streams';
import type { SqlEngineOptions } from '../engine/sql-engine.ts';
import { SqlEngine } from '../engine/sql-engine.ts';
import { builtInFunctions } from '../functions/built-in.ts';
import { TransientRuntime } from '../queries/transient-runtime.ts';
import { EngineService } from '../rest/engine-service.ts';
import { startRestServer } from '../rest/rest-server.ts';
import { KafkaTopics } from './kafka-topics.ts';
import { QueryAnswers } from './query-answers.ts';
import { StreamsQueries } from './streams-queries.ts';

export interface SqlServerOptions {
  /** 'host:port', several separated by commas. */
  readonly bootstrap: string;
  /** Default: none; formats that need one are refused. */
  readonly registryUrl?: string;
  /** In place of `registryUrl`: one that is there already. */
  readonly registry?: RegistryClient;
  /** Default 8088; 0: the system chooses. */
  readonly port?: number;
  /** Default 127.0.0.1: anybody who reaches another address can do what this server can. */
  readonly host?: string;
  /** `ksql.service.id`: begins the names of its groups and topics. Default 'default_'. */
  readonly serviceId?: string;
  /** A directory on a local disk for the state of queries. Default: none, it is read from changelogs at the start. */
  readonly stateDir?: string;
  /** By ksqlDB's names, such as `ksql.streams.auto.offset.reset`. */
  readonly settings?: Iterable<readonly [string, string]>;
  /** Default: those that are built in. */
  readonly functions?: SqlEngineOptions['functions'];
  readonly logger?: Logger;
}

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
  const {
    bootstrap,
    host,
    logger = silentLogger,
    port = 8088,
    registryUrl,
    serviceId = 'default_',
    stateDir,
  } = options;
  const settings = new Map([...(options.settings ?? []), ['ksql.service.id', serviceId] as const]);
  const prefix = `_confluent-ksql-${serviceId}`;
  const client = createClient({ bootstrap, clientId: `headwater-sql-${serviceId}`, logger });
  const registry = options.registry ?? (registryUrl === undefined ? null : createRegistryClient({ url: registryUrl }));
  const commitIntervalMs = settings.get('commit.interval.ms') ?? settings.get('ksql.streams.commit.interval.ms');
  const guarantee = settings.get('processing.guarantee')?.startsWith('exactly_once') ? 'exactly-once' : 'at-least-once';
  const streams = new Streams({
    applicationId: `${prefix}query`,
    kafka: client,
    guarantee,
    logger,
    isEachUpdateSent:
      (settings.get('cache.max.bytes.buffering') ?? settings.get('ksql.streams.cache.max.bytes.buffering')) === '0',
    errors: { deserialization: 'skip' },
    ...(stateDir !== undefined && { stateDir }),
    ...(commitIntervalMs !== undefined && { commitIntervalMs: Number(commitIntervalMs) }),
  });
  const transients = new TransientRuntime({ kafka: client, prefix, guarantee, logger });
  const onError = (error: unknown) => logger.debug({ error: String(error) }, 'a row could not be worked on');
  const closers: (() => Promise<unknown>)[] = [() => transients.close(), () => streams.close(), () => client.close()];
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= (async () => {
      for (const each of closers) await each().catch((error: unknown) => logger.warn({ error }, 'closing'));
    })();
    return closed;
  };
  try {
    const { clusterId } = await client.metadata([]);
    await streams.start();
    const engine = new SqlEngine({
      topics: new KafkaTopics(client),
      queries: new StreamsQueries(streams, logger),
      functions: options.functions ?? builtInFunctions(),
      registry,
      settings,
      onError,
    });
    const answers = new QueryAnswers({ engine, client, streams, transients });
    const service = new EngineService(engine, {
      info: { version: '0.1.0', kafkaClusterId: clusterId ?? '', serviceId },
      isKafkaHealthy: () =>
        client.metadata([]).then(
          () => true,
          () => false,
        ),
      query: (...asked) => answers.query(...asked),
      print: (...asked) => answers.print(...asked),
      terminate: (patterns) => answers.terminate(patterns),
    });
    const server = await startRestServer({ service, port, logger, ...(host !== undefined && { host }) });
    closers.unshift(() => server.close());
    return { url: server.url, host: server.host, port: server.port, engine, streams, close };
  } catch (error) {
    await close();
    throw error;
  }
}
