import type { KafkaClient } from '@headwater/client';
import type { Registry } from 'prom-client';
import type { HealthCheck, HealthComponentOptions } from '../actuator/health.ts';
import type { ServiceFetch } from '../calls/service-fetch.ts';
import type { ConfigClient } from '../config/config-client.ts';
import type { LiveSettings } from '../config/live-settings.ts';
import type { SettingsOf, SettingsSchema } from '../config/settings-fields.ts';
import type { DiscoveryClient } from '../discovery/discovery-client.ts';
import type { ServiceNotification } from '../observe/service-events.ts';
import type { ServiceLogger } from '../observe/service-logger.ts';
import type { Attributes, Span, SpanKind } from '../observe/tracer.ts';
import type { RecordTracing } from '../records/record-tracing.ts';
import type { RouteHandler, RouteOptions } from '../routes/route-definition.ts';
import type { TopicTypes } from '../topic-definitions.ts';
import type { TopicRecord } from '../topic-records.ts';
import type { TypedTopic } from '../typed-topic.ts';
import type { HandleOptions } from './service-topics.ts';

/** A microservice: what it serves and calls, with everything that a platform wants of it. */
export interface Service<S extends SettingsSchema, T extends { [N in keyof T]: TopicTypes }> {
  readonly name: string;
  /** `host:name:port`, once it has started. */
  readonly instanceId: string;
  /** Where it answers, once it has started. */
  readonly url: string;
  /** Its settings, live: `get()`, `onChange()`; `client` is the whole configuration. */
  readonly config: LiveSettings<SettingsOf<S>> & { readonly client: ConfigClient };
  readonly log: ServiceLogger;
  /** A logger of its own level: `http.client`. */
  logger(name: string): ServiceLogger;
  /** prom-client's registry: for metrics of the service's own. */
  readonly metrics: Registry;
  /** Undefined without an address of discovery. */
  readonly discovery: DiscoveryClient | undefined;
  /**
   * Adds a route. Input is checked by the schemas; what the handler returns is sent as JSON (`reply` for more).
   *
   * @example
   * service.route('GET /orders/:id', { summary: 'One order' }, ({ params }) => orders.get(params.id));
   */
  route<const R extends string, const O extends RouteOptions>(route: R, options: O, handler: RouteHandler<R, O>): void;
  /** Calls another service by its name: `http://orders/items/7`. See `ServiceFetch`. */
  readonly fetch: ServiceFetch['fetch'];
  /** A typed topic. Throws HW_SERVICE_TOPIC when it is not among `topics`. */
  topic<N extends keyof T & string>(name: N): TypedTopic<T[N]>;
  /** Gives each record of a topic to a handler, from `start()` on. */
  consume<N extends keyof T & string>(
    name: N,
    options: HandleOptions,
    handler: (record: TopicRecord<T[N]>) => unknown,
  ): void;
  /**
   * Trace and correlation id of records that are sent and read by a client of the service's own choice: headers for what is sent, a span for what is read.
   * `management.tracing.records.traces-per-second` (1) bounds the traces that records begin.
   */
  readonly records: RecordTracing;
  /** The Kafka client of the typed topics. */
  readonly kafka: KafkaClient;
  /** Adds a component to `/health`. */
  health(name: string, check: HealthCheck, options?: HealthComponentOptions): void;
  /**
   * Counts that something happened: shown by the monitor by minute, hour, day and week. In the background, to `HEADWATER_MONITOR_URL`, else to its topic.
   * Throws TypeError for a name or number that is none.
   *
   * @example
   * service.count('order-placed');
   */
  count(trigger: string, count?: number, attributes?: Readonly<Record<string, string>>): void;
  /** Sends a message to people, in the background, as `count` does. */
  notify(notification: ServiceNotification): void;
  /**
   * Runs work in a span of its own. Where that asks another system, `kind` is `client`, and `db.system.name` or `peer.service` names it.
   *
   * @param kind default: internal
   */
  span<R>(name: string, work: (span: Span) => R | Promise<R>, attributes?: Attributes, kind?: SpanKind): Promise<R>;
  /** Called at the stop, after the last request and record. */
  onClose(close: () => unknown): void;
  /** Listens, registers, consumes. */
  start(): Promise<void>;
  /** Leaves discovery, waits for requests under way, closes consumers, sends what is left. May be called twice. */
  close(): Promise<void>;
  /** `start()`, and `close()` at SIGINT and SIGTERM; for a program that is this service. Resolves when it has started. */
  run(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
