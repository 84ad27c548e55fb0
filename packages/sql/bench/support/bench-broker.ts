import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** Folder of the kit and of the scripts that run real systems; what needs it says so where it is absent. */
export const sharedFolder: string =
  process.env['HEADWATER_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');

/** The Kafka that a benchmark works with, in a process of its own. */
export interface BenchBroker {
  readonly name: string;
  readonly bootstrap: string;
  /** Null: of a broker that was named only. */
  readonly pid: number | null;
  close(): Promise<void>;
}

/** BOOTSTRAP of the environment; else Apache Kafka where it runs (`peers/kafka start`); else this broker, on disk in a folder that goes with it. */
export async function benchBroker(): Promise<BenchBroker> {
  const { BOOTSTRAP } = process.env;
  if (BOOTSTRAP !== undefined) return { name: BOOTSTRAP, bootstrap: BOOTSTRAP, pid: null, close: async () => {} };
  return kafkaPeer() ?? (await ownBroker());
}

function kafkaPeer(): BenchBroker | null {
  const peer = join(sharedFolder, 'peers/kafka');
  if (!existsSync(peer)) return null;
  const status = spawnSync(peer, ['status'], { encoding: 'utf8' }).stdout;
  const match = /running pid=(\d+) version=(\S+)\s+KAFKA_BOOTSTRAP=(\S+)/.exec(status);
  if (match === null) return null;
  return { name: `Apache Kafka ${match[2]}`, bootstrap: match[3]!, pid: Number(match[1]), close: async () => {} };
}

async function ownBroker(): Promise<BenchBroker> {
  const dataDir = mkdtempSync(join(tmpdir(), 'headwater-bench-'));
  const script = `const { startBroker } = await import('@headwater/broker');
    const broker = await startBroker({ dataDir: process.argv[1] });
    console.log(broker.bootstrap);
    const end = () => broker.close().then(() => process.exit());
    process.once('SIGTERM', end);
    // With who started it.
    process.stdin.on('close', end).resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, dataDir], {
    cwd: import.meta.dirname,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const bootstrap = await firstLine(child);
  const { pid } = child;
  return {
    name: 'headwater',
    bootstrap,
    pid: pid!,
    async close() {
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) return line;
  throw new Error('the broker did not start');
}
