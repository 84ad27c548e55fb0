import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { createSqlClient, SqlClientError } from '@headwater/sql';
import { HeadwaterError } from '../headwater-error.ts';
import { historyPath, readHistory, writeHistory } from './history-file.ts';
import { interactive } from './interactive.ts';
import { ShellSession } from './shell-session.ts';
import { streamTerminal } from './shell-terminal.ts';
import { parseSqlFlags, type SqlFlags, sqlUsage } from './sql-flags.ts';
import { testCommand } from './test-command.ts';

export interface SqlContext {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly input: Readable & { isTTY?: boolean };
  readonly output: Writable & { isTTY?: boolean; columns?: number };
  readonly errors: Writable;
  readonly version: string;
  /** Ends what runs without a terminal. */
  readonly signal: AbortSignal;
}

/** Runs `headwater sql`. Resolves with the exit code. Throws HW_CLI_USAGE. */
export async function sqlCommand(args: readonly string[], context: SqlContext): Promise<number> {
  const [first, ...rest] = args;
  if (first === 'help' || first === '--help' || first === '-h') {
    context.output.write(`${sqlUsage}\n`);
    return 0;
  }
  if (first === 'test')
    return testCommand(rest, { cwd: context.cwd, env: context.env, say: (line) => context.output.write(`${line}\n`) });
  const flags = parseSqlFlags(args, context.env);
  const history: string[] = [];
  const connect = (url: string) => {
    const [user, ...password] = flags.user?.split(':') ?? [];
    return createSqlClient({ url, ...(user !== undefined && { auth: { user, password: password.join(':') } }) });
  };
  const isGiven = flags.execute.length > 0 || flags.files.length > 0 || context.input.isTTY !== true;
  const session = new ShellSession({
    isInteractive: !isGiven,
    client: clientOf(flags, connect),
    terminal: streamTerminal(context.output, context.errors),
    version: context.version,
    cwd: context.cwd,
    output: flags.output,
    properties: flags.properties,
    variables: flags.variables,
    history: () => history,
    connect,
  });
  // Who reads the results may go away, as `head` does: then there is nothing more to do.
  const unread = new AbortController();
  context.output.on('error', () => unread.abort());
  const signal = AbortSignal.any([context.signal, unread.signal]);
  try {
    if (isGiven) {
      return (await runGiven(session, flags, { ...context, signal })) ? 0 : 1;
    }
    const path = historyPath(context.env);
    history.push(...readHistory(path));
    await greet(session, context);
    const hasColors = context.output.isTTY === true && context.env['NO_COLOR'] === undefined;
    await interactive({ session, input: context.input, output: context.output, history, hasColors });
    if (!writeHistory(path, history)) context.errors.write(`the history could not be written to ${path}\n`);
    return 0;
  } finally {
    session.close();
  }
}

function clientOf({ url }: SqlFlags, connect: (url: string) => ReturnType<typeof createSqlClient>) {
  try {
    return connect(url);
  } catch (cause) {
    throw new HeadwaterError('HW_CLI_USAGE', (cause as Error).message, cause);
  }
}

/** Statements of the command line, of files, else of the standard input. */
async function runGiven(session: ShellSession, flags: SqlFlags, context: SqlContext): Promise<boolean> {
  const { signal, cwd, errors, input } = context;
  for (const file of flags.files) {
    let text: string;
    try {
      text = await readFile(resolve(cwd, file), 'utf8');
    } catch (error) {
      errors.write(`${file} cannot be read: ${(error as Error).message}\n`);
      return false;
    }
    if (!(await session.run(text, signal)) || session.isOver) return session.isOver;
  }
  for (const text of flags.execute) if (!(await session.run(text, signal)) || session.isOver) return session.isOver;
  if (flags.execute.length > 0 || flags.files.length > 0) return true;
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return (await session.run(Buffer.concat(chunks).toString('utf8'), signal)) || session.isOver;
}

async function greet(session: ShellSession, { output, errors, version }: SqlContext): Promise<void> {
  try {
    const info = await session.client.info(AbortSignal.timeout(5_000));
    output.write(
      `Headwater SQL ${version}, server ${info.version} at ${session.client.url}. HELP says what can be done.\n`,
    );
  } catch (error) {
    errors.write(`${error instanceof SqlClientError ? error.message : String(error)}\n`);
  }
}
