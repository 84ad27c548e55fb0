import { hostname } from 'node:os';
import { createClient } from '@headwater/client';
import { createHttpServer, type HttpError, type HttpSecurity } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import { Forwarding } from './cluster/forwarding.ts';
import { Leadership } from './cluster/leadership.ts';
import { answer } from './http/answer.ts';
import { addCompatibilityRoutes } from './http/compatibility-routes.ts';
import { routesOf } from './http/routes.ts';
import { addSchemaRoutes } from './http/schema-routes.ts';
import { addServerRoutes } from './http/server-routes.ts';
import { addSettingsRoutes } from './http/settings-routes.ts';
import { addSubjectRoutes } from './http/subject-routes.ts';
import { SchemaLog } from './log/schema-log.ts';
import { RegistryError } from './registry-error.ts';
import { RegistryService } from './service/registry-service.ts';
import { Repairs } from './service/repairs.ts';
import { Writing } from './service/writing.ts';
import { RegistryState } from './state/registry-state.ts';

const version = '0.1.0';
/** How long a call that changes something waits until it is known who leads. */
const leaderWaitMs = 15_000;
const plainMessages: Record<number, string> = { 404: 'HTTP 404 Not Found', 405: 'HTTP 405 Method Not Allowed' };

export interface RegistryOptions {
  /** Bootstrap addresses of the event store, or of any Kafka: `host:port,host:port`. */
  kafkaUrl: string;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 8081; 0 lets the system choose. */
  port?: number;
  /** TLS, and who may call. Default: neither. */
  security?: HttpSecurity;
  /** Where everything is kept. Default `_schemas`, as Confluent's registry has it. */
  topic?: string;
  /** The group in which the registries of one topic elect who writes. Default `schema-registry`, as Confluent's has it. */
  groupId?: string;
  /** Under which the other registries reach this one. Default: `host`, or this machine's name where that is 0.0.0.0 or ::. */
  advertisedHost?: string;
  /** Whether it may lead. Default true. */
  isLeaderEligible?: boolean;
  /** Another registry leads when the leader has not been heard of for so long. Default 10,000. */
  sessionTimeoutMs?: number;
  /** How often a registry tells the group that it is there, and learns who else is. Default 1,000. */
  heartbeatIntervalMs?: number;
  logger?: Logger;
}

export interface Registry {
  url: string;
  /** May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts a schema registry.
 *
 * @example
 * const registry = await startRegistry({ kafkaUrl: '127.0.0.1:9092', port: 0 });
 * const body = JSON.stringify({ schema: '{"type":"record","name":"Tweet","fields":[{"name":"id","type":"long"}]}' });
 * const answer = await fetch(`${registry.url}/subjects/tweets-value/versions`, {
 *   method: 'POST',
 *   headers: { 'content-type': 'application/json' },
 *   body,
 * });
 * console.log((await answer.json()).id); // 1
 * await registry.close();
 *
 * @throws ClientError when Kafka cannot be reached, or refuses the topic
 */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const { topic = '_schemas', groupId = 'schema-registry', logger = silentLogger } = options;
  const host = options.host ?? '127.0.0.1';
  const advertisedHost = options.advertisedHost ?? (host === '0.0.0.0' || host === '::' ? hostname() : host);
  const client = createClient({ bootstrap: options.kafkaUrl, clientId: 'headwater-registry', logger });
  const state = new RegistryState();
  const repairs = new Repairs(state);
  let leadership: Leadership | null = null;
  const log = new SchemaLog({
    client,
    topic,
    logger,
    onChange: (change, isNew) => {
      const hadEffect = state.apply(change);
      if (isNew && repairs.saw(change, hadEffect) && leadership?.isLeading === true) repair();
    },
  });
  const writing = new Writing(log, () => leadership?.check());
  const repair = (): void => {
    repairs.run(writing).catch((error) => logger.warn({ error }, 'records without effect stay in the log for now'));
  };
  const server = createHttpServer({
    name: 'registry',
    ...options.security,
    host,
    port: options.port ?? 8081,
    allowedHosts: [advertisedHost],
    logger,
    metrics: {
      part: 'registry',
      collect: (text) => void text.gauge('headwater_registry_subjects', 'Subjects.', state.subjects().length),
    },
    onError: (error, ctx) => answer(ctx, errorBody(error), error.status),
  });
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await server.close();
    await leadership?.close();
    await log.close();
    await client.close();
  };
  try {
    await log.start();
    const { port, url } = await server.listen();
    leadership = new Leadership({
      client,
      log,
      logger,
      groupId,
      identity: {
        scheme: options.security?.tls === undefined ? 'http' : 'https',
        host: advertisedHost,
        port,
        isEligible: options.isLeaderEligible ?? true,
      },
      sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
      heartbeatIntervalMs: options.heartbeatIntervalMs ?? 1_000,
      waitMs: leaderWaitMs,
      onLeading: repair,
    });
    const service = new RegistryService(state, writing);
    const gate = new Forwarding(leadership, log);
    const add = routesOf(server);
    addSchemaRoutes(add, service);
    addSubjectRoutes(add, service, gate);
    addCompatibilityRoutes(add, service);
    addSettingsRoutes(add, service, gate);
    addServerRoutes(server, add, service, gate, {
      clusterId: async () => (await client.metadata([])).clusterId ?? '',
      groupId,
      version,
    });
    leadership.start();
    logger.info({ url, topic, subjects: state.subjects().length }, 'the schema registry is up');
    return {
      url,
      close: () => {
        closing ??= close();
        return closing;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What is wrong with the request itself is said as the system that this stands for says it. */
function errorBody(error: HttpError): { error_code: number; message: string } {
  if (error instanceof RegistryError) return { error_code: error.errorCode, message: error.message };
  const message = plainMessages[error.status] ?? error.message;
  return { error_code: error.status === 500 ? 50001 : error.status, message };
}
