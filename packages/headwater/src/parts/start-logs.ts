import type { Ground } from './ground.ts';

export async function startLogs(ground: Ground): Promise<void> {
  const { host, settings } = ground.configuration.parts.logs;
  const { startLogs } = await import('@headwater/telemetry');
  const logs = await startLogs({
    bootstrap: ground.needed('kafka', 'logs'),
    ...ground.registryUrlFor('logs'),
    ...(ground.addresses.search === undefined ? {} : { searchUrl: ground.needed('search', 'logs') }),
    ...(settings['topic'] === undefined ? {} : { topic: String(settings['topic']) }),
    host,
    port: Number(ground.addresses.logs!.slice(ground.addresses.logs!.lastIndexOf(':') + 1)),
    security: ground.security.http('logs'),
    logger: ground.logger('logs'),
  });
  ground.onClose('logs', () => logs.close());
  ground.addresses.logs = logs.address;
  ground.logsUrl = logs.url;
}
