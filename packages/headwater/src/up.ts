import { mkdirSync } from 'node:fs';
import type { Logger } from '@headwater/logger';
import type { LifecycleTopic } from '@headwater/monitor/lifecycle';
import type { Configuration } from './configuration.ts';
import { type Example, type ExampleService, loadExample } from './example.ts';
import { missingProgram } from './missing-program.ts';
import { type PartKey, partKeys } from './part-table.ts';
import { applyViews } from './parts/apply-views.ts';
import { Ground, type PortMove } from './parts/ground.ts';
import { startConfig } from './parts/start-config.ts';
import { startDiscovery } from './parts/start-discovery.ts';
import { startGateway } from './parts/start-gateway.ts';
import { startIdentity } from './parts/start-identity.ts';
import { startKafka } from './parts/start-kafka.ts';
import { startLogs } from './parts/start-logs.ts';
import { startMonitor } from './parts/start-monitor.ts';
import { startOtlp } from './parts/start-otlp.ts';
import { startPostgres } from './parts/start-postgres.ts';
import { startPrometheus } from './parts/start-prometheus.ts';
import { startRegistry } from './parts/start-registry.ts';
import { startRest } from './parts/start-rest.ts';
import { startSearch } from './parts/start-search.ts';
import { startSql } from './parts/start-sql.ts';
import { startZipkin } from './parts/start-zipkin.ts';
import { removeReadyFile, writeReadyFile } from './ready-file.ts';
import { openSecurity, type Security } from './secure/security.ts';
import { type PlacedService, serviceUrl } from './service-environment.ts';
import { ServicesThread } from './services-thread/services-thread.ts';
import { ShippedLogs } from './shipped-logs.ts';
import { superviseService } from './supervisor.ts';

/** A running platform. */
export interface System {
  /** Part key → address, as in the ready file. */
  addresses: Readonly<Partial<Record<PartKey, string>>>;
  /** Service name → address, where it has one. */
  services: Readonly<Record<string, string | null>>;
  /** Parts whose port was taken, and where they are instead. */
  moves: readonly PortMove[];
  /** Closes everything in reverse order; may be called twice. */
  close(): Promise<void>;
}

export interface UpContext {
  env: NodeJS.ProcessEnv;
  /** Makes the logger of a part or service. */
  logger: (name: string) => Logger;
}

/**
 * Starts the parts and the example that the configuration names. What was started is closed again when a start fails.
 * Only the code of what is asked for is loaded.
 */
