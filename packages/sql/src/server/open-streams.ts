import { join } from 'node:path';
import type { KafkaClient } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import { type Guarantee, type RecordTracer, Streams } from '@headwater/streams';
import { applicationId } from '../engine/query-group.ts';
import { streamsSetting } from '../engine/settings/streams-setting.ts';

export interface OpenStreamsOptions {
  /** 'host:port' of the server, which answers for stores; undefined: not known. */
  address(): string | undefined;
  readonly client: KafkaClient;
  readonly guarantee: Guarantee;
  readonly logger: Logger;
  onFailed(error: unknown): void;
  /** What names of groups and topics begin with. */
  readonly prefix: string;
  readonly settings: ReadonlyMap<string, string>;
  readonly stateDir: string | undefined;
  readonly tracer: RecordTracer | undefined;
}

/** How long results of queries wait for more, so that a row is where it is read soon after the record that it is made of. */
const resultLingerMs = 5;

/** The runtime of all queries with one processing guarantee. Which one is part of its name: offsets of one are not the other's. */
export function openStreams({
  address,
  client,
  guarantee,
  logger,
  onFailed,
  prefix,
  settings,
  stateDir,
  tracer,
}: OpenStreamsOptions): Streams {
  const number = (name: string) => {
    const text = streamsSetting(settings, name);
    return text === undefined ? undefined : Number(text);
  };
  const commitIntervalMs = number('commit.interval.ms');
  const standbys = number('num.standby.replicas');
  const replicationFactor = number('replication.factor');
  const sessionTimeoutMs = number('session.timeout.ms');
  const heartbeatIntervalMs = number('heartbeat.interval.ms');
  const id = applicationId(prefix, guarantee);
  return new Streams({
    applicationId: id,
    kafka: client,
    advertise: address,
    guarantee,
    logger,
    onFailed,
    isEachUpdateSent: streamsSetting(settings, 'cache.max.bytes.buffering') === '0',
    errors: { deserialization: 'skip' },
    ...(stateDir !== undefined && { stateDir: join(stateDir, id) }),
    ...(commitIntervalMs !== undefined && { commitIntervalMs }),
    ...(tracer !== undefined && { tracer }),
    lingerMs: number('producer.linger.ms') ?? resultLingerMs,
    ...(standbys !== undefined && { standbys }),
    ...(replicationFactor !== undefined && { replicationFactor }),
    ...(sessionTimeoutMs !== undefined && { sessionTimeoutMs }),
    ...(heartbeatIntervalMs !== undefined && { heartbeatIntervalMs }),
  });
}
