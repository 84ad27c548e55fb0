import { createClient } from '@headwater/client';
import { silentLogger } from '@headwater/logger';
import { createRegistryClient } from '@headwater/serdes';
import { Streams } from '@headwater/streams';
import { ConnectClient } from '../connect/connect-client.ts';
import { SqlEngine } from '../engine/sql-engine.ts';
import { TransientRuntime } from '../queries/transient-runtime.ts';
import { EngineService } from '../rest/engine-service.ts';
import { functionsOf } from './functions-of.ts';
import { KafkaGroups } from './kafka-groups.ts';
import { KafkaTopics } from './kafka-topics.ts';
import { QueryAnswers } from './query-answers.ts';
import { ClusterRewinds } from './rewind/cluster-rewinds.ts';
import { defaultServiceId, type SqlServerOptions } from './sql-server-options.ts';
import { StreamsQueries } from './streams-queries.ts';

/** What does a server's work: all of it but the listener. */
export interface SqlNode {
  readonly engine: SqlEngine;
  /** Of persistent queries: `metrics` tells what runs. */
  readonly streams: Streams;
  readonly service: EngineService;
  /** Ends queries and commits their work. May be called twice. */
  close(): Promise<void>;
}

/** How long results of queries wait for more, so that a row is where it is read soon after the record that it is made of. */
const resultLingerMs = 5;

/** @throws errors of the cluster; SqlError for a folder of functions that cannot be taken */
export async function startSqlNode(options: SqlServerOptions): Promise<SqlNode> {
  const { bootstrap, logger = silentLogger, registryUrl, serviceId = defaultServiceId, stateDir } = options;
  const settings = new Map([...(options.settings ?? []), ['ksql.service.id', serviceId] as const]);
  if (registryUrl !== undefined) settings.set('ksql.schema.registry.url', registryUrl);
  const prefix = `_confluent-ksql-${serviceId}`;
  const functions = await functionsOf(options);
  const connect = connectOf(settings);
  const client = createClient({ bootstrap, clientId: `headwater-sql-${serviceId}`, logger });
  const registry = options.registry ?? (registryUrl === undefined ? null : createRegistryClient({ url: registryUrl }));
  const commitIntervalMs = settings.get('commit.interval.ms') ?? settings.get('ksql.streams.commit.interval.ms');
  const guarantee = settings.get('processing.guarantee')?.startsWith('exactly_once') ? 'exactly-once' : 'at-least-once';
  const applicationId = `${prefix}query`;
  const streams = new Streams({
    applicationId,
    kafka: client,
    guarantee,
    logger,
    lingerMs: Number(settings.get('ksql.streams.producer.linger.ms') ?? resultLingerMs),
    isEachUpdateSent:
      (settings.get('cache.max.bytes.buffering') ?? settings.get('ksql.streams.cache.max.bytes.buffering')) === '0',
    errors: { deserialization: 'skip' },
    ...(stateDir !== undefined && { stateDir }),
    ...(commitIntervalMs !== undefined && { commitIntervalMs: Number(commitIntervalMs) }),
  });
  const transients = new TransientRuntime({ kafka: client, prefix, guarantee, logger });
  const onError = (error: unknown) => logger.debug({ error: String(error) }, 'a row could not be worked on');
  const queries = new StreamsQueries(streams, logger);
  const lookMs = Number(settings.get('headwater.rewind.look.interval.ms') ?? 200);
  const rewinder = new ClusterRewinds({ client, queries, logger, applicationId, lookMs, engine: () => engine });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= (async () => {
      for (const each of [rewinder, transients, streams, client]) {
        await each.close().catch((error: unknown) => logger.warn({ error }, 'closing'));
      }
      if (options.registry === undefined) registry?.close();
    })();
    return closed;
  };
  let engine: SqlEngine;
  try {
    const { clusterId } = await client.metadata([]);
    await streams.start();
    engine = new SqlEngine({
      topics: new KafkaTopics(client),
      queries,
      rewinder,
      functions,
      registry,
      connect,
      groups: new KafkaGroups(client),
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
      queryAgain: (...asked) => answers.queryAgain(...asked),
      print: (...asked) => answers.print(...asked),
      terminate: (patterns) => answers.terminate(patterns),
    });
    return { engine, streams, service, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Null without `ksql.connect.url`. @throws TypeError for one that is no address */
function connectOf(settings: ReadonlyMap<string, string>): ConnectClient | null {
  const url = settings.get('ksql.connect.url') ?? '';
  const timeoutMs = Number(settings.get('ksql.connect.request.timeout.ms') ?? Number.NaN);
  if (url === '') return null;
  return new ConnectClient({ url, ...(timeoutMs > 0 && { requestTimeoutMs: timeoutMs }) });
}
