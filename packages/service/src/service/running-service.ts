import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaClient } from '@headwater/client';
import type { HttpServer } from '@headwater/http';
import type { Registry } from 'prom-client';
import type { HealthCheck, HealthComponentOptions, HealthRegistry, HealthStatus } from '../actuator/health.ts';
import { reasonOf } from '../ask/http-asker.ts';
import type { ServiceFetch } from '../calls/service-fetch.ts';
import type { ConfigClient } from '../config/config-client.ts';
import type { LiveSettings } from '../config/live-settings.ts';
import type { SettingsOf, SettingsSchema } from '../config/settings-fields.ts';
import type { ConnectedTopics } from '../connect-topics.ts';
import type { DiscoveryClient } from '../discovery/discovery-client.ts';
import type { Registration } from '../discovery/registration.ts';
import { requestScopes } from '../observe/request-scope.ts';
import type { ServiceEvents, ServiceNotification } from '../observe/service-events.ts';
import type { LoggerSet, ServiceLogger } from '../observe/service-logger.ts';
import type { ServiceMetrics } from '../observe/service-metrics.ts';
import type { Attributes, Span, SpanKind, Tracer } from '../observe/tracer.ts';
import { defaultTracesPerSecond, RecordTracing } from '../records/record-tracing.ts';
import { type RouteDefinition, type RouteHandler, type RouteOptions, splitRoute } from '../routes/route-definition.ts';
import type { RouteServer } from '../routes/route-server.ts';
import { ServiceError } from '../service-error.ts';
import type { TopicTypes } from '../topic-definitions.ts';
import type { TopicRecord } from '../topic-records.ts';
import type { TypedTopic } from '../typed-topic.ts';
import type { Service } from './service.ts';
import type { ServiceOptions } from './service-options.ts';
import type { HandleOptions, TopicHandler } from './service-topics.ts';
import { stopAtSignals } from './stop-at-signals.ts';

export interface ServiceTopics<T extends { [N in keyof T]: TopicTypes }> {
  connected: ConnectedTopics<T>;
  handle(
    topic: TypedTopic<TopicTypes>,
    options: HandleOptions,
    handler: (record: TopicRecord<TopicTypes, boolean>) => unknown,
  ): TopicHandler<TopicTypes>;
}

export interface ServiceRooms<S extends SettingsSchema, T extends { [N in keyof T]: TopicTypes }> {
  options: ServiceOptions<S, T>;
  identity: { instanceId: string };
  settings: LiveSettings<SettingsOf<S>>;
  config: ConfigClient;
  discovery: DiscoveryClient | undefined;
  loggers: LoggerSet;
  metrics: ServiceMetrics;
  tracer: Tracer;
  server: HttpServer;
  routes: RouteServer;
  calls: ServiceFetch;
  health: HealthRegistry;
  events: ServiceEvents;
  /** Undefined without topics. */
  topics: ServiceTopics<T> | undefined;
  zone: string | undefined;
  closeLast(): Promise<void>;
}

type OwnStatus = 'UP' | 'DOWN' | 'OUT_OF_SERVICE' | 'STARTING';

/** The configuration is asked so often at most, not for each record. */
const rateLookMs = 1_000;

/** Nobody called for so long: nobody has to hear that the service stops. */
const quietMs = 2_000;
/** Callers have heard of it when none of them calls for so long. */
const unheardMs = 100;

