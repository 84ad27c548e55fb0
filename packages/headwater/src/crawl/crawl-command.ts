import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createCrawler, LastLines } from '@headwater/monitor/crawler';
import { HeadwaterError } from '../headwater-error.ts';
import { terminalLogger } from '../terminal-logger.ts';

export const crawlUsage = `headwater crawl --service NAME [--url URL] [--pid PID | -- COMMAND args...]

  Looks after one service, beside it: its health each second, its process, its crashes. What happens is on the topics of the monitor.

  --service NAME     its name
  --url URL          where it answers; without a path /actuator/health, /health ... are tried
  --instance ID      default host:service:port of the address
  --pid PID          a process of this machine that is watched too
  --kafka ADDRESS    default HEADWATER_KAFKA_URL, or 127.0.0.1:9092
  --restart          start the command again when it crashed
  -- COMMAND args    runs the command, and ends with its exit code`;

export interface CrawlContext {
  env: NodeJS.ProcessEnv;
  say: (line: string) => void;
  /** Aborted: the command is told to stop. */
  signal: AbortSignal;
}

const backOffMsMin = 250;
const backOffMsMax = 30_000;
const healthyAfterMs = 60_000;
const killAfterMs = 10_000;
/** What a process said last may still be on its way when it has ended. */
const lastLinesWaitMs = 100;

/** `headwater crawl`. Resolves with the exit code of the command, or 0. */
export async function crawlCommand(args: readonly string[], context: CrawlContext): Promise<number> {
  const { command, flags } = parseCrawlFlags(args);
  if (flags === undefined) {
    context.say(crawlUsage);
    return 0;
  }
  const { env, signal } = context;
  await using crawler = createCrawler({
    service: flags.service,
    url: flags.url,
    instance: flags.instance,
    pid: flags.pid,
    bootstrap: flags.kafka ?? env['HEADWATER_KAFKA_URL'] ?? '127.0.0.1:9092',
    registryUrl: env['HEADWATER_REGISTRY_URL'],
    logger: terminalLogger('crawler', (line) => void process.stderr.write(line), env['HEADWATER_LOG_LEVEL'] ?? 'warn'),
  });
  if (command.length === 0) {
    await new Promise<void>((resolve) => {
      // Nothing else keeps this process: its looks do not.
      const alive = setInterval(() => {}, 60_000);
      const stop = (): void => {
        clearInterval(alive);
        resolve();
      };
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
    return 0;
  }
  let backOffMs = backOffMsMin;
  for (let restarts = 0; ; restarts += 1) {
    const startedMs = Date.now();
    const end = await runOnce(command, restarts, crawler.supervisorTold, signal);
    const isAsked = signal.aborted || end.exitCode === 0;
    if (isAsked || !flags.isRestarting) return end.exitCode ?? 128 + (signals[end.signal ?? ''] ?? 0);
    if (Date.now() - startedMs > healthyAfterMs) backOffMs = backOffMsMin;
    await sleep(backOffMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return 0;
    backOffMs = Math.min(backOffMsMax, backOffMs * 2);
  }
}

const signals: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

interface End {
  exitCode: number | null;
  signal: string | null;
}

function runOnce(
  command: readonly string[],
  restarts: number,
  tell: ReturnType<typeof createCrawler>['supervisorTold'],
  signal: AbortSignal,
): Promise<End> {
  return new Promise((resolve, reject) => {
    const startedMs = Date.now();
    const child = spawn(command[0]!, command.slice(1), { stdio: ['inherit', 'inherit', 'pipe'] });
    const pid = child.pid ?? null;
    const lines = new LastLines();
    child.once('error', (error) =>
      reject(new HeadwaterError('HW_CLI_USAGE', `${command[0]} cannot be started: ${error.message}`)),
    );
    if (pid === null) return;
    tell({ event: 'start', pid, restarts, timestampMs: startedMs });
    child.stderr.on('data', (chunk: Buffer) => process.stderr.write(chunk));
    createInterface({ input: child.stderr }).on('line', (line) => lines.add(line));
    let killer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      child.kill('SIGTERM');
      killer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    child.once('exit', (exitCode, endSignal) => {
      clearTimeout(killer);
      signal.removeEventListener('abort', stop);
      const timestampMs = Date.now();
      const uptimeMs = timestampMs - startedMs;
      const done = (): void => {
        clearTimeout(wait);
        child.off('close', done);
        tell({
          event: 'exit',
          pid,
          restarts,
          exitCode,
          signal: endSignal,
          uptimeMs,
          timestampMs,
          isExpected: signal.aborted,
          lastLines: lines.lines,
        });
        resolve({ exitCode, signal: endSignal });
      };
      const wait = setTimeout(done, lastLinesWaitMs);
      child.once('close', done);
    });
  });
}

interface CrawlFlags {
  service: string;
  url: string | undefined;
  instance: string | undefined;
  pid: number | undefined;
  kafka: string | undefined;
  isRestarting: boolean;
}

function parseCrawlFlags(args: readonly string[]): { flags: CrawlFlags | undefined; command: readonly string[] } {
  const dashes = args.indexOf('--');
  const command = dashes === -1 ? [] : args.slice(dashes + 1);
  let values: Record<string, string | boolean | undefined>;
  try {
    ({ values } = parseArgs({
      args: [...(dashes === -1 ? args : args.slice(0, dashes))],
      options: {
        service: { type: 'string' },
        url: { type: 'string' },
        instance: { type: 'string' },
        pid: { type: 'string' },
        kafka: { type: 'string' },
        restart: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (cause) {
    throw new HeadwaterError('HW_CLI_USAGE', `${(cause as Error).message.split('. To')[0]}\n\n${crawlUsage}`, cause);
  }
  if (values['help']) return { flags: undefined, command };
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const service = text('service');
  const pid = text('pid') === undefined ? undefined : Number(text('pid'));
  if (service === undefined)
    throw new HeadwaterError('HW_CLI_USAGE', `which service? give --service NAME\n\n${crawlUsage}`);
  if (pid !== undefined && !(Number.isInteger(pid) && pid > 0))
    throw new HeadwaterError('HW_CLI_USAGE', `--pid takes a process id, not "${text('pid')}"`);
  if (pid !== undefined && command.length > 0)
    throw new HeadwaterError('HW_CLI_USAGE', 'give --pid of a process that runs, or -- COMMAND to run one, not both');
  if (pid === undefined && command.length === 0 && text('url') === undefined)
    throw new HeadwaterError(
      'HW_CLI_USAGE',
      `what is there to look at? give --url, --pid, or -- COMMAND\n\n${crawlUsage}`,
    );
  return {
    flags: {
      service,
      url: text('url'),
      instance: text('instance'),
      pid,
      kafka: text('kafka'),
      isRestarting: values['restart'] === true,
    },
    command,
  };
}
