import { createClient } from '@headwater/client';
import { createHttpServer, type HttpError } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import { answer } from './http/answer.ts';
import { routesOf } from './http/routes.ts';
import { addSchemaRoutes } from './http/schema-routes.ts';
import { addSettingsRoutes } from './http/settings-routes.ts';
import { addSubjectRoutes } from './http/subject-routes.ts';
import { SchemaLog } from './log/schema-log.ts';
import { RegistryError } from './registry-error.ts';
import { RegistryService } from './registry-service.ts';
import { RegistryState } from './state/registry-state.ts';

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
 * const answer = await fetch(`${registry.url}/subjects/tweets-value/versions`, { method: 'POST', body });
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
    onError: (error, ctx) => answer(ctx, { error_code: errorCodeOf(error), message: error.message }, error.status),
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
    addSchemaRoutes(add, service);
    addSubjectRoutes(add, service);
    addSettingsRoutes(add, service);
    server.route('GET', '/contexts', (ctx) => answer(ctx, state.contexts()));
    for (const method of ['GET', 'POST']) server.route(method, '/', (ctx) => answer(ctx, {}));
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

function errorCodeOf(error: HttpError): number {
  return error instanceof RegistryError ? error.errorCode : error.status;
}
