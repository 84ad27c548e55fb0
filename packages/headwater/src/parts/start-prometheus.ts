import { join } from 'node:path';
import { partKeys } from '../part-table.ts';
import type { Ground } from './ground.ts';

/** How long after its start it begins to scrape: what is started beside it comes first. */
const quietMs = 2_000;

export async function startPrometheus(ground: Ground): Promise<void> {
  const { configuration } = ground;
  const { host, settings } = configuration.parts.prometheus;
  const { startPrometheus } = await import('@headwater/metrics');
  const url = ground.addresses.prometheus!;
  const login = await loginOf(ground, url);
  const begin = Promise.withResolvers<void>();
  const timer = setTimeout(() => begin.resolve(), quietMs);
  const prometheus = await startPrometheus({
    ...(ground.addresses.kafka === undefined ? {} : { bootstrap: ground.needed('kafka', 'prometheus') }),
    ...ground.registryUrlFor('prometheus'),
    ...(ground.addresses.discovery === undefined ? {} : { discoveryUrl: ground.needed('discovery', 'prometheus') }),
    directory: join(configuration.dataDir, 'metrics'),
    parts: () => partTargets(ground),
    ...(login !== undefined && { partsAuthorization: login.authorizationFor }),
    monitorUrl: () => (ground.addresses.monitor === undefined ? undefined : ground.needed('monitor', 'prometheus')),
    settings,
    baseDir: configuration.baseDir,
    startAfter: begin.promise,
    host,
    port: Number(new URL(url).port),
    security: ground.security.http('prometheus'),
    logger: ground.logger('prometheus'),
  });
  ground.onClose('prometheus', () => {
    clearTimeout(timer);
    begin.resolve();
    login?.close();
    return prometheus.close();
  });
  ground.addresses.prometheus = prometheus.url;
}

interface Login {
  authorizationFor(address: string): string | Promise<string>;
  close(): void;
}

/** How Prometheus says who it is where that is asked: parts take its password, the gateway its token. */
async function loginOf(ground: Ground, url: string): Promise<Login | undefined> {
  const own = new URL(ground.security.addressFor('prometheus', 'prometheus', url));
  if (own.username === '') return undefined;
  const [name, password] = [decodeURIComponent(own.username), decodeURIComponent(own.password)];
  const basic = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  const issuer = ground.addresses.identity;
  if (issuer === undefined) return { authorizationFor: () => basic, close: () => {} };
  const { createTokenSource } = await import('@headwater/auth');
  const source = createTokenSource({
    issuer,
    clientId: name,
    clientSecret: password,
    logger: ground.logger('prometheus'),
  });
  return {
    authorizationFor: (address) =>
      ground.addresses.gateway !== undefined && address.startsWith(`${ground.addresses.gateway}/`)
        ? source.token().then((token) => `Bearer ${token}`)
        : basic,
    close: () => source.close(),
  };
}

/** Where the HTTP of parts is that speak another protocol at their address. */
function beside(ground: Ground): Record<'kafka' | 'logs' | 'postgres', string | null> {
  return { kafka: ground.brokerAdminUrl, logs: ground.logsUrl, postgres: ground.postgresAdminUrl };
}

/** Every part that this process runs and that speaks HTTP, the event store by its admin address. */
function partTargets(ground: Ground): { targets: string[]; labels: Record<string, string> }[] {
  const found: { targets: string[]; labels: Record<string, string> }[] = [];
  for (const key of partKeys) {
    if (key === 'console' || !ground.configuration.start.has(key)) continue;
    const address =
      key in beside(ground) ? beside(ground)[key as 'kafka' | 'logs' | 'postgres'] : ground.addresses[key];
    if (address === undefined || address === null || !/^https?:/.test(address)) continue;
    const { host, protocol } = new URL(address);
    const labels: Record<string, string> = { part: key, __scheme__: protocol.slice(0, -1) };
    if (key === 'search') labels['__metrics_path__'] = '/_prometheus/metrics';
    if (key === 'gateway') labels['__metrics_path__'] = '/api/gateway/metrics';
    found.push({ targets: [host], labels });
  }
  return found;
}
