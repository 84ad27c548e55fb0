import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** A broker that a scenario may kill. */
export interface KillableBroker {
  bootstrap: string;
  /** SIGKILL; returns when the broker answers again at the same address. */
  killAndRestart(): Promise<void>;
  close(): Promise<void>;
}

/**
 * With the suite's own broker: another one of its kind, in a process of its own. With any other: that one, killed and started
 * again by the command in HEADWATER_CLIENTS_RESTART_BROKER; null without such a command.
 */
export async function killableBroker(givenBootstrap: string): Promise<KillableBroker | null> {
  if (process.env['HEADWATER_CLIENTS_EMBEDDED'] === '1') return ownBroker();
  const command = process.env['HEADWATER_CLIENTS_RESTART_BROKER'];
  if (command === undefined || command === '') return null;
  const run = promisify(execFile);
  return {
    bootstrap: givenBootstrap,
    killAndRestart: async () => void (await run('/bin/sh', ['-c', command], { timeout: 120_000 })),
    close: async () => {},
  };
}

async function ownBroker(): Promise<KillableBroker> {
  const dataDir = await mkdtemp(join(tmpdir(), 'headwater-killed-'));
  let running = await start(dataDir, '0');
  const { bootstrap } = running;
  const port = bootstrap.split(':').at(-1)!;
  const end = async (): Promise<void> => {
    running.child.kill('SIGKILL');
    await running.closed;
  };
  return {
    bootstrap,
    async killAndRestart() {
      await end();
      running = await start(dataDir, port);
    },
    async close() {
      await end();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function start(dataDir: string, port: string) {
  const script = join(import.meta.dirname, 'broker-process.ts');
  const child = spawn(process.execPath, [script, dataDir, port], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), closed]);
  if (typeof line !== 'string') throw new Error(`the broker did not start: it ended with ${line}`);
  const { bootstrap } = JSON.parse(line) as { bootstrap: string };
  return { child, closed, bootstrap };
}
