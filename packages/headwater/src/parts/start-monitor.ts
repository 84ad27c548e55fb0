import { join } from 'node:path';
import type { Ground } from './ground.ts';

export async function startMonitor(ground: Ground): Promise<void> {
  const { host, settings } = ground.configuration.parts.monitor;
  const { startMonitor } = await import('@headwater/monitor');
  const env = ground.serviceEnvironment('monitor');
  const urls: Record<string, string | undefined> = {};
  for (const key of ['sql', 'prometheus', 'search', 'gateway'] as const)
    urls[key] = env[`HEADWATER_${key.toUpperCase()}_URL`];
  const monitor = await startMonitor({
    ...(ground.addresses.kafka === undefined ? {} : { bootstrap: ground.needed('kafka', 'monitor') }),
    ...ground.registryUrlFor('monitor'),
    discoveryUrl: env['HEADWATER_DISCOVERY_URL'],
    configUrl: env['HEADWATER_CONFIG_URL'],
    targets: settings['targets'],
    urls,
    settings,
    dataDir: join(ground.configuration.dataDir, 'monitor'),
    host,
    port: Number(new URL(ground.addresses.monitor!).port),
    security: ground.security.http('monitor'),
    logger: ground.logger('monitor'),
  });
  ground.onClose('monitor', () => monitor.close());
  ground.addresses.monitor = monitor.url;
}
