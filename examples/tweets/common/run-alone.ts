import type { Logger } from '@headwater/logger';
import type { Start } from './service.ts';
import { reasonOf } from './tweets-error.ts';

/**
 * Runs a service in a process of its own: settings from the environment, JSON log lines on standard output, a clean stop at
 * SIGINT and SIGTERM (the second one does not wait). When it was forked it tells its parent that it is ready.
 */
export async function runAlone(name: string, start: Start): Promise<void> {
  const logger = jsonLogger(name);
  try {
    const service = await start(process.env, { isAlone: true });
    let isStopping = false;
    const stop = (signal: string): void => {
      if (isStopping) process.exit(1);
      isStopping = true;
      logger.info({ signal }, 'closing');
      void service.close().then(leave);
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    process.on('disconnect', () => stop('disconnect'));
    process.send?.({ type: 'ready', ...(service.url === undefined ? {} : { url: service.url }) });

    await service.finished;
    // A parent takes an exit for a crash: a service that it started idles until it is told to go.
    if (isStopping || process.send !== undefined) return;
    logger.info({}, 'finished');
    await service.close();
    leave();
  } catch (error) {
    logger.error({ error: reasonOf(error), code: (error as { code?: unknown }).code }, 'cannot go on');
    process.exit(1);
  }
}

function leave(): void {
  // Nothing holds the process after a clean close; a library's stray timer should not either.
  setTimeout(() => process.exit(), 500).unref();
  process.disconnect?.();
}

function jsonLogger(service: string): Logger {
  const log =
    (level: string) =>
    (fields: Record<string, unknown>, message: string): void => {
      process.stdout.write(
        `${JSON.stringify({ time: new Date().toISOString(), level, service, message, ...fields })}\n`,
      );
    };
  return {
    debug: process.env['HEADWATER_LOG_LEVEL'] === 'debug' ? log('debug') : () => {},
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
  };
}