export async function up(configuration: Configuration, context: UpContext): Promise<System> {
  const example = await loadExample(configuration.example);
  const security = await securityOf(configuration, example);
  const logs = new ShippedLogs();
  const logger = (name: string): Logger => logs.logger(name, context.logger(name));
  const ground = new Ground({ configuration, security, env: context.env, logger });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= ground.close());
  try {
    const services = await start(ground, example);
    const { otlp } = ground.addresses;
    // Nobody waits for it.
    void logs.open(otlp === undefined ? undefined : ground.needed('otlp', 'gateway'));
    ground.onClose('log shipping', () => logs.close());
    return { addresses: ground.addresses, services, moves: ground.moves, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @returns service name → address, where it has one */
async function start(ground: Ground, example: Example | undefined): Promise<Record<string, string | null>> {
  const { dataDir, readyFile, start: wanted } = ground.configuration;
  if (readyFile !== undefined) removeReadyFile(readyFile);
  if (wanted.size > 0) mkdirSync(dataDir, { recursive: true });
  const startIf = (
    key: PartKey,
    begin: (ground: Ground) => Promise<void>,
    after?: Promise<void>,
  ): Promise<void> | undefined =>
    wanted.has(key) ? Promise.resolve(after?.catch(() => {})).then(() => begin(ground)) : undefined;

  const kafka = startIf('kafka', startKafka);
  // Services are told the issuer of identity, which it alone knows.
  await allStarted([
    kafka,
    startIf('search', startSearch),
    startIf('postgres', startPostgres),
    startIf('identity', startIdentity, kafka),
  ]);
  const { identity } = ground.configuration.parts;
  if (identity.url !== undefined) ground.security.useIssuer(identity.url);
  for (const key of ['registry', 'discovery', 'config', 'zipkin', 'otlp', 'monitor', 'prometheus'] as const)
    if (wanted.has(key)) await ground.place(key);
  if (wanted.has('logs')) await ground.placeSocket('logs');
  if (example !== undefined) await placeServices(ground, example);

  const services: Record<string, string | null> = {};
  const isAnyChild = ground.placed.some(({ service }) => isChildProcess(service, ground.configuration));
  const lifecycle = isAnyChild ? await openLifecycle(ground) : undefined;
  const thread = new ServicesThread(ground.logger('headwater'));
  ground.onClose('services', () => thread.close());
  // Some are told where the registry is; one that did not start is told of by itself.
  const registry = startIf('registry', startRegistry);
  await allStarted([
    registry,
    startIf('discovery', startDiscovery),
    startIf('rest', startRest, registry),
    startIf('sql', startSql, registry),
    startIf('config', () => startConfig(ground, example)),
    startIf('zipkin', startZipkin),
    startIf('otlp', startOtlp),
    startIf('logs', startLogs),
    ...ground.placed.map((placed) => startService(ground, placed, services, thread, lifecycle)),
  ]);
  await allStarted([startIf('monitor', startMonitor), startIf('prometheus', startPrometheus)]);
  if (wanted.has('gateway')) await startGateway(ground, example);
  if (readyFile !== undefined) {
    writeReadyFile(readyFile, ground.addresses);
    ground.onClose('ready file', async () => removeReadyFile(readyFile));
  }
  applyViews(ground, example);
  return services;
}

/** Where supervised processes are told of, for the monitor: here or on another machine. */
async function openLifecycle(ground: Ground): Promise<LifecycleTopic | undefined> {
  if (ground.addresses.kafka === undefined) return undefined;
  const { LifecycleTopic } = await import('@headwater/monitor/lifecycle');
  const lifecycle = new LifecycleTopic({
    bootstrap: ground.needed('kafka', 'headwater'),
    clientId: 'headwater-supervisor',
    logger: ground.logger('supervisor'),
  });
  ground.onClose('lifecycle', () => lifecycle.close());
  return lifecycle;
}

/** Ports are chosen before anything starts, so that services know each other's addresses. */
async function placeServices(ground: Ground, example: Example): Promise<void> {
  for (const key of ['kafka', 'registry'] as const) ground.needed(key, `the example ${example.name}`);
  for (const service of example.services) {
    const ports = service.port === undefined ? [undefined] : [service.port, ...(service.morePorts ?? [])];
    for (const [index, port] of ports.entries()) {
      const instance = index + 1;
      const name = instance === 1 ? service.name : `${service.name}-${instance}`;
      if (port === undefined) ground.placed.push({ service, name, instance });
      else {
        const wanted = ground.configuration.isPortsAuto ? 0 : port;
        ground.placed.push({ service, name, instance, port: await ground.choosePort(name, '127.0.0.1', wanted) });
      }
    }
  }
}

async function startService(
  ground: Ground,
  placed: PlacedService,
  services: Record<string, string | null>,
  thread: ServicesThread,
  lifecycle: LifecycleTopic | undefined,
): Promise<void> {
  const { name, port, service } = placed;
  const isChild = isChildProcess(service, ground.configuration);
  const env = {
    ...ground.serviceEnvironment(service.name, placed),
    // Its standard output is read and sent already.
    ...(isChild && { HEADWATER_LOG_SHIPPING: 'off' }),
  };
  const logger = ground.logger(service.name);
  const missing = missingProgram(service, env);
  if (missing !== undefined) {
    services[name] = `not here: needs ${missing}`;
    logger.warn(
      { program: missing },
      `is left out: it needs ${missing}, which is not in PATH. Install it and start again`,
    );
    return;
  }
  const running =
    service.command !== undefined || isChild
      ? await superviseService(service, env, logger, (facts) => lifecycle?.tell(facts))
      : await thread.start({ name, main: service.main.href, env }, logger);
  ground.onCloseService(name, () => running.close());
  services[name] = port === undefined ? null : serviceUrl(port, ground.security.scheme);
}

function isChildProcess(service: ExampleService, { isIsolated }: Configuration): boolean {
  return service.command !== undefined || isIsolated;
}

async function securityOf(configuration: Configuration, example: Example | undefined): Promise<Security> {
  if (!configuration.isSecure) return openSecurity;
  const { lockedSecurity } = await import('./secure/locked-security.ts');
  return lockedSecurity({
    dataDir: configuration.dataDir,
    hosts: partKeys.map((key) => configuration.parts[key].host),
    services: example?.services.map(({ name }) => name) ?? [],
    external: new Set(partKeys.filter((key) => configuration.parts[key].url !== undefined)),
  });
}

/** Waits for all, also when one fails: what is still starting then could not be closed. Throws the first failure. */
async function allStarted(starts: readonly (Promise<void> | undefined)[]): Promise<void> {
  for (const result of await Promise.allSettled(starts)) if (result.status === 'rejected') throw result.reason;
}
