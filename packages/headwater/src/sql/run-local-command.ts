import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type LocalCommand, localHelp } from './local-command.ts';
import type { ShellSession } from './shell-session.ts';
import { outputFormat } from './sql-flags.ts';

/** Does one of the shell's own commands; false where a script of it failed. */
export async function runLocalCommand(
  session: ShellSession,
  { name, argument }: LocalCommand,
  signal: AbortSignal,
): Promise<boolean> {
  const { cwd, history, connect, version } = session.options;
  const say = (text: string) => session.write(`${text}\n`);
  switch (name) {
    case 'RUN SCRIPT': {
      if (argument === '') throw new Error("RUN SCRIPT takes a file: RUN SCRIPT 'statements.sql';");
      return session.runScript(await readFile(resolve(cwd, argument), 'utf8'), signal);
    }
    case 'SPOOL':
      if (argument === '') throw new Error("SPOOL takes a file, or OFF: SPOOL 'session.log';");
      if (argument.toUpperCase() === 'OFF') session.spool.close();
      else session.spool.open(resolve(cwd, argument));
      return true;
    case 'OUTPUT':
      if (argument !== '') session.output = outputFormat(argument);
      await say(`Output: ${session.output.toUpperCase()}`);
      return true;
    case 'SERVER': {
      if (argument !== '' && connect !== undefined) {
        const client = connect(argument);
        try {
          await client.info(signal);
        } catch (error) {
          client.close();
          throw error;
        }
        session.connectTo(client);
      }
      await say(session.client.url);
      return true;
    }
    case 'HISTORY': {
      const lines = history?.() ?? [];
      await say(lines.map((line, at) => `${String(at + 1).padStart(4)}  ${line}`).join('\n') || 'none');
      return true;
    }
    case 'VERSION': {
      const server = await session.client.info(signal).then(
        (info) => info.version,
        () => 'no answer',
      );
      await say(`Shell: ${version}\nServer: ${server}`);
      return true;
    }
    case 'CLEAR':
      await session.options.terminal.write('\u001b[2J\u001b[H');
      return true;
    case 'HELP':
      await say(localHelp);
      return true;
    case 'EXIT':
      session.isOver = true;
      return true;
  }
}