/** A service from its start to its end. */
export class RunningService<S extends SettingsSchema, T extends { [N in keyof T]: TopicTypes }>
  implements Service<S, T>
{
  readonly name: string;
  readonly log: ServiceLogger;
  readonly config: LiveSettings<SettingsOf<S>> & { readonly client: ConfigClient };
  readonly fetch: ServiceFetch['fetch'];
  readonly records: RecordTracing;
  readonly #rooms: ServiceRooms<S, T>;
  readonly #closers: (() => unknown)[] = [];
  readonly #wanted: (() => TopicHandler<TopicTypes>)[] = [];
  readonly #handlers: TopicHandler<TopicTypes>[] = [];
  readonly #startedMs = Date.now();
  #registration: Registration | undefined;
  #statusByHand: OwnStatus | undefined;
  #url: string | undefined;
  #started: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(rooms: ServiceRooms<S, T>) {
    this.#rooms = rooms;
    this.name = rooms.options.name;
    this.log = rooms.loggers.logger(this.name);
    this.config = Object.assign(rooms.settings, { client: rooms.config });
    this.fetch = rooms.calls.fetch;
    let [known, knownMs] = [defaultTracesPerSecond, Number.NEGATIVE_INFINITY];
    const perSecond = (): number => {
      if (performance.now() - knownMs < rateLookMs) return known;
      knownMs = performance.now();
      const given = Number(rooms.config.get('management.tracing.records.traces-per-second') ?? defaultTracesPerSecond);
      known = Number.isNaN(given) ? defaultTracesPerSecond : given;
      return known;
    };
    this.records = new RecordTracing(() => rooms.tracer, { tracesPerSecond: perSecond });
    this.#addHealth();
  }

  get instanceId(): string {
    return this.#rooms.identity.instanceId;
  }

  get url(): string {
    if (this.#url === undefined)
      throw new ServiceError('HW_SERVICE_OPTION', `${this.name} has no address before start()`);
    return this.#url;
  }

  get metrics(): Registry {
    return this.#rooms.metrics.registry;
  }

  get discovery(): DiscoveryClient | undefined {
    return this.#rooms.discovery;
  }

  get kafka(): KafkaClient {
    return this.#topicsOrThrow('kafka').connected.client;
  }

  logger(name: string): ServiceLogger {
    return this.#rooms.loggers.logger(name);
  }

  route<const R extends string, const O extends RouteOptions>(route: R, options: O, handler: RouteHandler<R, O>): void {
    this.#rooms.routes.add({ ...splitRoute(route), options, handler: handler as RouteDefinition['handler'] });
  }

  topic<N extends keyof T & string>(name: N): TypedTopic<T[N]> {
    return this.#topicsOrThrow(name).connected.topic(name);
  }

  consume<N extends keyof T & string>(
    name: N,
    options: HandleOptions,
    handler: (record: TopicRecord<T[N]>) => unknown,
  ): void {
    const { connected, handle } = this.#topicsOrThrow(name);
    const topic = connected.topic(name) as unknown as TypedTopic<TopicTypes>;
    const begin = (): TopicHandler<TopicTypes> =>
      handle(topic, options, handler as (record: TopicRecord<TopicTypes, boolean>) => unknown);
    if (this.#started === undefined) this.#wanted.push(begin);
    else this.#handlers.push(begin());
  }

  health(name: string, check: HealthCheck, options?: HealthComponentOptions): void {
    this.#rooms.health.add(name, check, options);
  }

  count(trigger: string, count = 1, attributes: Readonly<Record<string, string>> = {}): void {
    this.#rooms.events.count(trigger, count, attributes);
  }

  notify(notification: ServiceNotification): void {
    this.#rooms.events.notify(notification);
  }

  async span<R>(
    name: string,
    work: (span: Span) => R | Promise<R>,
    attributes?: Attributes,
    kind: SpanKind = 'internal',
  ): Promise<R> {
    const scope = requestScopes.getStore();
    const span = this.#rooms.tracer.start(name, {
      kind,
      parent: scope?.span.context,
      ...(attributes && { attributes }),
    });
    const within = { correlationId: span.context.traceId, token: undefined, principal: undefined, ...scope, span };
    try {
      return await requestScopes.run(within, () => work(span));
    } catch (error) {
      span.fail(error);
      throw error;
    } finally {
      span.end();
    }
  }

  onClose(close: () => unknown): void {
    this.#closers.push(close);
  }

  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  async run(): Promise<void> {
    stopAtSignals(() => this.close(), this.log);
    await this.start();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What `/info` says. */
  info(): Record<string, unknown> {
    const { options, zone } = this.#rooms;
    return {
      app: { name: this.name, version: options.version ?? '0.0.0', description: options.description ?? '' },
      build: { name: this.name, version: options.version ?? '0.0.0' },
      instance: { id: this.instanceId, ...(zone && { zone }) },
      process: {
        pid: process.pid,
        node: process.version,
        started: new Date(this.#startedMs).toISOString(),
        uptimeSeconds: Math.round(process.uptime()),
      },
    };
  }

  /** The status by which others find it: what it says itself, or what an operator has set. */
  readonly instanceStatus = {
    status: (): string => this.#registration?.state.status ?? this.#statusByHand ?? 'UNKNOWN',
    setStatus: (status: string | undefined): void => {
      this.#statusByHand = status as OwnStatus | undefined;
      this.#registration?.setStatus(this.#statusByHand ?? 'UP');
    },
  };

  async #start(): Promise<void> {
    const { discovery, health, identity, metrics, options, server } = this.#rooms;
    if (this.#closed !== undefined) throw new ServiceError('HW_SERVICE_CLOSED', `${this.name} was closed`);
    const { host, port, url } = await server.listen();
    this.#url = url;
    const reachedBy = options.advertisedHost ?? (/^(0\.0\.0\.0|::)$/.test(host) ? '127.0.0.1' : host);
    identity.instanceId = `${reachedBy}:${this.name}:${port}`;
    metrics.registry.setDefaultLabels({ application: this.name, instance: identity.instanceId });
    for (const begin of this.#wanted) this.#handlers.push(begin());
    health.state = 'UP';
    this.#registration = discovery?.register({
      service: this.name,
      instanceId: this.instanceId,
      host: reachedBy,
      port,
      isSecure: options.tls !== undefined,
      status: this.#statusByHand ?? 'UP',
      ...(options.renewalSeconds !== undefined && { renewalSeconds: options.renewalSeconds }),
      metadata: this.#metadata(port),
    });
    this.log.info({ url, instance: this.instanceId }, 'ready');
  }

  #metadata(port: number): Record<string, string> {
    const { options, zone } = this.#rooms;
    return {
      'management.port': String(port),
      'management.context-path': '/actuator',
      version: options.version ?? '0.0.0',
      pid: String(process.pid),
      started: new Date(this.#startedMs).toISOString(),
      ...(zone !== undefined && { zone }),
      ...options.metadata,
    };
  }

  /** Every step is tried, whatever became of the one before; what failed is logged. */
  async #close(): Promise<void> {
    const { calls, config, discovery, health, routes, server, topics, tracer } = this.#rooms;
    const startMs = performance.now();
    await this.#started?.catch(() => {});
    const isCalled = performance.now() - routes.lastRequestMs < quietMs && routes.lastRequestMs > 0;
    health.state = 'OUT_OF_SERVICE';
    await this.#step('leave discovery', () => this.#registration?.close());
    if (this.#registration !== undefined && isCalled) await this.#untilUnheard();
    await this.#step('close the server', () => server.close());
    await this.#step('close the consumers', () => Promise.all(this.#handlers.map((handler) => handler.close())));
    for (const close of this.#closers.reverse()) await this.#step('close what the service opened', close);
    await this.#step('close the producers', () => topics?.connected.close());
    await this.#step('send the last triggers', () => this.#rooms.events.close());
    calls.close();
    await this.#step('close the clients', () => Promise.all([discovery?.close(), config.close()]));
    await this.#step('send the last spans', () => tracer.close());
    this.log.info({ tookMs: Math.round(performance.now() - startMs) }, 'closed');
    await this.#rooms.closeLast();
  }

  /** Callers hear from discovery that it has gone: as long as they come they are served. */
  async #untilUnheard(): Promise<void> {
    const { routes, options } = this.#rooms;
    const endMs = performance.now() + (options.drainMs ?? 500);
    const leftMs = performance.now();
    while (performance.now() < endMs && performance.now() - Math.max(leftMs, routes.lastRequestMs) < unheardMs)
      await sleep(10);
  }

  async #step(what: string, work: () => unknown): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.log.warn({ reason: reasonOf(error) }, `could not ${what} cleanly`);
    }
  }

  /** What it needs, as far as it knows by itself. Neither discovery nor configuration being away keeps it from its work. */
  #addHealth(): void {
    const { config, discovery, health, topics } = this.#rooms;
    const optional = { isOptional: true };
    if (discovery !== undefined) {
      health.add(
        'discovery',
        () => ({
          status: discovery.state.status === 'current' ? 'UP' : 'DOWN',
          details: { ...discovery.state, services: discovery.services() },
        }),
        optional,
      );
    }
    if (config.state.status !== 'none') {
      health.add(
        'config',
        () => ({ status: config.state.status === 'current' ? 'UP' : 'DOWN', details: { ...config.state } }),
        optional,
      );
    }
    if (topics === undefined) return;
    health.add(
      'kafka',
      async (signal) => {
        const { brokers } = await topics.connected.client.metadata([], { signal } as never);
        return { status: 'UP', details: { brokers: brokers.length } };
      },
      optional,
    );
    health.add('consumers', () => {
      const states = this.#handlers.map(({ state }) => ({ ...state }));
      const status: HealthStatus = states.some((state) => state.status === 'failed') ? 'DOWN' : 'UP';
      return { status, details: { consumers: states } };
    });
  }

  #topicsOrThrow(name: string): ServiceTopics<T> {
    const { topics } = this.#rooms;
    if (topics !== undefined) return topics;
    throw new ServiceError(
      'HW_SERVICE_TOPIC',
      `${this.name} has no topics, so none is "${name}": give createService the topics that headwater types writes`,
    );
  }
}
