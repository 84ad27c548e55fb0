import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';

/** What the operating system says of a process on this machine. */
export interface LocalProcess {
  pid: number;
  /** When it started, milliseconds since 1970. */
  startedMs: number;
  cpuSeconds: number;
  residentBytes: number;
  /** Null: not ours to count. */
  openFiles: number | null;
}

/** Of Linux on all architectures that Node runs on. */
const ticksPerSecond = 100;
let bootMs: Promise<number> | undefined;
let addresses: { atMs: number; set: Set<string> } | undefined;

/** Undefined where there is no such process (a zombie is none), or no `/proc`. */
export async function readLocalProcess(pid: number): Promise<LocalProcess | undefined> {
  try {
    const [stat, statm] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/statm`, 'utf8'),
    ]);
    // The name of the program stands in parentheses and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const openFiles = await readdir(`/proc/${pid}/fd`).then(
      (names) => names.length,
      () => null,
    );
    return {
      pid,
      startedMs: (await bootTimeMs()) + (Number(fields[19]) / ticksPerSecond) * 1_000,
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
      residentBytes: Number(statm.split(' ')[1]) * 4_096,
      openFiles,
    };
  } catch {
    return undefined;
  }
}

/** Whether there is such a process on this machine, ended ones that nobody has waited for left out as far as the system tells. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return true;
  }
}

/** Whether an address is one of this machine: then pids that its services tell are pids here. */
export function isThisMachine(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || host.startsWith('127.') || host === '::1') return true;
  if (addresses === undefined || Date.now() - addresses.atMs > 60_000) {
    const all = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
    addresses = { atMs: Date.now(), set: new Set(all) };
  }
  return addresses.set.has(host);
}

function bootTimeMs(): Promise<number> {
  bootMs ??= readFile('/proc/stat', 'utf8').then((text) => Number(/^btime (\d+)$/m.exec(text)?.[1] ?? 0) * 1_000);
  return bootMs;
}
