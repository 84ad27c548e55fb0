import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Example } from '../example.ts';
import type { Ground } from './ground.ts';

/**
 * Gives views to streaming SQL, in the background once all is ready: the monitor's, then the example's. `views` of their settings (`monitor.views`,
 * `tweets.views`) names a file of the user's own instead, or `none`. Nothing waits for it; what is wrong with it is told in the log.
 */
export function applyViews(ground: Ground, example: Example | undefined): void {
  const { addresses, configuration } = ground;
  const isMonitorHere = configuration.start.has('monitor');
  if (addresses.sql === undefined || (!isMonitorHere && example?.views === undefined)) return;
  const logger = ground.logger('monitor');
  const closing = new AbortController();
  const apply = async (): Promise<void> => {
    const { applyViews, shippedViews } = await import('@headwater/monitor');
    const monitors = isMonitorHere ? [shippedViews] : [];
    const examples = example?.views?.map((url) => fileURLToPath(url)) ?? [];
    const files = [
      ...chosenViews(monitors, configuration.parts.monitor.settings['views'], configuration.baseDir),
      ...chosenViews(examples, configuration.examples[settingsKey(example)]?.['views'], configuration.baseDir),
    ];
    for (const file of files) {
      try {
        await applyViews({ sqlUrl: ground.needed('sql', 'monitor'), file, logger, signal: closing.signal });
      } catch (error) {
        if (closing.signal.aborted) return;
        logger.error({ file, reason: (error as Error).message }, 'the views were not given to SQL');
      }
    }
  };
  const applied = apply();
  ground.onClose('views', async () => {
    closing.abort();
    await applied;
  });
}

/** Files that come with something, or what a setting says instead. */
export function chosenViews(files: readonly string[], setting: unknown, baseDir: string): readonly string[] {
  if (files.length === 0 || setting === undefined) return files;
  return setting === 'none' || setting === false ? [] : [resolve(baseDir, String(setting))];
}

/** `service-monitor` → `serviceMonitor` */
function settingsKey(example: Example | undefined): string {
  return (example?.name ?? '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
