import { readFile, stat } from 'node:fs/promises';
import type { Logger } from '@headwater/logger';
import type { Clock } from '../model/clock.ts';
import { type AlertingConfig, AlertingConfigError, parseAlertingConfig } from './alerting-config.ts';

export interface ConfigSource {
  /** A file, read again when it changes. */
  readonly file?: string | undefined;
  /** The text itself, instead of a file. Default: what is shipped. */
  readonly text?: string | undefined;
}

const lookEveryMs = 1_000;
export const defaultConfigFile = new URL('./default-alerts.yaml', import.meta.url);

export async function readConfig({ file, text }: ConfigSource): Promise<AlertingConfig> {
  if (text !== undefined) return parseAlertingConfig(text, 'monitor.alerting');
  return parseAlertingConfig(await readFile(file ?? defaultConfigFile, 'utf8'), file ?? 'default-alerts.yaml');
}

/** Reads a file again when it changes. What cannot be taken is told, and what was before stays. */
export function watchConfig(
  file: string,
  options: { clock: Clock; logger: Logger; onConfig(config: AlertingConfig): void; onError(error: Error | null): void },
): { close(): void } {
  let seen: string | undefined;
  let isClosed = false;
  let timer: { cancel(): void } | undefined;
  const look = async (): Promise<void> => {
    try {
      const { ino, mtimeMs, size } = await stat(file);
      const now = `${ino} ${mtimeMs} ${size}`;
      if (seen !== undefined && seen !== now) {
        const config = parseAlertingConfig(await readFile(file, 'utf8'), file);
        if (!isClosed) {
          options.onConfig(config);
          options.onError(null);
          options.logger.info({ file, rules: config.rules.length }, 'alerting is configured anew');
        }
      }
      seen = now;
    } catch (error) {
      if (isClosed) return;
      options.onError(error as Error);
      const problems = error instanceof AlertingConfigError ? error.problems : undefined;
      if (problems !== undefined) {
        options.logger.error({ file, problems }, 'the configuration of alerting is not taken: the one before stays');
        // The same mistake is told once.
        const found = await stat(file).catch(() => undefined);
        if (found !== undefined) seen = `${found.ino} ${found.mtimeMs} ${found.size}`;
      }
    }
    if (!isClosed) timer = options.clock.schedule(lookEveryMs, () => void look());
  };
  void look();
  return {
    close() {
      isClosed = true;
      timer?.cancel();
    },
  };
}
