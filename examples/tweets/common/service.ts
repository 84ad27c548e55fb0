import { type Logger, silentLogger } from '@headwater/logger';
import { createService, type Service, type ServiceOptions } from '@headwater/service';
import { type Environment, integer } from './settings.ts';
import { TweetsError } from './tweets-error.ts';

/** A running service. */
export interface RunningService {
  /** Where it answers; absent when it serves nothing. */
  url?: string;
  /** Ends when the service has nothing left to do (a file was read to its end); rejects when it had to stop. */
  finished: Promise<void>;
  /** Stops cleanly. May be called twice. */
  close(): Promise<void>;
}

export interface StartOptions {
  /** Default: says nothing. */
  logger?: Logger;
  /** It is a process of its own, and logs JSON lines to standard output. */
  isAlone?: boolean;
}

export type Start = (env: Environment, options?: StartOptions) => Promise<RunningService>;

export type TweetsService = Service<Record<never, never>, Record<never, never>>;

export interface OpenedService {
  service: TweetsService;
  logger: Logger;
  /** The environment, and below it what the Config Server says of `tweets.*`: `tweets.min-words` is HEADWATER_TWEETS_MIN_WORDS. */
  settings: Environment;
  /** Listens and registers; resolves to the address. A port that is taken is told by the name of its setting. */
  listen(): Promise<string>;
}

export interface Port {
  /** The variable of the environment that holds it. */
  variable: string;
  default: number;
}

/** Opens a service of the example: everything that `createService` gives it, configured by its environment. */
export async function openService(
  name: string,
  env: Environment,
  { logger, isAlone = false }: StartOptions,
  port: Port,
  more: Omit<ServiceOptions<Record<never, never>, Record<never, never>>, 'name' | 'env' | 'port' | 'logger'> = {},
): Promise<OpenedService> {
  const number = integer(env, port.variable, port.default, 0, 65_535);
  const service = await createService({
    name,
    env,
    port: number,
    ...(isAlone ? {} : { logger: logger ?? silentLogger }),
    ...more,
  });
  const settings: Record<string, string | undefined> = {};
  for (const { key } of service.config.client.layers.effective().values()) {
    if (!key.startsWith('tweets.') || key.includes('[')) continue;
    const variable = `HEADWATER_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).replace(/[.-]/g, '_')}`.toUpperCase();
    settings[variable] = String(service.config.client.get(key));
  }
  return {
    service,
    logger: service.log,
    settings: { ...settings, ...env },
    async listen() {
      try {
        await service.start();
        return service.url;
      } catch (error) {
        await service.close();
        if ((error as { code?: string }).code !== 'EADDRINUSE') throw error;
        throw new TweetsError(
          'HW_TWEETS_CONFIG',
          `port ${number} is taken: give another in ${port.variable}, or 0 for any`,
          error,
        );
      }
    },
  };
}

/** Runs a loop until it ends by itself or `close()` is called, which waits for it. */
export function runLoop(
  logger: Logger,
  loop: (signal: AbortSignal) => Promise<void>,
): { finished: Promise<void>; close(): Promise<void> } {
  const stop = new AbortController();
  const finished = loop(stop.signal);
  finished.catch((error: unknown) => logger.error({ error: String(error) }, 'stopped'));
  return {
    finished,
    async close() {
      stop.abort();
      await finished.catch(() => {});
    },
  };
}
