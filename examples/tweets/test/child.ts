import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../common/settings.ts';

/** A service in a process of its own. */
export interface Child {
  process: ChildProcess;
  /** Where it answers, as it has told. */
  url: string | undefined;
  /** What it has logged. */
  output: () => string;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Runs a service alone, as a user would, and resolves when it says that it is ready. */
export async function runChild(service: string, env: Environment): Promise<Child> {
  const main = fileURLToPath(new URL(`../${service}/main.ts`, import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk) => (output = (output + chunk).slice(-50_000)));
  const exited = once(child, 'exit');
  const told = once(child, 'message').then(([message]) => message as { url?: string });
  const ready = await Promise.race([told, exited.then(() => null)]);
  if (ready === null) throw new Error(`${service} ended at its start:\n${output}`);
  return {
    process: child,
    url: ready.url,
    output: () => output,
    async kill(signal) {
      child.kill(signal);
      await exited;
    },
  };
}
