import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the services stand on in a test. */
export interface Backends {
  kafkaUrl: string;
  registryUrl: string;
  searchUrl: string;
  /** A database of the test's own. */
  postgresUrl: string;
  /** Kills the event store's listener and starts it again on the same port and data; absent for real systems. */
  restartKafka?: () => Promise<void>;
  close(): Promise<void>;
}

/**
 * The embedded event store, registry and query store; or the real systems at HEADWATER_TEST_KAFKA_URL, HEADWATER_TEST_REGISTRY_URL,
 * HEADWATER_TEST_SEARCH_URL and HEADWATER_TEST_POSTGRES_URL, so that the same test shows that the services work on both.
 */
export async function startBackends(): Promise<Backends> {
  const realPostgresUrl = process.env['HEADWATER_TEST_POSTGRES_URL'];
  const kafkaUrl = process.env['HEADWATER_TEST_KAFKA_URL'];
  const registryUrl = process.env['HEADWATER_TEST_REGISTRY_URL'];
  const searchUrl = process.env['HEADWATER_TEST_SEARCH_URL'];
  const dataDir = await mkdtemp(join(tmpdir(), 'headwater-tweets-'));
  const { startAnalytics } = await import('@headwater/analytics');
  const { startBroker } = await import('@headwater/broker');
  const { startRegistry } = await import('@headwater/registry');
  const { startSearch } = await import('@headwater/search');
  const search = searchUrl === undefined ? await startSearch({ dataDir: join(dataDir, 'search') }) : undefined;
  const postgres =
    realPostgresUrl === undefined ? await startAnalytics({ dataDir: join(dataDir, 'postgres') }) : undefined;
  let broker = kafkaUrl === undefined ? await startBroker({ dataDir: join(dataDir, 'kafka') }) : undefined;
  const registry =
    registryUrl === undefined ? await startRegistry({ kafkaUrl: kafkaUrl ?? broker!.bootstrap, port: 0 }) : undefined;
  return {
    kafkaUrl: kafkaUrl ?? broker!.bootstrap,
    registryUrl: registryUrl ?? registry!.url,
    searchUrl: searchUrl ?? search!.url,
    postgresUrl: postgres === undefined ? await newDatabase(realPostgresUrl!) : inDatabase(postgres.url, 'analytics'),
    ...(broker === undefined
      ? {}
      : {
          async restartKafka() {
            const { port } = broker!;
            await broker!.close();
            broker = await startBroker({ dataDir: join(dataDir, 'kafka'), port });
          },
        }),
    async close() {
      await registry?.close();
      await Promise.all([broker?.close(), search?.close(), postgres?.close()]);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The environment of services that share the backends with others: topics, index, groups and ports are their own. */
export function environmentOf({ kafkaUrl, postgresUrl, registryUrl, searchUrl }: Backends) {
  const run = randomUUID().slice(0, 8);
  return {
    HEADWATER_KAFKA_URL: kafkaUrl,
    HEADWATER_REGISTRY_URL: registryUrl,
    HEADWATER_SEARCH_URL: searchUrl,
    HEADWATER_TWEETS_TOPIC: `tweets-${run}`,
    HEADWATER_TWEETS_ANALYTICS_TOPIC: `counts-${run}`,
    HEADWATER_TWEETS_INDEX: `tweets-${run}`,
    HEADWATER_TWEETS_GROUP_PREFIX: `${run}-`,
    HEADWATER_TWEETS_STREAMS_PORT: '0',
    HEADWATER_TWEETS_QUERY_SERVICE_PORT: '0',
    HEADWATER_TWEETS_ANALYTICS_PORT: '0',
    HEADWATER_TWEETS_ANALYTICS_POSTGRES_URL: postgresUrl,
  };
}

async function newDatabase(url: string): Promise<string> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const name = `tweets_${Date.now().toString(36)}`;
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return inDatabase(url, name);
}

function inDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
