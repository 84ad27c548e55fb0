import type { Logger } from '@headwater/logger';
import type { Changes } from '../observe/changes.ts';
import type { Endpoint } from '../stages/module.ts';
import type { OwnState } from './own-configuration.ts';
import { type ConfiguredGateway, readConfiguredGateway } from './route-properties.ts';

export interface ConfigServerOptions {
  /** Address of a Config Server. */
  url: string;
  /** The application whose properties are taken. Default `gateway`. */
  application?: string;
  profiles?: readonly string[];
  label?: string;
}

export interface ConfiguredState {
  url: string;
  /** Of the client: never, stale, current. */
  status: string;
  version: string | null;
  routes: number;
  appliedAtMs: number | null;
  /** Why what the server says now is not in force: the last that was good is. */
  problem: string | null;
}

/**
 * Routes and breakers from a Config Server, in force as they change there: all of them or, when one is wrong, none, with the reason. While the server is away
 * the last ones stay.
 */
export class ConfigServer {
  readonly #options: ConfigServerOptions;
  readonly #apply: (configured: ConfiguredGateway) => void;
  readonly #changes: Changes;
  readonly #logger: Logger;
  readonly #started: Promise<void>;
  #close: () => Promise<void> = async () => {};
  #stateOf: () => { status: string; version: string | null } = () => ({ status: 'never', version: null });
  #routes = 0;
  #appliedAtMs: number | null = null;
  #problem: string | null = null;
  #isClosed = false;

  /** `apply` throws GatewayError and changes nothing when something is wrong. */
  constructor(
    options: ConfigServerOptions,
    apply: (configured: ConfiguredGateway) => void,
    changes: Changes,
    logger: Logger,
  ) {
    this.#options = options;
    this.#apply = apply;
    this.#changes = changes;
    this.#logger = logger;
    this.#started = this.#start().catch((error: unknown) => {
      this.#problem = (error as Error).message;
      logger.error({ error: this.#problem }, 'routes are not taken from the Config Server');
    });
  }

  get state(): ConfiguredState {
    const { status, version } = this.#stateOf();
    return {
      url: this.#options.url.replace(/\/\/[^@/]*@/, '//'),
      status,
      version,
      routes: this.#routes,
      appliedAtMs: this.#appliedAtMs,
      problem: this.#problem,
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#close();
    await this.#started;
  }

  async #start(): Promise<void> {
    const { createConfigClient } = await import('@headwater/service/config');
    if (this.#isClosed) return;
    const { url, application = 'gateway', profiles, label } = this.#options;
    const client = createConfigClient({
      name: application,
      url,
      ...(profiles !== undefined && { profiles }),
      ...(label !== undefined && { label }),
      logger: this.#logger,
    });
    this.#close = () => client.close();
    this.#stateOf = () => client.state;
    client.onChange(() => this.#take((prefix) => client.tree(prefix)));
    await client.start();
    if (!this.#isClosed) this.#take((prefix) => client.tree(prefix));
  }

  #take(tree: (prefix: string) => unknown): void {
    try {
      const configured = readConfiguredGateway(tree);
      this.#apply(configured);
      const isNews = this.#appliedAtMs === null ? configured.routes.length > 0 : true;
      this.#routes = configured.routes.length;
      this.#appliedAtMs = Date.now();
      this.#problem = null;
      if (isNews)
        this.#changes.tell({
          kind: 'routes',
          subject: 'Config Server',
          change: 'applied',
          reason: `${this.#routes} routes, version ${this.#stateOf().version ?? 'unknown'}`,
        });
    } catch (error) {
      this.#problem = (error as Error).message;
      this.#logger.error({ reason: this.#problem }, 'the new routes are refused, the old ones stay');
      this.#changes.tell({ kind: 'routes', subject: 'Config Server', change: 'refused', reason: this.#problem });
    }
  }
}

/** `GET /api/gateway/configuration`: where the routes come from, and why not. */
export function configurationEndpoint(own: () => OwnState, configServer: () => ConfiguredState | null): Endpoint {
  return {
    path: '/api/gateway/configuration',
    methods: ['GET'],
    serve: (ctx) => ctx.sendJson(200, { own: own(), configServer: configServer() }),
  };
}
