import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const program = fileURLToPath(new URL('./create-cluster-process.ts', import.meta.url));
const run = promisify(execFile);
const withinMs = 120_000;

/**
 * Makes the files of a new PostgreSQL in `directory`, as a copy of `template` where it is given, in a process of its own.
 *
 * @throws Error with what the process said
 */
export async function runClusterProcess(
  directory: string,
  database: string,
  signal?: AbortSignal,
  template?: string,
): Promise<void> {
  try {
    const given = template === undefined ? [] : [template];
    await run(process.execPath, ['--no-warnings', program, directory, database, ...given], {
      timeout: withinMs,
      // Flags of this process, such as a debugger's port, are not for it.
      env: { ...process.env, NODE_OPTIONS: '' },
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    const { message, stderr } = error as Error & { stderr?: string };
    throw new Error(stderr?.trim() || message, { cause: error });
  }
}
