import { createClient } from '@headwater/client';
import { createHttpServer, type HttpError } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import { answer } from './http/answer.ts';
import { addCompatibilityRoutes } from './http/compatibility-routes.ts';
import { routesOf } from './http/routes.ts';
import { addSchemaRoutes } from './http/schema-routes.ts';
import { addServerRoutes } from './http/server-routes.ts';
import { addSettingsRoutes } from './http/settings-routes.ts';
import { addSubjectRoutes } from './http/subject-routes.ts';
import type { WriteGate } from './http/write-gate.ts';
import { SchemaLog } from './log/schema-log.ts';
import { RegistryError } from './registry-error.ts';
import { RegistryService } from './service/registry-service.ts';
import { RegistryState } from './state/registry-state.ts';

const version = '0.1.0';
const plainMessages: Record<number, string> = { 404: 'HTTP 404 Not Found', 405: 'HTTP 405 Method Not Allowed' };

export interface RegistryOptions {
  /** Bootstrap addresses of the event store, or of any Kafka: `host:port,host:port`. */
  kafkaUrl: string;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 8081; 0 lets the system choose. */
  port?: number;
  /** Where everything is kept. Default `_schemas`, as Confluent's registry has it. */
  topic?: string;
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
  const { topic = '_schemas', logger = silentLogger } = options;
  const client = createClient({ bootstrap: options.kafkaUrl, clientId: 'headwater-registry', logger });
  const state = new RegistryState();
  const log = new SchemaLog({ client, topic, logger, onChange: (change) => state.apply(change) });
  const server = createHttpServer({
    name: 'registry',
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 8081,
    logger,
    onError: (error, ctx) => answer(ctx, errorBody(error), error.status),
  });
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await server.close();
    await log.close();
    await client.close();
  };
  try {
    await log.start();
    const service = new RegistryService(state, log);
    const add = routesOf(server);
    const gate: WriteGate = { pass: (_call, work) => work() };
    addSchemaRoutes(add, service);
    addSubjectRoutes(add, service, gate);
    addCompatibilityRoutes(add, service);
    addSettingsRoutes(add, service, gate);
    addServerRoutes(server, add, service, gate, {
      clusterId: async () => (await client.metadata([])).clusterId ?? '',
      groupId: 'schema-registry',
      version,
    });
    const { url } = await server.listen();
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
