import { SqlError } from '../sql-error.ts';
import type { SourceRange } from '../syntax/source-range.ts';

/** What `run` gives. A mistake that tells no place yet gets this one: of calls within calls the innermost. */
export function inPlace<T>(range: SourceRange | null, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (range === null || !(error instanceof SqlError) || error.position !== undefined) throw error;
    throw error.told({ position: range.start });
  }
}
