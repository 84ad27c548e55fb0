import { join } from 'node:path';
import type { Ground } from './ground.ts';

export async function startPostgres(ground: Ground): Promise<void> {
  const { host, settings } = ground.configuration.parts.postgres;
  const { startAnalytics } = await import('@headwater/analytics');
  const { databasesMax, fsync, idleMs, idleInTransactionMs, waitMs } = settings;
  const postgres = await startAnalytics({
    dataDir: join(ground.configuration.dataDir, 'postgres'),
    host,
    port: await ground.port('postgres'),
    ...(databasesMax !== undefined && { databasesMax: Number(databasesMax) }),
    ...(fsync !== undefined && { fsync: fsync === true || fsync === 'true' }),
    ...(idleMs !== undefined && { idleMs: Number(idleMs) }),
    ...(idleInTransactionMs !== undefined && { idleInTransactionMs: Number(idleInTransactionMs) }),
    ...(waitMs !== undefined && { waitMs: Number(waitMs) }),
    adminPort: 0,
    adminSecurity: ground.security.http('postgres'),
    ...ground.security.postgres(),
    logger: ground.logger('postgres'),
  });
  ground.onClose('postgres', () => postgres.close());
  ground.addresses.postgres = postgres.url;
  ground.runningDatabases = () => postgres.runningDatabases;
  ground.postgresAdminUrl = postgres.adminUrl;
}
