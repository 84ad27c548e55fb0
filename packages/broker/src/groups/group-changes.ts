import type { LogEntry } from './offsets-log.ts';

/**
 * What one request changes in a group: records for the log, in one batch, and how to take each change back when the log refuses them.
 * Changes are made in memory as the request goes on, so that later steps see earlier ones; nobody else looks in between.
 */
export class GroupChanges {
  readonly entries: LogEntry[] = [];
  readonly #undo: (() => void)[] = [];
  readonly #after: (() => void)[] = [];

  /** A change that is already made: its record and the way back. */
  made(entry: LogEntry | null, undo: () => void): void {
    if (entry !== null) this.entries.push(entry);
    this.#undo.push(undo);
  }

  /** What is done when the log has the changes: timers, answers to others. */
  after(action: () => void): void {
    this.#after.push(action);
  }

  /** 0, or the error that the log gave: then everything is as before. */
  commit(append: (entries: readonly LogEntry[]) => number): number {
    const errorCode = this.entries.length === 0 ? 0 : append(this.entries);
    if (errorCode !== 0) this.rollback();
    else for (const action of this.#after) action();
    return errorCode;
  }

  rollback(): void {
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) undo();
  }
}
