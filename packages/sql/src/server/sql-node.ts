import { createClient } from '@headwater/client';
import { silentLogger } from '@headwater/logger';
import { createRegistryClient } from '@headwater/serdes';
import type { Streams } from '@headwater/streams';
import { swapRecord } from '../commands/command.ts';
import { CommandRunner } from '../commands/command-runner.ts';
import { CommandTopic, commandTopicName } from '../commands/command-topic.ts';
import { DistributedCommands } from '../commands/distributed-commands.ts';
import { terminateService } from '../commands/terminate-service.ts';
import { ConnectClient } from '../connect/connect-client.ts';
import { guaranteeOf } from '../engine/settings/processing-guarantee.ts';
import { SqlEngine } from '../engine/sql-engine.ts';
import { TransientRuntime } from '../queries/transient-runtime.ts';
import { EngineService } from '../rest/engine-service.ts';
import { functionsOf } from './functions-of.ts';
import { KafkaGroups } from './kafka-groups.ts';
import { KafkaTopics } from './kafka-topics.ts';
import { openStreams } from './open-streams.ts';
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

/** How long an answer waits until the query that it tells of runs. */
const settledWithinMs = 5_000;

/**
 * Resolves when the statements of the command topic are done.
 *
 * @param address 'host:port' under which other servers of the service reach it
 * @throws errors of the cluster; SqlError for a folder of functions that cannot be taken
 */
export async function startSqlNode(options: SqlServerOptions, address: string | null): Promise<SqlNode> {
  const { bootstrap, logger = silentLogger, registryUrl, serviceId = defaultServiceId, stateDir } = options;
  const settings = new Map([...(options.settings ?? []), ['ksql.service.id', serviceId] as const]);
  if (registryUrl !== undefined) settings.set('ksql.schema.registry.url', registryUrl);
  const prefix = `_confluent-ksql-${serviceId}`;
  const functions = await functionsOf(options);
  const connect = connectOf(settings);
  const client = createClient({ bootstrap, clientId: `headwater-sql-${serviceId}`, logger });
  const registry = options.registry ?? (registryUrl === undefined ? null : createRegistryClient({ url: registryUrl }));
  const guarantee = guaranteeOf(settings) ?? 'at-least-once';
  const queries = new StreamsQueries({
    openStreams: (wanted, onFailed) =>
      openStreams({
        address: () => address ?? undefined,
        client,
        guarantee: wanted,
        logger,
        onFailed,
        prefix,
        settings,
        stateDir,
        tracer: options.tracer,
      }),
    guarantee,
    topicNames: async () => new Set((await client.metadata(null)).topics.map(({ name }) => name)),
    retryFirstMs: Number(settings.get('ksql.query.retry.backoff.initial.ms') ?? 15_000),
    retryMostMs: Number(settings.get('ksql.query.retry.backoff.max.ms') ?? 900_000),
    logger,
  });
  const transients = new TransientRuntime({ kafka: client, prefix, guarantee, logger });
  const onError = (error: unknown) => logger.debug({ error: String(error) }, 'a row could not be worked on');
  const commandTopic = new CommandTopic({
    client,
    name: commandTopicName(serviceId),
    replicas: Number(settings.get('ksql.internal.topic.replicas') ?? -1),
    ...(options.commandTopicConfigs && { configs: options.commandTopicConfigs }),
    logger,
  });
  const rewinder = new ClusterRewinds({
    client,
    queries,
    logger,
    lookMs: Number(settings.get('headwater.rewind.look.interval.ms') ?? 200),
    transactionalId: `${prefix}rewind`,
    engine: () => engine,
    swapRecord: (rewind) => ({ topic: commandTopic.name, partition: 0, ...swapRecord(rewind) }),
  });
  let runner: CommandRunner | undefined;
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= (async () => {
      for (const each of [runner, commandTopic, rewinder, transients, queries, client]) {
        await each?.close().catch((error: unknown) => logger.warn({ error }, 'closing'));
      }
      if (options.registry === undefined) registry?.close();
    })();
    return closed;
  };
  let engine: SqlEngine;
  try {
    const { clusterId } = await client.metadata([]);
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
    engine.address = address;
    const releaseQueries = async () => {
      await queries.release();
      await rewinder.release();
    };
    runner = new CommandRunner({ engine, topic: commandTopic, releaseQueries, logger });
    const started = runner;
    const commands = new DistributedCommands({
      engine,
      runner,
      settled: (queryId) => queries.settled(queryId, settledWithinMs),
    });
    const answers = new QueryAnswers({
      engine,
      client,
      streamsOf: (queryId) => queries.streamsOf(queryId),
      transients,
    });
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
      isRunnerHealthy: () => started.failure === null,
      commands,
      terminate: (patterns) => terminateService(patterns, { engine, commands, commandTopic }),
    });
    await rewinder.recover(commandTopic.name);
    await runner.start();
    return {
      engine,
      get streams() {
        return queries.streams;
      },
      service,
      close,
    };
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
