import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AuthOptions } from '@headwater/gateway';
import type { Logger } from '@headwater/logger';
import type { Configuration } from './configuration.ts';
import { type Example, loadExample } from './example.ts';
import { HeadwaterError } from './headwater-error.ts';
import { type PartKey, partKeys, partTable } from './part-table.ts';
import { choosePort } from './port.ts';
import { removeReadyFile, writeReadyFile } from './ready-file.ts';
import { openSecurity, type Security } from './secure/security.ts';
import { type PlacedService, serviceEnvironment, serviceUrl } from './service-environment.ts';
import { superviseService } from './supervisor.ts';

export interface PortMove {
  name: string;
  from: number;
  to: number;
}

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
  const starter = new Starter(configuration, context, await securityOf(configuration, example));
  try {
    await starter.start(example);
  } catch (error) {
    await starter.close();
    throw error;
  }
  return starter;
}

class Starter implements System {
  readonly addresses: Partial<Record<PartKey, string>> = {};
  readonly services: Record<string, string | null> = {};
  readonly moves: PortMove[] = [];
  readonly #configuration: Configuration;
  readonly #context: UpContext;
  readonly #closers: { name: string; close: () => Promise<void> }[] = [];
  /** Services are closed before the parts that they tell of it, and after what lets requests in. */
  readonly #serviceClosers: { name: string; close: () => Promise<void> }[] = [];
  readonly #reserved: Set<number>;
  readonly #security: Security;
  readonly #placed: PlacedService[] = [];
  #brokerAdminUrl: string | null = null;
  #closed: Promise<void> | undefined;

  constructor(configuration: Configuration, context: UpContext, security: Security) {
    this.#configuration = configuration;
    this.#security = security;
    this.#closers.push({ name: 'security', close: () => security.close() });
    this.#context = context;
    this.#reserved = new Set(partKeys.map((key) => configuration.parts[key].port));
    for (const key of partKeys) {
      const { url } = configuration.parts[key];
      if (url !== undefined) this.addresses[key] = url;
    }
  }

