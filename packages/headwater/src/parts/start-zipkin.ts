import type { Ground } from './ground.ts';

export async function startZipkin(ground: Ground): Promise<void> {
  const { host, settings } = ground.configuration.parts.zipkin;
  const { startZipkin } = await import('@headwater/telemetry');
  const zipkin = await startZipkin({
    ...(ground.addresses.kafka === undefined ? {} : { bootstrap: ground.needed('kafka', 'zipkin') }),
    ...(settings['topic'] === undefined ? {} : { topic: String(settings['topic']) }),
    ...ground.registryUrlFor('zipkin'),
    host,
    port: Number(new URL(ground.addresses.zipkin!).port),
    security: ground.security.http('zipkin'),
    logger: ground.logger('zipkin'),
  });
  ground.onClose('zipkin', () => zipkin.close());
  ground.addresses.zipkin = zipkin.url;
}
