import type { CrashRecord, Run } from '../events/records.ts';

/** What tells one crash from another. */
export type CrashMark = Pick<CrashRecord, 'id' | 'pid' | 'startedMs' | 'returned' | 'timestampMs'>;

const ofInstanceMax = 50;
const instancesMax = 10_000;
/** Start times are told with this error by different sources. */
const startToleranceMs = 15_000;
/** Without a pid the start time is all that tells processes apart. */
const nearToleranceMs = 2_500;
/** Without start times: an end that is told twice is told within this time. */
const toldWithinMs = 60_000;

/** Crashes that were told, so that none is told twice: whoever noticed it, and also after a restart. */
export class CrashBook {
  readonly #ofInstance = new Map<string, CrashMark[]>();

  /** @returns false when it is there already */
  add(service: string, instance: string, mark: CrashMark): boolean {
    if (this.has(service, instance, mark, mark.timestampMs)) return false;
    const key = `${service}\n${instance}`;
    const marks = this.#ofInstance.get(key) ?? [];
    const { id, pid, returned, startedMs, timestampMs } = mark;
    marks.push({ id, pid, startedMs, returned, timestampMs });
    if (marks.length > ofInstanceMax) marks.shift();
    this.#ofInstance.delete(key);
    this.#ofInstance.set(key, marks);
    if (this.#ofInstance.size > instancesMax) this.#ofInstance.delete(this.#ofInstance.keys().next().value!);
    return true;
  }

  /** Whether the end of this run has been told. */
  has(service: string, instance: string, run: (Run | CrashMark) & { id?: string }, nowMs: number): boolean {
    const marks = this.#ofInstance.get(`${service}\n${instance}`);
    return marks?.some((mark) => isSame(mark, run, nowMs)) ?? false;
  }

  save(): [string, CrashMark[]][] {
    return [...this.#ofInstance];
  }

  load(saved: readonly [string, CrashMark[]][]): void {
    for (const [key, marks] of saved) this.#ofInstance.set(key, marks);
  }
}

function isSame(mark: CrashMark, run: (Run | CrashMark) & { id?: string }, nowMs: number): boolean {
  if (run.id !== undefined && run.id === mark.id) return true;
  if (mark.pid !== run.pid || mark.returned !== run.returned) return false;
  if (run.pid === null && run.startedMs === null)
    return mark.startedMs === null && 'seenMs' in run && mark.timestampMs >= run.seenMs;
  if (run.startedMs !== null && mark.startedMs !== null)
    return Math.abs(run.startedMs - mark.startedMs) < (run.pid === null ? nearToleranceMs : startToleranceMs);
  if (run.pid === null) return false;
  return Math.abs(nowMs - mark.timestampMs) < toldWithinMs;
}
