import { resolve } from 'node:path';
import type { Ground } from './ground.ts';

/**
 * Gives the monitor's views to streaming SQL, in the background once all is ready: `monitor.views` of headwater.yaml names a file of the user's own,
 * or `none`. Nothing waits for it; what is wrong with it is told in the log.
 */
export function applyMonitorViews(ground: Ground): void {
  const { baseDir, parts } = ground.configuration;
  const { views } = parts.monitor.settings;
  if (ground.addresses.sql === undefined || views === 'none' || views === false) return;
  const logger = ground.logger('monitor');
  const closing = new AbortController();
  const apply = async (): Promise<void> => {
    const { applyViews } = await import('@headwater/monitor');
    await applyViews({
      sqlUrl: ground.needed('sql', 'monitor'),
      ...(views === undefined ? {} : { file: resolve(baseDir, String(views)) }),
      logger,
      signal: closing.signal,
    });
  };
  const applied = apply().catch((error: unknown) => {
    if (!closing.signal.aborted) logger.error({ reason: (error as Error).message }, 'the views were not given to SQL');
  });
  ground.onClose('monitor views', async () => {
    closing.abort();
    await applied;
  });
}
