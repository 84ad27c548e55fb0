import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { IdentityError } from '../identity-error.ts';

interface Holder {
  pid: number;
  /** Tells this lock from an earlier one of the same process. */
  token: string;
  /** Linux only: a pid is used again after a while, a pid with its start and boot is not. */
  life: string | null;
}

/** Tokens held by this process: a lock with its pid and none of these was left by an earlier process of that number. */
const held = new Set<string>();

/**
 * Takes the file `path` for this process; returns what gives it back. Node has no flock, so a holder is alive when its process is: a lock
 * left by kill -9 is taken over. Processes on two machines that share a folder do not see each other.
 *
 * @throws IdentityError HW_IDENTITY_LOCKED
 */
export function lockFolder(path: string): () => void {
  const mine: Holder = { pid: process.pid, token: randomUUID(), life: lifeOf(process.pid) };
  const draft = `${path}.${mine.token}`;
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600, flush: true });
  try {
    // Again when a lock went away, or was left behind and put aside, meanwhile.
    for (let attempt = 0; attempt < 5; attempt++) {
      if (appears(draft, path, mine)) {
        held.add(mine.token);
        return () => release(path, mine.token);
      }
      const holder = read(path);
      if (holder === undefined) continue;
      if (holder !== null && isAlive(holder)) throw locked(path, holder);
      putAside(path, `${path}.left.${mine.token}`, holder);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  throw locked(path, null);
}

/** The lock is there with all of its content in one step, or another's is. */
function appears(draft: string, path: string, mine: Holder): boolean {
  const isThere = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EEXIST';
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (isThere(error)) return false;
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  }
  // A file system without hard links (exFAT, some network drives).
  try {
    writeFileSync(path, JSON.stringify(mine), { flag: 'wx', mode: 0o600, flush: true });
    return true;
  } catch (error) {
    if (isThere(error)) return false;
    throw error;
  }
}

/** Undefined: there is no lock any more. Null: the file is no lock that can be read. */
function read(path: string): Holder | null | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const holder = JSON.parse(text) as Holder;
    return Number.isInteger(holder.pid) && typeof holder.token === 'string' ? holder : null;
  } catch {
    return null;
  }
}

/** Of several who find a lock left behind, one renames it; who renamed a newer one by that puts it back. */
function putAside(path: string, aside: string, expected: Holder | null): void {
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = read(aside);
  if (moved?.token !== expected?.token) {
    renameSync(aside, path);
    throw locked(path, moved ?? null);
  }
  rmSync(aside, { force: true });
}

function release(path: string, token: string): void {
  if (held.delete(token) && read(path)?.token === token) rmSync(path, { force: true });
}

function locked(path: string, holder: Holder | null): IdentityError {
  const who = holder === null ? 'a process that starts just now' : `process ${holder.pid}`;
  return new IdentityError(
    'HW_IDENTITY_LOCKED',
    `the identity folder is in use by ${who} (lock file ${path}): stop that one, or give this one another dataDir`,
  );
}

function isAlive({ pid, token, life }: Holder): boolean {
  if (pid === process.pid) return held.has(token);
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and is somebody else's.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = lifeOf(pid);
  return life === null || now === null || life === now;
}

/** Start and boot of a process, where /proc tells them; a zombie has a life of its own, so that it counts as gone. */
function lifeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses and may hold anything: what counts is behind the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return fields[0] === 'Z' ? 'zombie' : `${fields[19]} ${boot}`;
  } catch {
    return null;
  }
}
