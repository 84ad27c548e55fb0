import type { Logger } from '@headwater/logger';
import { createConfigClient } from '@headwater/service/config';
import { readTargets, type Target } from './target.ts';

export interface ConfigSource {
  close(): Promise<void>;
}

/** Follows `monitor.targets` of the application `headwater-monitor` on a Spring Cloud Config server; what cannot be used is told, and changes nothing. */
export function followConfig(options: {
  url: string;
  ca?: string | undefined;
  onTargets: (targets: readonly Target[]) => void;
  logger: Logger;
}): ConfigSource {
  const { ca, logger, onTargets, url } = options;
  const config = createConfigClient({
    name: 'headwater-monitor',
    url,
    env: {},
    logger,
    ...(ca !== undefined && { ca }),
  });
  let last = '';
  const take = (): void => {
    const given = config.tree('monitor.targets');
    const text = JSON.stringify(given) ?? '';
    if (text === last) return;
    last = text;
    try {
      onTargets(readTargets(given));
    } catch (error) {
      logger.warn(
        { reason: (error as Error).message },
        'targets of the configuration cannot be used: those before stay',
      );
    }
  };
  config.onChange(take);
  config.start().then(take, (error: unknown) => {
    logger.warn({ reason: (error as Error).message }, 'the configuration cannot be read');
  });
  return { close: async () => await config.close() };
}
