import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AnalyticsError } from '../analytics-error.ts';

/**
 * Keeps two stores from writing to one directory. The lock names the process and when it started, so that what a killed
 * one leaves behind is noticed even when its number is in use again.
 */
export function lockDataDir(dir: string): () => void {
  const path = join(dir, 'lock');
  const own = join(dir, `lock.${process.pid}.${randomBytes(4).toString('hex')}`);
  for (let attempt = 0; ; attempt++) {
    try {
      // Linked, not written, to its name: nobody ever sees it without its content.
      writeFileSync(own, `${process.pid} ${startedAt(process.pid) ?? ''}`);
      linkSync(own, path);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = readHolder(path);
      if (holder !== null && attempt < 3 && !isRunning(holder) && removeStale(path, own, holder)) continue;
      const who = holder === null ? '' : ` (process ${holder.pid})`;
      throw new AnalyticsError(
        'HW_ANALYTICS_DATA_DIR_IN_USE',
        `${dir} is used by another analytics store${who}: stop it, or give this one a directory of its own`,
      );
    } finally {
      rmSync(own, { force: true });
    }
  }
  let isHeld = true;
  return () => {
    if (!isHeld) return;
    isHeld = false;
    rmSync(path, { force: true });
  };
}

interface Holder {
  pid: number;
  started: string;
}

/** Moves a lock away and removes it if it is still the stale one: another process may have been faster. */
function removeStale(path: string, own: string, stale: Holder): boolean {
  const aside = `${own}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return true;
  }
  const moved = readHolder(aside);
  const isStale = moved !== null && moved.pid === stale.pid && moved.started === stale.started;
  if (!isStale) linkSync(aside, path);
  rmSync(aside, { force: true });
  return isStale;
}

function readHolder(path: string): Holder | null {
  try {
    const [pid, started] = readFileSync(path, 'utf8').split(' ');
    return { pid: Number(pid), started: started ?? '' };
  } catch {
    return null;
  }
}

function isRunning(holder: Holder): boolean {
  if (!Number.isInteger(holder.pid) || holder.pid <= 0) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const started = startedAt(holder.pid);
  return started === null || holder.started === '' || started === holder.started;
}

/** Start time of a process in clock ticks, where the system tells it. */
function startedAt(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
