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
      ...ownInstance(ground),
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
 * After a `kill -9` queries go on at once instead of when the session of the dead one has run out: where the event store is this process' own, so that
 * there is one server of this name.
 */
function ownInstance(ground: Ground): [string, string][] {
  const instance = ground.serviceEnvironment('sql')['HEADWATER_INSTANCE'];
  return ground.brokerAdminUrl === null || instance === undefined
    ? []
    : [['ksql.streams.group.instance.id', `sql-${instance}`]];
}
