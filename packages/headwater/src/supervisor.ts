import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@headwater/logger';
import type { ExampleService, RunningService } from './example.ts';

const backOffMsMin = 250;
const backOffMsMax = 30_000;
/** A run this long is taken as healthy: the next crash starts with the shortest back-off again. */
const healthyAfterMs = 60_000;
const killAfterMs = 2_000;

/** A service in a process of its own, started again with back-off when it ends without being told to. */
export interface SupervisedService extends RunningService {
  /** The process id now; undefined between two runs. */
  readonly pid: number | undefined;
  readonly restarts: number;
}

/**
 * Runs a service as a child process. Resolves when the child says that it is ready (by its IPC channel), or has ended once:
 * a service that crashes at the start is retried, and does not hold up the others.
 */
export async function superviseService(
  service: ExampleService,
  env: Readonly<Record<string, string | undefined>>,
  logger: Logger,
): Promise<SupervisedService> {
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosing = false;
  let restarts = 0;
  let backOffMs = backOffMsMin;
  const settled = Promise.withResolvers<void>();

  const run = (): void => {
    const startedAt = Date.now();
    const process_ = spawn(process.execPath, [fileURLToPath(service.main)], {
      env: { ...process.env, ...env },
      stdio: ['inherit', 'pipe', 'pipe', 'ipc'],
    });
    child = process_;
    process_.on('message', (message) => {
      if ((message as { type?: unknown } | null)?.type === 'ready') settled.resolve();
    });
    for (const [stream, log] of [
      [process_.stdout!, logger.info],
      [process_.stderr!, logger.warn],
    ] as const) {
      createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
        if (line !== '') log({}, line.slice(0, 10_000));
      });
    }
    process_.on('error', (error) => logger.error({ error: error.message }, 'cannot be started'));
    process_.on('exit', (code, signal) => {
      child = undefined;
      settled.resolve();
      if (isClosing) return;
      if (Date.now() - startedAt > healthyAfterMs) backOffMs = backOffMsMin;
      logger.error({ code, signal, restartInMs: backOffMs, restarts }, 'crashed');
      timer = setTimeout(() => {
        restarts += 1;
        run();
      }, backOffMs);
      backOffMs = Math.min(backOffMsMax, backOffMs * 2);
    });
  };
  run();
  await settled.promise;

  return {
    get pid() {
      return child?.pid;
    },
    get restarts() {
      return restarts;
    },
    async close() {
      isClosing = true;
      clearTimeout(timer);
      const last = child;
      if (last === undefined || last.exitCode !== null || last.signalCode !== null) return;
      const gone = once(last, 'exit');
      last.kill('SIGTERM');
      const killer = setTimeout(() => last.kill('SIGKILL'), killAfterMs);
      await gone;
      clearTimeout(killer);
    },
  };
}
