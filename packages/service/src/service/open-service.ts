import { readFileSync } from 'node:fs';
import { createHttpServer, isLoopback } from '@headwater/http';
import { readCircuitBreakerConfig } from '@headwater/resilience';
import { addActuator } from '../actuator/actuator.ts';
import { HealthRegistry } from '../actuator/health.ts';
import { ServiceFetch } from '../calls/service-fetch.ts';
import { createConfigClient } from '../config/config-client.ts';
import { type SettingsSchema, schemaDefaults } from '../config/settings-fields.ts';
import { createDiscoveryClient, type DiscoveryClient } from '../discovery/discovery-client.ts';
import { openJsonLog } from '../observe/json-log.ts';
import { openTracer } from '../observe/open-tracer.ts';
import { requestScopes } from '../observe/request-scope.ts';
import { ServiceEvents } from '../observe/service-events.ts';
import { LoggerSet, type LogLevel, type LogSink, parseLogLevel } from '../observe/service-logger.ts';
import { ServiceMetrics } from '../observe/service-metrics.ts';
import { logsUrl } from '../observe/ship-logs.ts';
import { docsPage, docsPolicy } from '../routes/docs-page.ts';
import { openApiDocument } from '../routes/openapi.ts';
import { RouteAuth } from '../routes/route-auth.ts';
import { RouteServer } from '../routes/route-server.ts';
import { plain } from '../routes/versions.ts';
import { ServiceError } from '../service-error.ts';
import type { TopicDefinitions, TopicTypes } from '../topic-definitions.ts';
import type { TopicRecord } from '../topic-records.ts';
import type { TypedTopic } from '../typed-topic.ts';
import {
  checkListener,
  clientCredentials,
  type PlatformUrls,
  platformUrls,
  tlsOfEnvironment,
} from './platform-urls.ts';
import { RunningService } from './running-service.ts';
import type { Service } from './service.ts';
import type { ServiceOptions } from './service-options.ts';
import type { HandleOptions, TopicsObservers } from './service-topics.ts';

/** For a service that nobody knows discovery is asked again, no more often than this. */
const unknownRefreshMs = 200;

