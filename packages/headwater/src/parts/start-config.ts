import type { Example } from '../example.ts';
import type { Ground } from './ground.ts';

export async function startConfig(ground: Ground, example: Example | undefined): Promise<void> {
  const { host } = ground.configuration.parts.config;
  const [{ startConfig }, { configSettings }] = await Promise.all([
    import('@headwater/config'),
    import('../config-settings.ts'),
  ]);
  const config = await startConfig({
    ...configSettings(ground.configuration, example),
    ...(ground.addresses.kafka === undefined ? {} : { kafkaUrl: ground.needed('kafka', 'config') }),
    host,
    port: Number(new URL(ground.addresses.config!).port),
    security: ground.security.http('config'),
    logger: ground.logger('config'),
  });
  ground.onClose('config', () => config.close());
  ground.addresses.config = config.url;
}
