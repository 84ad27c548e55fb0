import { randomUUID } from 'node:crypto';
import { createClient, type KafkaClient } from '@headwater/client';
import { createHttpServer, type HttpContext, type HttpSecurity, type HttpServer } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import { destinationsOf } from './bus/destinations.ts';
import { EventOutlet } from './bus/event-outlet.ts';
import { SpringBus } from './bus/spring-bus.ts';
import type { ConfigError } from './config-error.ts';
import { CipherKeys, type CipherOptions } from './encryption/cipher-keys.ts';
import { addActuatorRoutes } from './http/actuator-routes.ts';
import { addEncryptionRoutes } from './http/encryption-routes.ts';
import { answerSpring } from './http/environment-routes.ts';
import { addInsightRoutes } from './http/insight-routes.ts';
import { monitor } from './http/monitor-routes.ts';
import { sendSpringError, sendThrown } from './http/spring-errors.ts';
import { parseSpringPath } from './http/spring-paths.ts';
import { checkedRequest, requestOfQuery, watch } from './http/watch-routes.ts';
import type { ConfigRepository } from './repository/config-tree.ts';
import { openRepository, type RepositoryOptions } from './repository/open-repository.ts';
import type { Environment } from './resolve/environment.ts';
import { changeRecords } from './service/change-records.ts';
import { ConfigService } from './service/config-service.ts';
import { History } from './service/history.ts';
import { Readers } from './service/readers.ts';
import { type RepositoryChange, RepositoryWatch } from './watch/repository-watch.ts';
import { WatchHub } from './watch/watch-hub.ts';

export interface ConfigServerOptions extends RepositoryOptions, CipherOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 8888; 0 lets the system choose. */
  port?: number;
  /** Properties that win over all files. */
  overrides?: Readonly<Record<string, string>>;
  /** Stands before Spring's paths, such as `/config`. Default none. */
  prefix?: string;
  /** The event store: Spring Cloud Bus and the topic of changes. Without it changes go out as server-sent events only. */
  kafkaUrl?: string;
  /** TLS, and a check of who calls. Default neither. */
  security?: HttpSecurity;
  logger?: Logger;
}

export interface ConfigServer {
  url: string;
  /** May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts a configuration server that speaks the Spring Cloud Config API, on a folder or a git repository.
 *
 * @example
 * const config = await startConfig({ repo: './config-repo', port: 0 });
 * console.log(await (await fetch(`${config.url}/orders/dev`)).json());
 * await config.close();
 */
export async function startConfig(options: ConfigServerOptions): Promise<ConfigServer> {
  const part = new ConfigPart(options, await openRepository(options));
  try {
    await part.start();
  } catch (error) {
    await part.close();
    throw error;
  }
  return part;
}

class ConfigPart implements ConfigServer {
  url = '';
  readonly #repository: ConfigRepository;
  readonly #service: ConfigService;
  readonly #readers = new Readers();
  readonly #history = new History();
  readonly #hub: WatchHub;
  readonly #watch: RepositoryWatch;
  readonly #server: HttpServer;
  readonly #logger: Logger;
  readonly #client: KafkaClient | undefined;
  readonly #outlet: EventOutlet | undefined;
  readonly #bus: SpringBus | undefined;
  readonly #prefix: string;
  readonly #keys: CipherKeys;
  #closed: Promise<void> | undefined;