  async start(example: Example | undefined): Promise<void> {
    const { start, dataDir, readyFile } = this.#configuration;
    if (readyFile !== undefined) removeReadyFile(readyFile);
    if (start.size > 0) mkdirSync(dataDir, { recursive: true });
    const kafka = start.has('kafka') ? this.#startKafka() : undefined;
    await allStarted([
      kafka,
      start.has('search') ? this.#startSearch() : undefined,
      // Services are told its issuer, which it alone knows.
      start.has('identity') ? Promise.resolve(kafka?.catch(() => {})).then(() => this.#startIdentity()) : undefined,
    ]);
    // Its address is told to what starts beside it: those who need it at once try until it answers.
    if (start.has('registry')) this.addresses.registry = await this.#place('registry');
    if (start.has('discovery')) this.addresses.discovery = await this.#place('discovery');
    if (start.has('config')) this.addresses.config = await this.#place('config');
    for (const key of ['zipkin', 'otlp'] as const) if (start.has(key)) this.addresses[key] = await this.#place(key);
    if (example !== undefined) await this.#placeServices(example);
    const registry = start.has('registry') ? this.#startRegistry() : undefined;
    await allStarted([
      registry,
      start.has('discovery') ? this.#startDiscovery() : undefined,
      // It is told where the registry is; one that did not start is told of by itself.
      start.has('rest') ? Promise.resolve(registry?.catch(() => {})).then(() => this.#startRest()) : undefined,
      start.has('sql') ? Promise.resolve(registry?.catch(() => {})).then(() => this.#startSql()) : undefined,
      start.has('config') ? this.#startConfig(example) : undefined,
      start.has('zipkin') ? this.#startZipkin() : undefined,
      start.has('otlp') ? this.#startOtlp() : undefined,
      ...this.#placed.map((placed) => this.#startService(placed)),
    ]);
    if (start.has('gateway')) await this.#startGateway(example);
    if (readyFile !== undefined) {
      writeReadyFile(readyFile, this.addresses);
      this.#closers.push({ name: 'ready file', close: async () => removeReadyFile(readyFile) });
    }
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      const closeOne = async ({ name, close }: { name: string; close: () => Promise<void> }): Promise<void> => {
        try {
          await close();
        } catch (error) {
          this.#context.logger(name).error({ error: (error as Error).message }, 'did not close cleanly');
        }
      };
      const lastFirst = this.#closers.reverse();
      const front = ['ready file', 'gateway'];
      for (const each of lastFirst) if (front.includes(each.name)) await closeOne(each);
      await Promise.all(this.#serviceClosers.map(closeOne));
      for (const each of lastFirst) if (!front.includes(each.name)) await closeOne(each);
    })();
    return this.#closed;
  }

  async #startKafka(): Promise<void> {
    const { host, settings } = this.#configuration.parts.kafka;
    const { startBroker } = await import('@headwater/broker');
    const security = this.#security.kafka();
    const broker = await startBroker({
      dataDir: join(this.#configuration.dataDir, 'kafka'),
      host,
      port: await this.#port('kafka'),
      insecure: this.#configuration.isInsecureAllowed,
      adminPort: 0,
      ...security,
      config: { ...security.config, ...((settings['config'] ?? {}) as Record<string, string | number | boolean>) },
      logger: this.#context.logger('kafka'),
    });
    this.#closers.push({ name: 'kafka', close: () => broker.close() });
    this.addresses.kafka = broker.bootstrap;
    if (this.#configuration.isSecure) {
      const { guardInternalTopics } = await import('./secure/internal-topics.ts');
      await guardInternalTopics(this.#needed('kafka', 'headwater'));
    }
    this.#brokerAdminUrl = broker.adminUrl;
  }

  async #startSearch(): Promise<void> {
    const { host } = this.#configuration.parts.search;
    const { startSearch } = await import('@headwater/search');
    const search = await startSearch({
      dataDir: join(this.#configuration.dataDir, 'search'),
      host,
      port: await this.#port('search'),
      security: this.#security.http('search'),
      logger: this.#context.logger('search'),
    });
    this.#closers.push({ name: 'search', close: () => search.close() });
    this.addresses.search = search.url;
  }

  async #startIdentity(): Promise<void> {
    const { host, settings } = this.#configuration.parts.identity;
    const { startIdentity } = await import('@headwater/identity');
    const { issuer, realm, keyRotationDays, trustedProxies } = settings;
    const isKafkaThere = this.addresses.kafka !== undefined;
    const identity = await startIdentity({
      // A realm with secrets that everybody knows does not become a secure one.
      dataDir: join(this.#configuration.dataDir, this.#configuration.isSecure ? 'identity-secure' : 'identity'),
      host,
      port: await this.#port('identity'),
      ...this.#security.identity(),
      ...(isKafkaThere ? { bootstrap: this.#needed('kafka', 'identity') } : {}),
      ...(issuer === undefined ? {} : { issuer: String(issuer) }),
      ...(realm === undefined ? {} : { realm: realm as string }),
      ...(trustedProxies === undefined ? {} : { trustedProxies: [trustedProxies].flat().map(String) }),
      ...(keyRotationDays === undefined ? {} : { keyRotationDays: Number(keyRotationDays) }),
      logger: this.#context.logger('identity'),
    });
    this.#closers.push({ name: 'identity', close: () => identity.close() });
    this.addresses.identity = identity.issuer;
    this.#security.useIssuer(identity.issuer);
  }

  async #startRegistry(): Promise<void> {
    const { startRegistry } = await import('@headwater/registry');
    const registry = await startRegistry({
      kafkaUrl: this.#needed('kafka', 'registry'),
      security: this.#security.http('registry'),
      host: this.#configuration.parts.registry.host,
      port: Number(new URL(this.addresses.registry!).port),
      logger: this.#context.logger('registry'),
    });
    this.#closers.push({ name: 'registry', close: () => registry.close() });
    this.addresses.registry = registry.url;
  }

  async #startDiscovery(): Promise<void> {
    const { host, settings } = this.#configuration.parts.discovery;
    const { readSelfPreservation, startDiscovery } = await import('@headwater/discovery');
    const discovery = await startDiscovery({
      // Without an event store the registry is in memory.
      ...(this.addresses.kafka !== undefined && { bootstrap: this.#needed('kafka', 'discovery') }),
      selfPreservation: readSelfPreservation(settings['selfPreservation']),
      security: this.#security.http('discovery'),
      host,
      port: Number(new URL(this.addresses.discovery!).port),
      logger: this.#context.logger('discovery'),
    });
    this.#closers.push({ name: 'discovery', close: () => discovery.close() });
    this.addresses.discovery = discovery.url;
  }

  async #startRest(): Promise<void> {
    const { startRest } = await import('@headwater/rest');
    const rest = await startRest({
      kafkaUrl: this.#needed('kafka', 'rest'),
      ...this.#registryUrlFor('rest'),
      security: this.#security.http('rest'),
      host: this.#configuration.parts.rest.host,
      port: await this.#port('rest'),
      logger: this.#context.logger('rest'),
    });
    this.#closers.push({ name: 'rest', close: () => rest.close() });
    this.addresses.rest = rest.url;
  }

  async #startSql(): Promise<void> {
    const { host, settings } = this.#configuration.parts.sql;
    const { startSqlOnDemand } = await import('@headwater/sql/server');
    const sql = await startSqlOnDemand({
      bootstrap: this.#needed('kafka', 'sql'),
      ...this.#registryUrlFor('sql'),
      security: this.#security.http('sql'),
      ...(settings['serviceId'] === undefined ? {} : { serviceId: String(settings['serviceId']) }),
      ...(settings['functionsDir'] === undefined ? {} : { functionsDir: String(settings['functionsDir']) }),
      settings: [
        ...(this.addresses.connect === undefined ? [] : [['ksql.connect.url', this.addresses.connect] as const]),
        ...Object.entries(settings['config'] ?? {}).map(([name, value]) => [name, String(value)] as const),
      ],
      stateDir: join(this.#configuration.dataDir, 'sql'),
      host,
      port: await this.#port('sql'),
      logger: this.#context.logger('sql'),
    });
    this.#closers.push({ name: 'sql', close: () => sql.close() });
    this.addresses.sql = sql.url;
  }

  async #startConfig(example: Example | undefined): Promise<void> {
    const { host } = this.#configuration.parts.config;
    const [{ startConfig }, { configSettings }] = await Promise.all([
      import('@headwater/config'),
      import('./config-settings.ts'),
    ]);
    const config = await startConfig({
      ...configSettings(this.#configuration, example),
      ...(this.addresses.kafka === undefined ? {} : { kafkaUrl: this.#needed('kafka', 'config') }),
      host,
      port: Number(new URL(this.addresses.config!).port),
      security: this.#security.http('config'),
      logger: this.#context.logger('config'),
    });
    this.#closers.push({ name: 'config', close: () => config.close() });
    this.addresses.config = config.url;
  }

  async #startZipkin(): Promise<void> {
    const { host, settings } = this.#configuration.parts.zipkin;
    const { startZipkin } = await import('@headwater/telemetry');
    const zipkin = await startZipkin({
      ...(this.addresses.kafka === undefined ? {} : { bootstrap: this.#needed('kafka', 'zipkin') }),
      ...(settings['topic'] === undefined ? {} : { topic: String(settings['topic']) }),
      host,
      port: Number(new URL(this.addresses.zipkin!).port),
      security: this.#security.http('zipkin'),
      logger: this.#context.logger('zipkin'),
    });
    this.#closers.push({ name: 'zipkin', close: () => zipkin.close() });
    this.addresses.zipkin = zipkin.url;
  }

  async #startOtlp(): Promise<void> {
    const { host, settings } = this.#configuration.parts.otlp;
    const { startOtlp } = await import('@headwater/telemetry');
    const otlp = await startOtlp({
      bootstrap: this.#needed('kafka', 'otlp'),
      ...(settings['topic'] === undefined ? {} : { topic: String(settings['topic']) }),
      host,
      port: Number(new URL(this.addresses.otlp!).port),
      security: this.#security.http('otlp'),
      logger: this.#context.logger('otlp'),
    });
    this.#closers.push({ name: 'otlp', close: () => otlp.close() });
    this.addresses.otlp = otlp.url;
  }

  async #startGateway(example: Example | undefined): Promise<void> {
    const { host, settings } = this.#configuration.parts.gateway;
    const parts: Record<string, string> = {};
    for (const key of partKeys) {
      const address = this.addresses[key];
      // An issuer's address names its realm; administration is beside it: `/api/identity/admin/realms/…`.
      if (address?.startsWith('http'))
        parts[key] = key === 'identity' ? address.replace(/\/realms\/[^/]+$/, '') : address;
    }
    // The event store speaks Kafka, not HTTP: what the gateway forwards to is its admin address.
    if (this.#brokerAdminUrl !== null) parts['kafka'] = this.#brokerAdminUrl;
    const env = this.#serviceEnvironment('gateway');
    const exampleRoutes = (example?.routes ?? []).map((route) => ({
      ...route,
      uri: route.uri.replace(/\$\{(\w+)\}/g, (_, name: string) => env[name] ?? ''),
    }));
    const [{ startGateway }, { consoleDir }, { gatewaySettings }, live] = await Promise.all([
      import('@headwater/gateway'),
      import('@headwater/console'),
      import('./gateway-settings.ts'),
      import('./live-gateway-settings.ts'),
    ]);
    const gateway = await startGateway({
      ...gatewaySettings(this.#configuration, env),
      host,
      port: await this.#port('gateway'),
      ...live.liveGatewaySettings(settings, exampleRoutes),
      parts,
      ...this.#gatewayAuth(settings['auth'] as AuthOptions | undefined),
      ...this.#security.gateway(),
      ...(this.#configuration.start.has('console') ? { consoleDir } : {}),
      logger: this.#context.logger('gateway'),
    });
    const unfollow = live.followGatewaySettings(
      this.#configuration,
      exampleRoutes,
      gateway,
      this.#context.logger('gateway'),
    );
    this.#closers.push({
      name: 'gateway',
      close: async () => {
        unfollow();
        await gateway.close();
      },
    });
    this.addresses.gateway = gateway.url;
    if (this.#configuration.start.has('console')) this.addresses.console = gateway.url;
  }

  /**
   * Who may call the gateway: by default whoever the identity part knows, and on a developer's loopback whoever calls without credentials.
   * People log in with a browser.
   */
  #gatewayAuth(given: AuthOptions | undefined): { auth?: AuthOptions } {
    const issuer = this.addresses.identity;
    if (given === undefined && issuer === undefined) return {};
    const auth: AuthOptions = { ...(issuer !== undefined && { issuer }), ...given };
    const isOurs = auth.issuer === issuer && this.#configuration.start.has('identity');
    if (isOurs) auth.login ??= { clientId: 'headwater-web' };
    if (this.#configuration.isSecure) {
      auth.developer = false;
      // Each part asks who calls, and what for.
      auth.relayToParts ??= true;
    }
    return { auth };
  }

  /** Ports are chosen before anything starts, so that services know each other's addresses. */
  async #placeServices(example: Example): Promise<void> {
    for (const key of ['kafka', 'registry'] as const) this.#needed(key, `the example ${example.name}`);
    for (const service of example.services) {
      if (service.port === undefined) this.#placed.push({ service });
      else {
        const wanted = this.#configuration.isPortsAuto ? 0 : service.port;
        this.#placed.push({ service, port: await this.#choose(service.name, '127.0.0.1', wanted) });
      }
    }
  }

  async #startService({ service, port }: PlacedService): Promise<void> {
    const env = this.#serviceEnvironment(service.name);
    const logger = this.#context.logger(service.name);
    const running = this.#configuration.isIsolated
      ? await superviseService(service, env, logger)
      : await service.start(env, { logger });
    this.#serviceClosers.push({ name: service.name, close: () => running.close() });
    this.services[service.name] = port === undefined ? null : serviceUrl(port, this.#security.scheme);
  }

  /** What a service, or the gateway, is told: addresses with its own name and password where they are asked for. */
  #serviceEnvironment(name: string) {
    const addresses: Partial<Record<PartKey, string>> = {};
    for (const key of partKeys) {
      const address = this.addresses[key];
      if (address !== undefined) addresses[key] = this.#security.addressFor(name, key, address);
    }
    return {
      ...serviceEnvironment(this.#configuration, addresses, this.#placed, this.#context.env, this.#security.scheme),
      ...this.#security.environment(name),
    };
  }

  #needed(key: PartKey, forWhom: string): string {
    const address = this.addresses[key];
    if (address !== undefined) return this.#security.addressFor(forWhom, key, address);
    throw new HeadwaterError(
      'HW_UP_MISSING_PART',
      `${forWhom} needs ${key}: start it too, or give its address by ${key}.url in headwater.yaml or HEADWATER_${key.toUpperCase()}_URL`,
    );
  }

  #registryUrlFor(part: PartKey): { registryUrl?: string } {
    return this.addresses.registry === undefined ? {} : { registryUrl: this.#needed('registry', part) };
  }

  /** The address that a part of HTTP will have. */
  async #place(key: PartKey): Promise<string> {
    const { host } = this.#configuration.parts[key];
    const port = await this.#port(key);
    return `${this.#security.scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  async #port(key: PartKey): Promise<number> {
    const { host, port } = this.#configuration.parts[key];
    return await this.#choose(partTable[key].title, host, port);
  }

  async #choose(name: string, host: string, port: number): Promise<number> {
    const reserved = new Set(this.#reserved);
    reserved.delete(port);
    const choice = await choosePort({ name, host, port, isStrict: this.#configuration.isStrictPorts, reserved });
    this.#reserved.add(choice.port);
    if (choice.movedFrom !== undefined) this.moves.push({ name, from: choice.movedFrom, to: choice.port });
    return choice.port;
  }
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
