import { createHttpServer, type HttpSecurity } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import { answerSpring } from './http/environment-routes.ts';
import { sendSpringError, sendThrown } from './http/spring-errors.ts';
import { openRepository, type RepositoryOptions } from './repository/open-repository.ts';
import { ConfigService } from './service/config-service.ts';

export interface ConfigServerOptions extends RepositoryOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 8888; 0 lets the system choose. */
  port?: number;
  /** Properties that win over all files. */
  overrides?: Readonly<Record<string, string>>;
  /** Stands before Spring's paths, such as `/config`. Default none. */
  prefix?: string;
  /** TLS, and a check of who calls. Default neither. */
  security?: HttpSecurity;
  logger?: Logger;
}

export interface ConfigServer {
  url: string;
  /** May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts a configuration server that speaks the Spring Cloud Config API, on a folder or a git repository.
 *
 * @example
 * const config = await startConfig({ repo: './config-repo', port: 0 });
 * console.log(await (await fetch(`${config.url}/orders/dev`)).json());
 * await config.close();
 */
export async function startConfig(options: ConfigServerOptions): Promise<ConfigServer> {
  const logger = options.logger ?? silentLogger;
  const prefix = prefixOf(options.prefix);
  const repository = await openRepository(options);
  const service = new ConfigService({
    repository,
    ...(options.overrides === undefined ? {} : { overrides: options.overrides }),
  });
  const server = createHttpServer({
    name: 'config',
    ...(options.host === undefined ? {} : { host: options.host }),
    port: options.port ?? 8888,
    ...options.security,
    logger,
    onError: (error, ctx) => sendSpringError(ctx, error.status, error.code, error.message),
    onNotFound: async (ctx) => {
      try {
        if (!(await answerSpring(ctx, { service, prefix }))) sendSpringError(ctx, 404);
      } catch (error) {
        sendThrown(ctx, error);
      }
    },
  });
  const { url } = await server.listen().catch(async (error: unknown) => {
    await repository.close();
    throw error;
  });
  return {
    url,
    async close() {
      await server.close();
      await repository.close();
    },
  };
}

function prefixOf(prefix: string | undefined): string {
  const clean = (prefix ?? '').replace(/^\/+|\/+$/g, '');
  return clean === '' ? '' : `/${clean}`;
}
