import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where the real systems are: HEADWATER_SHARED, default beside the project. */
const shared = process.env['HEADWATER_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');

export interface Peer {
  /** The script that runs it. */
  script: string;
  version: string;
  /** What `headwater.yaml` gets. */
  key: 'kafka' | 'search' | 'postgres' | 'redis' | 'identity' | 'zipkin' | 'registry';
  /** The line of its `start` that has the address. */
  variable: string;
  /** So that it is another one than somebody else's. */
  env?: Record<string, string>;
}

export const peers: readonly Peer[] = [
  { script: 'redis', version: 'Redis 7.0', key: 'redis', variable: 'REDIS_URL' },
  { script: 'postgres', version: 'PostgreSQL 15', key: 'postgres', variable: 'POSTGRES_URL' },
  {
    script: 'kafka',
    version: 'Apache Kafka 4.3.1',
    key: 'kafka',
    variable: 'KAFKA_BOOTSTRAP',
    env: { KAFKA_PEER_NAME: 'kafka-test-peers', KAFKA_PEER_PORT: '29391' },
  },
  { script: 'schema-registry', version: 'Apicurio Registry 3.3.3', key: 'registry', variable: 'SCHEMA_REGISTRY_URL' },
  { script: 'zipkin', version: 'Zipkin 3.6.1', key: 'zipkin', variable: 'ZIPKIN_URL' },
  { script: 'opensearch', version: 'OpenSearch 3.7.0', key: 'search', variable: 'OPENSEARCH_URL' },
  { script: 'keycloak', version: 'Keycloak 26.7.3', key: 'identity', variable: 'OIDC_ISSUER' },
];

export interface StartedPeer {
  address: string;
  /** Stops it and drops its data, unless it ran before. */
  close: () => Promise<void>;
}

/** Why a peer cannot be used here; undefined when it can. */
export function missingPeer({ script }: Peer): string | undefined {
  const path = join(shared, 'peers', script);
  return existsSync(path) ? undefined : `there is no ${path}: HEADWATER_SHARED names the folder of the real systems`;
}

export async function startPeer({ script, variable, env }: Peer): Promise<StartedPeer> {
  const path = join(shared, 'peers', script);
  const options = { env: { ...process.env, ...env }, timeout: 300_000, maxBuffer: 16 * 1024 * 1024 };
  const wasRunning = await run(path, ['status'], options).then(
    () => true,
    () => false,
  );
  const { stdout } = await run(path, ['start'], options);
  const address = new RegExp(`^${variable}=(.+)$`, 'm').exec(stdout)?.[1]?.trim();
  if (address === undefined) throw new Error(`${script} start does not say ${variable}:\n${stdout}`);
  return {
    address,
    close: async () => {
      if (!wasRunning) await run(path, ['reset'], options);
    },
  };
}
