import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@headwater/logger';
import type { LifecycleFacts } from '@headwater/monitor/lifecycle';
import type { ExampleService, RunningService } from './example.ts';

const backOffMsMin = 250;
const backOffMsMax = 30_000;
/** A run this long is taken as healthy: the next crash starts with the shortest back-off again. */
const healthyAfterMs = 60_000;
const killAfterMs = 2_000;
/** What a process said last may still be on its way when it has ended. */
const lastLinesWaitMs = 100;
const lastLinesMax = 20;

/** A service in a process of its own, started again with back-off when it ends without being told to. */
export interface SupervisedService extends RunningService {
  /** The process id now; undefined between two runs. */
  readonly pid: number | undefined;
  readonly restarts: number;
}

/**
 * Runs a service as a child process. Resolves when the child says that it is ready (by its IPC channel; a command has none and is waited for no
 * longer than until it runs), or has ended once: a service that crashes at the start is retried, and does not hold up the others.
 *
 * @param tell is told when a process starts, is ready, and ends: with its code or signal and the last lines of its standard error
 */
export async function superviseService(
  service: ExampleService,
  env: Readonly<Record<string, string | undefined>>,
  logger: Logger,
  tell: (facts: LifecycleFacts) => void = () => {},
): Promise<SupervisedService> {
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosing = false;
  let restarts = 0;
  let backOffMs = backOffMsMin;
  const settled = Promise.withResolvers<void>();

  const run = (): void => {
    const startedAt = Date.now();
    const process_ = spawnService(service, env, restarts);
    child = process_;
    const about = { service: service.name, pid: process_.pid ?? null, restarts };
    tell({ ...about, event: 'start', timestampMs: startedAt });
    if (service.command !== undefined) {
      process_.on('spawn', () => {
        tell({ ...about, event: 'ready' });
        settled.resolve();
      });
    }
    process_.on('message', (message) => {
      if ((message as { type?: unknown } | null)?.type !== 'ready') return;
      tell({ ...about, event: 'ready' });
      settled.resolve();
    });
    const lastLines: string[] = [];
    for (const [stream, log] of [
      [process_.stdout!, logger.info],
      [process_.stderr!, logger.warn],
    ] as const) {
      createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
        if (line === '') return;
        log({}, line.slice(0, 10_000));
        if (stream !== process_.stderr) return;
        lastLines.push(line.slice(0, 1_000));
        if (lastLines.length > lastLinesMax) lastLines.shift();
      });
    }
    process_.on('error', (error) => {
      logger.error({ error: error.message }, 'cannot be started');
      settled.resolve();
    });
    process_.on('exit', (code, signal) => {
      child = undefined;
      const end = { exitCode: code, signal, uptimeMs: Date.now() - startedAt, isExpected: isClosing };
      const timestampMs = Date.now();
      const tellEnd = (): void => {
        clearTimeout(wait);
        process_.off('close', tellEnd);
        tell({ ...about, ...end, event: 'exit', timestampMs, lastLines: [...lastLines] });
      };
      const wait = setTimeout(tellEnd, lastLinesWaitMs);
      process_.once('close', tellEnd);
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

function spawnService(
  service: ExampleService,
  env: Readonly<Record<string, string | undefined>>,
  restarts: number,
): ChildProcess {
  if (service.command === undefined) {
    return spawn(process.execPath, [fileURLToPath(service.main)], {
      env: { ...process.env, ...env },
      stdio: ['inherit', 'pipe', 'pipe', 'ipc'],
    });
  }
  const [program, ...args] = service.command;
  return spawn(program === 'node' ? process.execPath : program, args, {
    env: { ...process.env, ...env, ...service.environment?.(env, restarts) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
