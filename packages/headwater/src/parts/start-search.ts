import { join } from 'node:path';
import type { Ground } from './ground.ts';

export async function startSearch(ground: Ground): Promise<void> {
  const { host } = ground.configuration.parts.search;
  const { startSearch } = await import('@headwater/search');
  const search = await startSearch({
    dataDir: join(ground.configuration.dataDir, 'search'),
    host,
    port: await ground.port('search'),
    security: ground.security.http('search'),
    logger: ground.logger('search'),
  });
  ground.onClose('search', () => search.close());
  ground.addresses.search = search.url;
}
