import type { Ground } from './ground.ts';

export async function startRegistry(ground: Ground): Promise<void> {
  const { startRegistry } = await import('@headwater/registry');
  const registry = await startRegistry({
    kafkaUrl: ground.needed('kafka', 'registry'),
    security: ground.security.http('registry'),
    host: ground.configuration.parts.registry.host,
    port: Number(new URL(ground.addresses.registry!).port),
    logger: ground.logger('registry'),
  });
  ground.onClose('registry', () => registry.close());
  ground.addresses.registry = registry.url;
}
