import type { Logger } from '@headwater/logger';
import { pause } from '../common/back-off.ts';
import { reasonOf } from '../common/tweets-error.ts';
import { prunedRowsMax, type WordRows } from './word-rows.ts';

const pruneEveryMs = 60_000;
const hourMs = 3_600_000;
/** The database, the schema or the table is not made yet. */
const missing = new Set<unknown>(['3D000', '3F000', '42P01']);

/** Keeps the table bounded, at the start and then each minute: in small deletions, so that nobody waits for one. */
export async function keepPruned(
  rows: WordRows,
  { keepHours, logger, signal }: { keepHours: number; logger: Logger; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    try {
      const before = new Date(Date.now() - keepHours * hourMs);
      let deleted = 0;
      let more = 0;
      do deleted += more = await rows.prune(before);
      while (more === prunedRowsMax && !signal.aborted);
      if (deleted > 0) logger.info({ deleted, keepHours }, 'old counts were deleted');
    } catch (error) {
      if (!missing.has((error as { code?: unknown }).code))
        logger.warn({ reason: reasonOf(error) }, 'cannot delete old counts, tries again');
    }
    await pause(pruneEveryMs, signal);
  }
}
