import { join } from 'node:path';
import type { Ground } from './ground.ts';
import { lazyRecordTracer } from './lazy-record-tracer.ts';

export async function startSql(ground: Ground): Promise<void> {
  const { host, settings } = ground.configuration.parts.sql;
  const { startSqlOnDemand } = await import('@headwater/sql/server');
  const sql = await startSqlOnDemand({
    bootstrap: ground.needed('kafka', 'sql'),
    ...ground.registryUrlFor('sql'),
    security: ground.security.http('sql'),
    ...(settings['serviceId'] === undefined ? {} : { serviceId: String(settings['serviceId']) }),
    ...(settings['functionsDir'] === undefined ? {} : { functionsDir: String(settings['functionsDir']) }),
    settings: [
      ...shortSession(ground),
      ...(ground.addresses.connect === undefined ? [] : [['ksql.connect.url', ground.addresses.connect] as const]),
      ...Object.entries(settings['config'] ?? {}).map(([name, value]) => [name, String(value)] as const),
    ],
    stateDir: join(ground.configuration.dataDir, 'sql'),
    tracer: lazyRecordTracer(ground, 'sql'),
    host,
    port: await ground.port('sql'),
    logger: ground.logger('sql'),
  });
  ground.onClose('sql', () => sql.close());
  ground.addresses.sql = sql.url;
}

/**
 * After a `kill -9` queries go on when the session of the dead one has run out: soon, where the event store is in this process and no network is between.
 * Not as a static member: queries are added one by one after the join, and a group that a static member comes back to may not be dealt anew.
 */
function shortSession(ground: Ground): [string, string][] {
  return ground.brokerAdminUrl === null ? [] : [['ksql.streams.session.timeout.ms', '10000']];
}
