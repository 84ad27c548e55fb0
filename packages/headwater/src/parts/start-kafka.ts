import { join } from 'node:path';
import type { Ground } from './ground.ts';

export async function startKafka(ground: Ground): Promise<void> {
  const { host, settings } = ground.configuration.parts.kafka;
  const { startBroker } = await import('@headwater/broker');
  const security = ground.security.kafka();
  const broker = await startBroker({
    dataDir: join(ground.configuration.dataDir, 'kafka'),
    host,
    port: await ground.port('kafka'),
    insecure: ground.configuration.isInsecureAllowed,
    adminPort: 0,
    ...security,
    config: { ...security.config, ...((settings['config'] ?? {}) as Record<string, string | number | boolean>) },
    logger: ground.logger('kafka'),
  });
  ground.onClose('kafka', () => broker.close());
  ground.addresses.kafka = broker.bootstrap;
  if (ground.configuration.isSecure) {
    const { guardInternalTopics } = await import('../secure/internal-topics.ts');
    await guardInternalTopics(ground.needed('kafka', 'headwater'));
  }
  ground.brokerAdminUrl = broker.adminUrl;
}
