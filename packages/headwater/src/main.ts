import { readFileSync } from 'node:fs';
import { loadConfiguration } from './configuration.ts';
import { builtPartKey, parseUpFlags, type UpFlags, usage } from './flags.ts';
import { HeadwaterError } from './headwater-error.ts';
import type { CommandContext } from './kafka-command/command-context.ts';
import { partKeys } from './part-table.ts';
import { startTable } from './start-table.ts';
import { terminalLogger } from './terminal-logger.ts';

/** Less than the ten seconds after which Docker kills; a slow machine needs some of them. */
const closeWithinMs = 8_000;

/** Runs the command line. Resolves with the exit code; for a running system, when it has been stopped. */
export async function main(args: readonly string[], env: NodeJS.ProcessEnv, startedAtMs: number): Promise<number> {
  const [command, ...rest] = args;
  try {
    switch (command) {
      case 'up':
        return await run(parseUpFlags(rest), env, startedAtMs);
      case 'run': {
        const [key, ...flags] = rest;
        if (key === undefined || key.startsWith('-')) {
          throw new HeadwaterError('HW_CLI_USAGE', 'which part? headwater run KEY, such as: headwater run kafka');
        }
        return await run({ ...parseUpFlags(flags), only: [builtPartKey(key)], example: 'none' }, env, startedAtMs);
      }
      case 'types':
        return await types(rest, env);
      case 'sql':
        return await sql(rest, env);
      case 'crawl':
        return await crawl(rest, env);
      case 'users':
        return await users(rest, env);
      case 'topics':
        return await ofTheLog(
          async (context) => (await import('./topics/topics-command.ts')).topicsCommand(rest, context),
          env,
        );
      case 'produce':
        return await ofTheLog(
          async (context) => (await import('./produce/produce-command.ts')).produceCommand(rest, context),
          env,
        );
      case 'consume':
        return await ofTheLog(
          async (context) => (await import('./consume/consume-command.ts')).consumeCommand(rest, context),
          env,
        );
      case 'groups':
        return await ofTheLog(
          async (context) => (await import('./groups/groups-command.ts')).groupsCommand(rest, context),
          env,
        );
      case 'lag':
        return await ofTheLog(async (context) => (await import('./lag/lag-command.ts')).lagCommand(rest, context), env);
      case 'version':
      case '--version':
        console.log(version());
        return 0;
      case 'help':
      case '--help':
      case '-h':
        console.log(usage);
        return 0;
      default:
        console.error(command === undefined ? usage : `headwater: there is no command "${command}"\n\n${usage}`);
        return 2;
    }
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    console.error(`headwater: ${(error as Error).message}${typeof code === 'string' ? ` [${code}]` : ''}`);
    if (!(error instanceof HeadwaterError) && env['HEADWATER_LOG_LEVEL'] === 'debug') console.error(error);
    return typeof code === 'string' && code.startsWith('HW_CLI_') ? 2 : 1;
  }
}

async function run(flags: UpFlags, env: NodeJS.ProcessEnv, startedAtMs: number): Promise<number> {
  const configuration = loadConfiguration(flags, env, process.cwd());
  const write = (line: string): void => void process.stderr.write(line);
  const level = env['HEADWATER_LOG_LEVEL'] ?? 'warn';
  const stop = stopSignal();
  // Loaded only now: a wrong flag is answered at once.
  const { up } = await import('./up.ts');
  const system = await up(configuration, { env, logger: (name) => terminalLogger(name, write, level) });
  const external = new Set(partKeys.filter((key) => configuration.parts[key].url !== undefined));
  console.log(
    startTable(system, {
      version: version(),
      startedInMs: Date.now() - startedAtMs,
      dataDir: configuration.dataDir,
      external,
    }),
  );
  const signal = await stop;
  write(`\n${signal}: closing\n`);
  // A close that hangs must not keep a person, or a supervisor, waiting: what was acknowledged is on disk already.
  const limit = setTimeout(() => {
    write(`not closed within ${closeWithinMs} ms: ending now; the next start repairs what is open\n`);
    process.exit(1);
  }, closeWithinMs);
  await system.close();
  clearTimeout(limit);
  return 0;
}

async function types(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const stop = new AbortController();
  void stopSignal().then(() => stop.abort());
  const { typesCommand } = await import('./types/types-command.ts');
  return await typesCommand(args, { env, cwd: process.cwd(), say: (line) => console.log(line), signal: stop.signal });
}

async function sql(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const stop = new AbortController();
  void stopSignal().then(() => stop.abort());
  const { sqlCommand } = await import('./sql/sql-command.ts');
  const { stdin: input, stdout: output, stderr: errors } = process;
  const context = { env, cwd: process.cwd(), input, output, errors, version: version(), signal: stop.signal };
  return await sqlCommand(args, context);
}

async function crawl(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const stop = new AbortController();
  void stopSignal().then(() => stop.abort());
  const { crawlCommand } = await import('./crawl/crawl-command.ts');
  return await crawlCommand(args, { env, say: (line) => console.log(line), signal: stop.signal });
}

async function users(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const stop = new AbortController();
  void stopSignal().then(() => stop.abort());
  const { usersCommand } = await import('./users/users-command.ts');
  const say = (line: string): void => console.log(line);
  return await usersCommand(args, { env, cwd: process.cwd(), input: process.stdin, say, signal: stop.signal });
}

/** A command that works on a Kafka, whichever it is. */
async function ofTheLog(
  command: (context: CommandContext) => Promise<number>,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const stop = new AbortController();
  void stopSignal().then(() => stop.abort());
  const { stdin: input, stdout: output, stderr: errors } = process;
  return await command({ env, cwd: process.cwd(), input, output, errors, signal: stop.signal });
}

/** Resolves with the first SIGINT or SIGTERM; the second ends the process at once. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let isStopping = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (isStopping) process.exit(130);
        isStopping = true;
        resolve(signal);
      });
    }
  });
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
