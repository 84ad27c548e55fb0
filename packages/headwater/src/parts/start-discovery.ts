import type { Ground } from './ground.ts';

export async function startDiscovery(ground: Ground): Promise<void> {
  const { host, settings } = ground.configuration.parts.discovery;
  const { readSelfPreservation, startDiscovery } = await import('@headwater/discovery');
  const discovery = await startDiscovery({
    // Without an event store the registry is in memory.
    ...(ground.addresses.kafka !== undefined && { bootstrap: ground.needed('kafka', 'discovery') }),
    selfPreservation: readSelfPreservation(settings['selfPreservation']),
    security: ground.security.http('discovery'),
    host,
    port: Number(new URL(ground.addresses.discovery!).port),
    logger: ground.logger('discovery'),
  });
  ground.onClose('discovery', () => discovery.close());
  ground.addresses.discovery = discovery.url;
}