  constructor(options: ConfigServerOptions, repository: ConfigRepository) {
    const logger = options.logger ?? silentLogger;
    const port = options.port ?? 8888;
    this.#logger = logger;
    this.#prefix = prefixOf(options.prefix);
    this.#repository = repository;
    this.#keys = new CipherKeys(options);
    this.#service = new ConfigService({
      repository,
      decrypt: (source) => this.#keys.decryptSource(source),
      ...(options.overrides === undefined ? {} : { overrides: options.overrides }),
    });
    this.#hub = new WatchHub(this.#service);
    this.#watch = new RepositoryWatch({
      repository,
      files: this.#service.files,
      logger,
      labels: () => this.#hub.labels(),
      onChange: (change) => this.#onChange(change),
      onFirstLook: () => void this.#hub.onChange(nothingChanged()),
      onBroken: (errors) => this.#onBroken(errors),
    });
    if (options.kafkaUrl !== undefined) {
      this.#client = createClient({ bootstrap: options.kafkaUrl, clientId: 'headwater-config', logger });
      this.#outlet = new EventOutlet(this.#client, logger);
      const id = `headwater-config:${port}:${randomUUID().replaceAll('-', '')}`;
      this.#bus = new SpringBus({ id, client: this.#client, outlet: this.#outlet, logger });
    }
    this.#server = createHttpServer({
      name: 'config',
      ...(options.host === undefined ? {} : { host: options.host }),
      port,
      ...options.security,
      logger,
      metrics: { part: 'config' },
      onError: (error, ctx) => sendSpringError(ctx, error.status, error.code, error.message),
      onNotFound: (ctx) => this.#told(ctx, () => this.#answer(ctx)),
    });
    this.#addRoutes(options.security?.authenticate !== undefined);
  }

  async start(): Promise<void> {
    ({ url: this.url } = await this.#server.listen());
    this.#bus?.start();
    // What is there is no change: nobody waits for it to be looked through.
    void this.#watch.start();
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      await this.#server.close();
      // A fetch under way ends with the repository.
      await Promise.all([this.#watch.close(), this.#repository.close()]);
      await this.#bus?.close();
      await this.#outlet?.close();
      await this.#client?.close();
    })();
    return this.#closed;
  }

  #addRoutes(isCallerKnown: boolean): void {
    const route = (method: string, path: string, handler: (ctx: HttpContext) => unknown): void =>
      this.#server.route(method, path, (ctx) => this.#told(ctx, () => handler(ctx)));
    addActuatorRoutes(
      { ...this.#server, route: (method, path, handler) => route(String(method), path, handler) },
      { repository: this.#repository, bus: this.#bus, broken: () => this.#brokenNow(), url: () => this.url },
    );
    addEncryptionRoutes(route, this.#prefix, this.#keys, isCallerKnown);
    addInsightRoutes(route, this.#service, this.#history, this.#readers);
    route('POST', '/monitor', (ctx) => monitor(ctx, (names) => this.#onPush(names)));
    route('GET', '/api/watch', (ctx) => watch(ctx, this.#hub, requestOfQuery(ctx)));
    route('GET', '/api/readers', (ctx) => ctx.sendJson(200, { readers: this.#readers.list() }));
    route('GET', '/api/bus', (ctx) =>
      ctx.sendJson(200, {
        id: this.#bus?.id ?? null,
        dropped: this.#outlet?.droppedCount ?? 0,
        events: this.#bus?.sent ?? [],
      }),
    );
  }

  async #brokenNow(): Promise<readonly ConfigError[]> {
    if (this.#watch.broken.length > 0) await this.#watch.check();
    return this.#watch.broken;
  }

  /** Runs a handler; what it throws is answered in Spring's shape. */
  async #told(ctx: HttpContext, handler: () => unknown): Promise<void> {
    try {
      await handler();
    } catch (error) {
      sendThrown(ctx, error);
    }
  }

  async #answer(ctx: HttpContext): Promise<void> {
    // Streams of changes by the path of what is watched: /watch/orders/dev.
    if (ctx.method === 'GET' && (ctx.req.headers.accept ?? '').includes('text/event-stream')) {
      const call = parseSpringPath(ctx.path, `${this.#prefix}/watch`, false);
      if (call?.kind === 'environment') {
        return watch(ctx, this.#hub, checkedRequest(call.application, call.profiles, call.label));
      }
    }
    const isSpring = await answerSpring(ctx, {
      service: this.#service,
      prefix: this.#prefix,
      onRead: (_, environment, how) => this.#noteReader(ctx, environment, how),
    });
    if (!isSpring) sendSpringError(ctx, 404);
  }

  #noteReader(ctx: HttpContext, { name, profiles, label, version }: Environment, how: string): void {
    const { headers, socket } = ctx.req;
    this.#readers.note(
      {
        application: name,
        profiles: profiles.join(','),
        label,
        how,
        address: socket.remoteAddress ?? '',
        userAgent: headers['user-agent']?.slice(0, 200) ?? null,
        version,
      },
      Date.now(),
    );
  }

  #onChange(change: RepositoryChange): void {
    this.#history.add(change);
    void this.#hub.onChange(change);
    const known = this.#readers.applications();
    for (const record of changeRecords(change, known)) this.#outlet?.push(record);
    const destinations = destinationsOf(
      change.files.map(({ path }) => path),
      known,
    );
    for (const destination of destinations) this.#bus?.refresh(destination);
    this.#logger.info(
      { label: change.label, version: change.version, files: change.files.map(({ path }) => path).slice(0, 20) },
      'the configuration has changed',
    );
  }

  #onBroken(errors: readonly ConfigError[]): void {
    if (errors.length === 0) return void this.#logger.info({}, 'every configuration file can be read again');
    for (const { message } of errors.slice(0, 5))
      this.#logger.error({ file: message }, 'a configuration file is broken');
    // Watchers of what the file is for hear of it too.
    void this.#hub.onChange(nothingChanged());
  }

  /** A git host says that something was pushed: it is looked at now, and who was named is told even if nothing was found to differ. */
  async #onPush(names: readonly string[]): Promise<void> {
    const before = new Set(this.#bus?.sent.map(({ id }) => id));
    await this.#watch.check(true);
    const told = new Set(this.#bus?.sent.filter(({ id }) => !before.has(id)).map(({ destination }) => destination));
    for (const name of names) if (!told.has(`${name}:**`) && !told.has('*:**')) this.#bus?.refresh(`${name}:**`);
  }
}

/** For watchers to look again, when it is not known what changed. */
function nothingChanged(): RepositoryChange {
  const nobody = { label: null, version: null, previousVersion: null, author: null, message: null };
  return { timestampMs: Date.now(), ...nobody, files: [] };
}

function prefixOf(prefix: string | undefined): string {
  const clean = (prefix ?? '').replace(/^\/+|\/+$/g, '');
  return clean === '' ? '' : `/${clean}`;
}
