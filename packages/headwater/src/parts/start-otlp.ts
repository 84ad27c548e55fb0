import type { Ground } from './ground.ts';

export async function startOtlp(ground: Ground): Promise<void> {
  const { host, settings } = ground.configuration.parts.otlp;
  const { url: zipkinUrl } = ground.configuration.parts.zipkin;
  const { startOtlp } = await import('@headwater/telemetry');
  const otlp = await startOtlp({
    bootstrap: ground.needed('kafka', 'otlp'),
    ...(settings['topic'] === undefined ? {} : { topic: String(settings['topic']) }),
    ...ground.registryUrlFor('otlp'),
    // A Zipkin elsewhere does not read the topic.
    ...(zipkinUrl === undefined ? {} : { zipkinUrl }),
    host,
    port: Number(new URL(ground.addresses.otlp!).port),
    security: ground.security.http('otlp'),
    logger: ground.logger('otlp'),
  });
  ground.onClose('otlp', () => otlp.close());
  ground.addresses.otlp = otlp.url;
}
