import { PassThrough, type Readable, Writable } from 'node:stream';
import type { CommandContext } from '../command-context.ts';

export interface Run {
  code: number;
  output: string;
  errors: string;
}

export interface RunOptions {
  kafka?: string;
  input?: string | Readable;
  isTerminal?: boolean;
  signal?: AbortSignal;
  env?: NodeJS.ProcessEnv;
}

/** Runs a command of the log in this process, as `headwater` does; an error is told as there, with its code. */
export async function runCommand(
  command: (args: readonly string[], context: CommandContext) => Promise<number>,
  args: readonly string[],
  { kafka, input = '', isTerminal = false, signal, env = {} }: RunOptions = {},
): Promise<Run> {
  const output = new Collected();
  const errors = new Collected();
  const source: Readable & { isTTY?: boolean } = typeof input === 'string' ? through(input) : input;
  if (isTerminal) source.isTTY = true;
  const context: CommandContext = {
    env: { ...(kafka !== undefined && { HEADWATER_KAFKA_URL: kafka }), ...env },
    cwd: import.meta.dirname,
    input: source,
    output,
    errors,
    signal: signal ?? new AbortController().signal,
  };
  let code: number;
  try {
    code = await command(args, context);
  } catch (error) {
    const { message, code: name } = error as Error & { code?: string };
    errors.write(`${message} [${name}]\n`);
    code = name?.startsWith('HW_CLI_') ? 2 : 1;
  }
  return { code, output: output.text, errors: errors.text };
}

function through(text: string): Readable {
  const stream = new PassThrough();
  stream.end(text);
  return stream;
}

class Collected extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