/** Puts a service together from its rooms. What each of them does is theirs; here is only what knows of which. */
export async function openService<S extends SettingsSchema, T extends { [N in keyof T]: TopicTypes }>(
  given: ServiceOptions<S, T>,
): Promise<Service<S, T>> {
  const env = given.env ?? process.env;
  const tls = given.tls ?? tlsOfEnvironment(env);
  const options = tls === undefined ? given : { ...given, tls };
  const { name, version = '0.0.0', host = '127.0.0.1' } = options;
  const urls = platformUrls(env);
  const ca = env['HEADWATER_CA_FILE'] ? { ca: readFileSync(env['HEADWATER_CA_FILE'], 'utf8') } : {};
  checkListener({ name, host, insecure: options.insecure, tls: options.tls, issuer: urls.identity });
  const profiles = options.profiles ?? profilesOf(env);
  const identity = { instanceId: name };

  const shipping = options.logger === undefined ? await logShipping(env, name, version, identity) : undefined;
  const json =
    options.logger === undefined
      ? await openJsonLog({ service: name, pid: process.pid }, options.redact ?? [], options.logStream, shipping)
      : undefined;
  const sink = withInstance(options.logger ?? json!.sink, options.logger === undefined ? identity : undefined);
  const metrics = new ServiceMetrics(name, name);
  const loggers = new LoggerSet(counted(sink, metrics), parseLogLevel(env['HEADWATER_LOG_LEVEL'] ?? '') ?? 'INFO');

  const unwatched = Promise.withResolvers<void>();
  const config = createConfigClient({
    name,
    profiles,
    env,
    onUnwatched: unwatched.resolve,
    ...ca,
    ...(urls.config !== undefined && { url: urls.config }),
    ...(options.label !== undefined && { label: options.label }),
    ...(options.failFast !== undefined && { failFast: options.failFast }),
    defaults: { ...schemaDefaults(name, options.settings ?? {}), ...options.defaults },
    logger: loggers.logger('config'),
  });
  let discovery: DiscoveryClient | undefined;
  try {
    await config.start();
    const settings = config.settings(name, options.settings ?? ({} as S));
    followLogLevels(loggers, config);

    const discoveryUrl = urls.discovery ?? text(config.get('eureka.client.service-url.defaultZone'));
    if (discoveryUrl !== undefined)
      discovery = createDiscoveryClient({ url: discoveryUrl, ...ca, logger: loggers.logger('discovery') });
    const tracer = await openTracer({
      service: name,
      version,
      instanceId: name,
      env,
      probability: Number(config.get('management.tracing.sampling.probability') ?? 1),
      logger: loggers.logger('traces'),
    });

    const auth = new RouteAuth({
      issuer: urls.identity,
      audience: options.audience,
      ...ca,
      isDeveloperAllowed: isLoopback(host) && env['HEADWATER_SECURE'] !== 'true',
      isEverybodyAsked: env['HEADWATER_SECURE'] === 'true',
    });
    const server = createHttpServer({
      name,
      host,
      port: options.port ?? Number(config.get('server.port') ?? 0),
      logger: loggers.logger('http'),
      ...(options.tls && { tls: options.tls }),
      ...(options.maxBodyBytes !== undefined && { maxBodyBytes: options.maxBodyBytes }),
      allowedHosts: options.advertisedHost === undefined ? [] : [options.advertisedHost],
      onError(error, ctx) {
        routes.measureError(error, ctx);
        if (options.onError) options.onError(error, ctx);
        else routes.onError(error, ctx);
      },
    });
    const defaultVersion = options.defaultVersion === undefined ? undefined : plain(options.defaultVersion);
    const routes = new RouteServer(server, {
      name,
      auth,
      metrics,
      loggers,
      tracer: () => tracer,
      defaultVersion,
    });

    const tokens = await tokenSource(env, urls.identity, ca);
    const zone = options.zone ?? env['HEADWATER_ZONE'];
    const found = discovery;
    const calls = new ServiceFetch({
      async instances(service, signal) {
        if (found === undefined) return undefined;
        if (found.state.status === 'never') await found.ready(signal);
        const instances = found.instances(service);
        // It may have registered a moment ago.
        const isOld = instances.length === 0 && Date.now() - found.state.lastFetchMs! > unknownRefreshMs;
        if (!isOld) return instances;
        await found.refresh().catch(() => {});
        return found.instances(service);
      },
      addresses: (service) => fixedAddresses(service, options.addresses, env),
      breaker: (service) => breakerSettings(config, service),
      ownToken: tokens && ((signal) => tokens.token(signal)),
      forgetToken: (token) => tokens?.invalidate(token),
      zone,
      ...ca,
      tracer: () => tracer,
      metrics,
      logger: loggers.logger('calls'),
    });

    const health = new HealthRegistry();
    const topics =
      options.topics &&
      (await openTopics(options.topics, {
        name,
        urls,
        observers: { tracer: () => tracer, metrics, logger: loggers.logger('kafka') },
      }));
    const events = new ServiceEvents({
      service: name,
      instance: () => identity.instanceId,
      monitorUrl: urls.monitor,
      kafkaUrl: urls.kafka,
      ...ca,
      traceId: () => requestScopes.getStore()?.span.context.traceId,
      logger: loggers.logger('events'),
    });
    const service = new RunningService<S, T>({
      options,
      identity,
      settings,
      config,
      discovery,
      loggers,
      metrics,
      tracer,
      server,
      routes,
      calls,
      health,
      events,
      topics,
      zone,
      async closeLast() {
        auth.close();
        tokens?.close();
        json?.flush();
        await shipping?.shipper.close();
      },
    });
    const { kafka } = urls;
    if (kafka !== undefined) {
      const wish = config.get('spring.cloud.bus.enabled');
      // A server without events of its own tells of changes by the bus.
      const isWanted = wish === undefined || wish === null ? unwatched.promise : String(wish) === 'true';
      let isClosed = false;
      let leave: (() => Promise<void>) | undefined;
      const join = async (): Promise<void> => {
        const { joinBus } = await import('./join-bus.ts');
        if (isClosed) return;
        leave = joinBus({
          config,
          kafkaUrl: kafka,
          name,
          profiles,
          topic: text(config.get('spring.cloud.bus.destination')),
          logger: loggers.logger('bus'),
        });
      };
      if (isWanted === true) await join();
      else if (isWanted !== false) void isWanted.then(join);
      service.onClose(async () => {
        isClosed = true;
        await leave?.();
      });
    }
    const issuer = urls.identity;
    const document = () =>
      openApiDocument(
        { title: name, version, description: options.description, issuer, defaultVersion },
        routes.definitions,
      );
    server.route('GET', '/openapi.json', (ctx) => ctx.sendJson(200, document()));
    server.route('GET', '/docs', (ctx) =>
      ctx.send(200, docsPage(document()), {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': docsPolicy,
      }),
    );
    addActuator(server, {
      auth,
      health,
      metrics,
      loggers,
      config,
      info: () => service.info(),
      calls: () => calls.snapshot(),
      routes: () => routes.definitions,
      profiles,
      instance: service.instanceStatus,
    });
    return service;
  } catch (error) {
    await Promise.all([config.close(), discovery?.close()]);
    json?.flush();
    throw error;
  }
}

async function openTopics<T extends { [N in keyof T]: TopicTypes }>(
  definitions: TopicDefinitions<T>,
  { name, observers, urls }: { name: string; urls: PlatformUrls; observers: TopicsObservers },
) {
  const missing = [
    ...(urls.kafka === undefined ? ['HEADWATER_KAFKA_URL'] : []),
    ...(urls.registry === undefined ? ['HEADWATER_REGISTRY_URL'] : []),
  ];
  if (missing.length > 0)
    throw new ServiceError(
      'HW_SERVICE_OPTION',
      `${name} has topics: tell it where they are by ${missing.join(' and ')}`,
    );
  const [{ connectTopics }, { produceObserver, TopicHandler }] = await Promise.all([
    import('../connect-topics.ts'),
    import('./service-topics.ts'),
  ]);
  const connected = connectTopics(definitions, {
    kafkaUrl: urls.kafka!,
    registryUrl: urls.registry!,
    clientId: name,
    register: true,
    logger: observers.logger,
    observer: produceObserver(observers),
  });
  const handle = (
    topic: TypedTopic<TopicTypes>,
    options: HandleOptions,
    handler: (record: TopicRecord<TopicTypes, boolean>) => unknown,
  ) => new TopicHandler(topic, options, handler, observers);
  return { connected, handle };
}

