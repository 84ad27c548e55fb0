import type { Environment, RunningService } from './settings.ts';

/**
 * Runs a service as a process of its own: settings from the environment, a clean stop at SIGINT and SIGTERM, and when its parent is gone. When it
 * was forked it tells its parent that it is ready.
 */
export async function runAlone(start: (env: Environment) => Promise<RunningService>): Promise<void> {
  try {
    const service = await start(process.env);
    const stop = (): void => void service.close().then(() => process.exit(0));
    for (const signal of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.once(signal, stop);
    process.send?.({ type: 'ready', url: service.url });
    await service.finished;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  }
}
