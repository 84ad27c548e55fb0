import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** A broker in a process of its own that is measured. */
export interface Target {
  name: string;
  host: string;
  port: number;
  pid: number;
  close(): void;
}

/** Folder of the scripts that run real systems; suites that need one skip where it is absent. */
export const sharedFolder: string =
  process.env['HEADWATER_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');

/** This broker in a process of its own, which its maker ends. */
export interface OwnProcess extends Target {
  /** Ends it in order, and waits for that. */
  stop(): Promise<void>;
  /** As SIGKILL does. */
  kill(): Promise<void>;
}

/** This broker, on disk in this folder. */
export async function ownProcess(dataDir: string): Promise<OwnProcess> {
  const script = join(import.meta.dirname, 'broker-process.ts');
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const { bootstrap, pid } = JSON.parse(line);
    const [host, port] = bootstrap.split(':');
    return {
      name: `headwater, Node ${process.versions.node}`,
      host,
      port: Number(port),
      pid,
      close: () => void child.kill('SIGTERM'),
      stop: () => end('SIGTERM'),
      kill: () => end('SIGKILL'),
    };
  }
  throw new Error('the broker did not start');
}

/** This broker, on disk, in a folder that goes with it. */
export async function ownBroker(): Promise<Target> {
  const dataDir = mkdtempSync(join(tmpdir(), 'headwater-bench-'));
  const own = await ownProcess(dataDir);
  const close = () => void own.stop().then(() => rmSync(dataDir, { recursive: true, force: true }));
  return { ...own, close };
}

/** Apache Kafka where it runs (`peers/kafka start`), else null. */
export function kafkaPeer(): Target | null {
  const peer = join(sharedFolder, 'peers/kafka');
  if (!existsSync(peer)) return null;
  const status = spawnSync(peer, ['status'], { encoding: 'utf8' }).stdout;
  const match = /running pid=(\d+) version=(\S+)\s+KAFKA_BOOTSTRAP=([^:]+):(\d+)/.exec(status);
  if (match === null) return null;
  const [, pid, version, host, port] = match;
  return { name: `Apache Kafka ${version}`, host: host!, port: Number(port), pid: Number(pid), close() {} };
}

/** This broker, and beside it Apache Kafka where it runs. */
export async function targets(): Promise<Target[]> {
  const peer = kafkaPeer();
  if (peer === null) console.error('Apache Kafka does not run here (peers/kafka start): measured alone');
  return peer === null ? [await ownBroker()] : [await ownBroker(), peer];
}

/** User and system time of a process, in seconds (from /proc, so Linux only). */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export function rssMegabytes(pid: number): number {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
}

export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** Median, least and greatest, to three digits. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.map((value) => Number(value.toPrecision(3))).sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1]!, min: sorted[0]!, max: sorted[sorted.length - 1]! };
}

export function machine(): string {
  return `${cpus().length} x ${cpus()[0]?.model.trim()}, load ${loadavg()[0]!.toFixed(1)}`;
}