function profilesOf(env: Readonly<Record<string, string | undefined>>): string[] {
  const given = env['SPRING_PROFILES_ACTIVE'] ?? env['HEADWATER_PROFILES'] ?? '';
  return given
    .split(',')
    .map((profile) => profile.trim())
    .filter((profile) => profile !== '');
}

/** `logging.level.NAME` of the configuration, now and at each change. Levels that were set by hand (`/actuator/loggers`) stay until then. */
function followLogLevels(loggers: LoggerSet, config: ReturnType<typeof createConfigClient>): void {
  const take = (keys: readonly string[]): void => {
    for (const key of keys) {
      const [, name] = /^logging\.level\.(.+)$/i.exec(key) ?? [];
      if (name === undefined) continue;
      const value = config.layers.entry(key)?.value;
      const level: LogLevel | undefined =
        value === undefined || value === null ? undefined : parseLogLevel(String(value));
      loggers.setLevel(name, level);
    }
  };
  take([...config.layers.effective().values()].map(({ key }) => key));
  const root = config.get('logging.level.root');
  if (root !== undefined && root !== null) loggers.setLevel('ROOT', parseLogLevel(String(root)));
  config.onChange(take);
}

async function tokenSource(
  env: Readonly<Record<string, string | undefined>>,
  issuer: string | undefined,
  ca: { ca?: string },
) {
  const credentials = issuer === undefined ? undefined : clientCredentials(env, issuer);
  if (credentials === undefined) return undefined;
  const { createTokenSource } = await import('@headwater/auth');
  return createTokenSource({ issuer: issuer!, ...credentials, ...ca });
}

/** Given in the program, or as Spring's simple discovery has them in the configuration's variables. */
function fixedAddresses(
  service: string,
  given: Readonly<Record<string, string | readonly string[]>> | undefined,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] | undefined {
  const found = given?.[service] ?? env[`HEADWATER_SERVICE_${service.replaceAll('-', '_').toUpperCase()}_URL`];
  if (found === undefined || found === '') return undefined;
  return typeof found === 'string' ? cached(found) : found;
}

const lists = new Map<string, readonly string[]>();

/** One list for one text: the balancer tells lists apart by identity. */
function cached(text: string): readonly string[] {
  let list = lists.get(text);
  if (list === undefined) {
    if (lists.size > 1_000) lists.clear();
    lists.set(text, (list = text.split(',').map((entry) => entry.trim())));
  }
  return list;
}

/** `resilience4j.circuitbreaker.instances.NAME.*` over `…configs.default.*`. */
function breakerSettings(config: ReturnType<typeof createConfigClient>, service: string) {
  const read = (key: string) => config.tree(key) as Record<string, unknown> | undefined;
  const given = {
    ...read('resilience4j.circuitbreaker.configs.default'),
    ...read(`resilience4j.circuitbreaker.instances.${service}`),
  };
  return readCircuitBreakerConfig(service, given);
}

/** Counts lines by level. */
function counted(sink: LogSink, metrics: ServiceMetrics): LogSink {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: Record<string, unknown>, message: string) => {
    metrics.logged(level);
    sink[level](fields, message);
  };
  return {
    trace: (fields, message) => (sink.trace ? sink.trace(fields, message) : sink.debug(fields, message)),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
}

/** Only a service that logs by itself sends its lines: whoever gives it a logger has them already. */
async function logShipping(
  env: Readonly<Record<string, string | undefined>>,
  service: string,
  version: string,
  identity: { readonly instanceId: string },
) {
  const url = logsUrl(env);
  if (url === undefined) return undefined;
  const { LogShipper } = await import('@headwater/logger/ship');
  const onState = (reason: string | null): void => {
    if (reason !== null) process.stderr.write(`${service}: log lines wait: ${url} does not take them: ${reason}\n`);
  };
  const origin = {
    service,
    version,
    get instance() {
      return identity.instanceId;
    },
  };
  return { shipper: new LogShipper({ url, onState }), origin };
}

/** Lines of our own format say which instance they are of, as soon as it is known. */
function withInstance(sink: LogSink, identity: { instanceId: string } | undefined): LogSink {
  if (identity === undefined) return sink;
  const at =
    (level: 'trace' | 'debug' | 'info' | 'warn' | 'error') => (fields: Record<string, unknown>, message: string) =>
      sink[level]?.({ instance: identity.instanceId, ...fields }, message);
  return { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
