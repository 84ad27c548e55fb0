import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { StreamsError } from '../streams-error.ts';

export interface DirectoryLock {
  /** The lock belonged to a process that is gone. */
  readonly stalePid: number | null;
  release(): void;
}

interface LockHolder {
  pid: number;
  /** Tells this lock from an earlier one of the same process. */
  token: string;
  /** Linux only: a pid is used again after a while, a pid with its start time and boot is not. */
  startTicks?: string;
  bootId?: string;
}

/** Tokens held by this process: a lock with our own pid but none of these was left by an earlier process of that number. */
const heldTokens = new Set<string>();

const attemptsMax = 5;

/**
 * Takes `path` (a file named `lock`) for this process. Node has no flock, so liveness of the holder is judged by its pid; a lock
 * left by kill -9 is taken over. Processes on two machines that share a directory do not see each other.
 *
 * @throws StreamsError HW_STREAMS_STATE_DIR_LOCKED
 */
export function takeLock(path: string): DirectoryLock {
  const token = randomUUID();
  const mine: LockHolder = { pid: process.pid, token, ...processIdentity(process.pid) };
  const draft = `${path}.${token}`;
  let stalePid: number | null = null;
  // The lock appears with its content in one step (link), so nobody ever reads half a lock.
  writeFileSync(draft, JSON.stringify(mine), { flush: true });
  try {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      if (tryLink(draft, path, mine)) {
        heldTokens.add(token);
        return { stalePid, release: () => release(path, token) };
      }
      const holder = readHolder(path);
      if (holder === undefined) continue;
      if (holder !== null && isAlive(holder)) throw locked(path, holder.pid);
      if (removeStale(path, `${path}.stale.${token}`, holder)) stalePid = holder?.pid ?? 0;
    }
  } finally {
    rmSync(draft, { force: true });
  }
  throw new StreamsError(
    'HW_STREAMS_STATE_DIR_LOCKED',
    `Other processes are starting on the same state directory (${path}). Let one of them finish, then try again.`,
  );
}

function tryLink(draft: string, path: string, mine: LockHolder): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS' && code !== 'EOPNOTSUPP') throw error;
  }
  // A file system without hard links (exFAT, some network drives).
  try {
    writeFileSync(path, JSON.stringify(mine), { flag: 'wx', flush: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined: no lock any more. Null: not readable as a lock. */
function readHolder(path: string): LockHolder | null | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const value = JSON.parse(text) as Partial<LockHolder>;
    return Number.isInteger(value.pid) && typeof value.token === 'string' ? (value as LockHolder) : null;
  } catch {
    return null;
  }
}

/** Renames the stale lock away: of several takers one succeeds. A lock that turns out to be a newer one is put back. */
function removeStale(path: string, aside: string, expected: LockHolder | null): boolean {
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  const moved = readHolder(aside);
  if (moved?.token !== expected?.token) {
    renameSync(aside, path);
    throw locked(path, moved?.pid ?? 0);
  }
  rmSync(aside, { force: true });
  return true;
}

function release(path: string, token: string): void {
  if (!heldTokens.delete(token)) return;
  if (readHolder(path)?.token === token) rmSync(path, { force: true });
}

function locked(path: string, pid: number): StreamsError {
  return new StreamsError(
    'HW_STREAMS_STATE_DIR_LOCKED',
    `The state directory is in use by process ${pid} (lock file ${path}). Stop that process, or choose another state directory.`,
  );
}

function isAlive(holder: LockHolder): boolean {
  if (holder.pid === process.pid) return heldTokens.has(holder.token);
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = processIdentity(holder.pid);
  if (holder.startTicks === undefined || now.startTicks === undefined) return true;
  return holder.startTicks === now.startTicks && holder.bootId === now.bootId;
}

/** Start time and boot of a process where /proc tells them; a zombie has an identity of its own, so it counts as gone. */
function processIdentity(pid: number): { startTicks?: string; bootId?: string } {
  if (process.platform !== 'linux') return {};
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses and may hold anything, so count from the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { startTicks: fields[0] === 'Z' ? 'zombie' : fields[19]!, bootId };
  } catch {
    return {};
  }
}
