import type { Ground } from './ground.ts';

export async function startRest(ground: Ground): Promise<void> {
  const { startRest } = await import('@headwater/rest');
  const rest = await startRest({
    kafkaUrl: ground.needed('kafka', 'rest'),
    ...ground.registryUrlFor('rest'),
    security: ground.security.http('rest'),
    host: ground.configuration.parts.rest.host,
    port: await ground.port('rest'),
    correlate: () => {
      const urlOf = (key: 'postgres' | 'search' | 'sql' | 'zipkin') =>
        ground.addresses[key] === undefined ? undefined : ground.needed(key, 'rest');
      return {
        zipkinUrl: urlOf('zipkin'),
        searchUrl: urlOf('search'),
        sqlUrl: urlOf('sql'),
        postgresUrl: urlOf('postgres'),
        // Ours sleeps while nobody needs it, and is not woken to be looked at.
        ...(ground.runningDatabases && { databases: ground.runningDatabases }),
      };
    },
    logger: ground.logger('rest'),
  });
  ground.onClose('rest', () => rest.close());
  ground.addresses.rest = rest.url;
}
