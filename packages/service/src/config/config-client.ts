import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, silentLogger } from '@headwater/logger';
import { followEvents } from '../ask/event-stream.ts';
import { HttpAsker, reasonOf, shownUrl } from '../ask/http-asker.ts';
import { ServiceError } from '../service-error.ts';
import { type ConfigEntry, type ConfigLayer, ConfigLayers, type ConfigValue, MapLayer } from './config-layers.ts';
import { environmentLayer } from './environment-layer.ts';
import { LiveSettings } from './live-settings.ts';
import type { SettingsOf, SettingsSchema } from './settings-fields.ts';
import { acceptWithOrigins, type ConfigDocument, parseEnvironment } from './spring-environment.ts';

export interface ConfigOptions {
  /** The application's name: its files, and those of all (`application`), are what the server answers with. */
  name: string;
  /** Address of a Config Server, several with commas; user and password may stand in it. Without one there are only defaults and environment. */
  url?: string;
  /** Default: `default`. */
  profiles?: readonly string[];
  /** A branch or tag; default: the server's own. */
  label?: string;
  /** `start()` fails when the server cannot be asked. Default false: it goes on with the defaults, and takes the rest when the server answers. */
  failFast?: boolean;
  /** How long `start()` tries a server that is not there yet, as both may be started together. Default 1,000 ms. */
  startPatienceMs?: number;
  /** How often the server is asked where it does not tell of changes. Default 30,000 ms; 0 never. */
  pollMs?: number;
  /** Properties under all others: what the service brings along. */
  defaults?: Readonly<Record<string, ConfigValue>>;
  /** Properties over all others. Default: those of `process.env`, see `environmentLayer`. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Keeps what the server said last, for a start without it. Default: nothing is kept. The file holds secrets as the configuration does (mode 600). */
  cacheFile?: string;
  /** Further headers of each request, such as a token. */
  headers?: () => Promise<Readonly<Record<string, string>>>;
  ca?: string;
  timeoutMs?: number;
  /** Told when the server answers and offers no events of its own, as Spring's does not: it tells of changes by the bus (`followBus`), or not at all. */
  onUnwatched?: () => void;
  logger?: Logger;
}

export interface ConfigState {
  /** `none`: there is no server; `never`: it has not answered yet; `cached`: from the file; `stale`: the last fetch failed. */
  status: 'none' | 'never' | 'cached' | 'current' | 'stale';
  isWatching: boolean;
  version: string | null;
  label: string | null;
  lastFetchMs: number | null;
  error: string | null;
}

export interface ConfigClient {
  /** The first fetch. Rejects with HW_SERVICE_CONFIG_AWAY with `failFast`, else never. */
  start(signal?: AbortSignal): Promise<void>;
  /** Asks the server now; resolves to the keys whose values are others than before. */
  refresh(): Promise<readonly string[]>;
  /** A property, placeholders filled in; undefined when nobody has it. */
  get(key: string): ConfigValue | undefined;
  /** The property as it is written, with where it stands. */
  entry(key: string): ConfigEntry | undefined;
  /** What stands below a prefix, as objects and lists. */
  tree(prefix: string): unknown;
  /** Typed settings below a prefix, which follow the configuration. Throws SettingsError (HW_SERVICE_CONFIG) now; a later change that does not fit is logged, and the last good settings stay. */
  settings<const S extends SettingsSchema>(prefix: string, schema: S): LiveSettings<SettingsOf<S>>;
  /** Told of the keys whose values have changed. Returns what ends it. */
  onChange(listener: (keys: readonly string[]) => void): () => void;
  /** Puts properties over all others, as a bus event of Spring's does; undefined takes one away. */
  override(values: Readonly<Record<string, ConfigValue | undefined>>): readonly string[];
  /** All sources by precedence. */
  readonly layers: ConfigLayers;
  readonly state: ConfigState;
  /** May be called twice. */
  close(): Promise<void>;
}

/** Where the server tells of changes, polling is only what finds an event that was lost. */
const watchedPollMs = 60_000;

/**
 * A client of a Spring Cloud Config server, ours or any other.
 *
 * @example
 * const config = createConfigClient({ name: 'orders', url: 'http://127.0.0.1:8888' });
 * await config.start();
 * const orders = config.settings('orders', { perPage: 20, currency: setting.choice(['EUR', 'USD'], { default: 'EUR' }) });
 * orders.get().perPage; // a number, live
 * orders.onChange(({ current }) => console.log(current.currency));
 */
export function createConfigClient(options: ConfigOptions): ConfigClient {
  return new Client(options);
}

class Client implements ConfigClient {
  readonly state: ConfigState;
  readonly #options: ConfigOptions;
  readonly #urls: readonly string[];
  readonly #logger: Logger;
  readonly #asker: HttpAsker | undefined;
  readonly #environment: ConfigLayer;
  readonly #own: ConfigLayer;
  readonly #listeners = new Set<(keys: readonly string[]) => void>();
  readonly #stop = new AbortController();
  readonly #overrides = new Map<string, ConfigValue>();
  #server: readonly ConfigLayer[] = [];
  #layers: ConfigLayers;
  #running: Promise<unknown> = Promise.resolve();
  #isStarted = false;
  #fetching: Promise<readonly string[]> | undefined;
  #isFetchWanted = false;
  #closed: Promise<void> | undefined;

  constructor(options: ConfigOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#urls = addresses(options.url);
    this.#asker =
      this.#urls.length === 0
        ? undefined
        : new HttpAsker({ ca: options.ca, ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }) });
    this.#environment = environmentLayer(options.env ?? process.env, options.name);
    const known = { 'spring.application.name': options.name, 'spring.profiles.active': this.#profiles() };
    this.#own = new MapLayer(
      'defaults',
      Object.entries({ ...known, ...options.defaults }).map(([key, value]) => ({
        key,
        value,
        origin: 'default of the service',
      })),
    );
    this.#layers = this.#joined();
    const status = this.#asker === undefined ? 'none' : 'never';
    this.state = { status, isWatching: false, version: null, label: null, lastFetchMs: null, error: null };
  }

  get layers(): ConfigLayers {
    return this.#layers;
  }

  async start(signal?: AbortSignal): Promise<void> {
    if (this.#asker === undefined || this.#isStarted) return;
    this.#isStarted = true;
    try {
      await this.#fetchPatiently(signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (this.#readCache())
        this.#logger.warn({ reason: this.state.error }, 'configuration is what was kept from before');
      else if (this.#options.failFast) {
        const reason = `${reasonOf(error)}. Start the Config Server, or let the service start without it (failFast: false)`;
        throw new ServiceError(
          'HW_SERVICE_CONFIG_AWAY',
          `the configuration of ${this.#options.name} cannot be had: ${reason}`,
          { cause: error },
        );
      } else
        this.#logger.warn({ reason: this.state.error }, 'starts with its defaults until the Config Server answers');
    }
    this.#running = Promise.all([this.#poll(), this.#watch(this.#asker)]);
  }

  /** One fetch at a time; who asks while one is under way gets one that starts after it. */
  async refresh(): Promise<readonly string[]> {
    if (this.#asker === undefined) return [];
    if (this.#fetching !== undefined) {
      this.#isFetchWanted = true;
      await this.#fetching.catch(() => {});
    }
    if (this.#fetching === undefined) {
      this.#isFetchWanted = false;
      this.#fetching = this.#fetchOnce().finally(() => {
        this.#fetching = undefined;
      });
    }
    return await this.#fetching;
  }

  get(key: string): ConfigValue | undefined {
    return this.#layers.value(key);
  }

  entry(key: string): ConfigEntry | undefined {
    return this.#layers.entry(key);
  }

  tree(prefix: string): unknown {
    return this.#layers.tree(prefix);
  }

  settings<const S extends SettingsSchema>(prefix: string, schema: S): LiveSettings<SettingsOf<S>> {
    const live = new LiveSettings<SettingsOf<S>>(() => this.#layers, prefix, schema, this.#logger);
    this.onChange(() => live.update());
    return live;
  }

  onChange(listener: (keys: readonly string[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  override(values: Readonly<Record<string, ConfigValue | undefined>>): readonly string[] {
    for (const [key, value] of Object.entries(values)) {
      if (value === undefined) this.#overrides.delete(key);
      else this.#overrides.set(key, value);
    }
    return this.#take(this.#server);
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      this.#stop.abort(new Error('the configuration client was closed'));
      this.#listeners.clear();
      this.#asker?.close();
      await this.#running;
    })();
    return this.#closed;
  }

  async #fetchPatiently(signal: AbortSignal | undefined): Promise<void> {
    const endMs = performance.now() + (this.#options.startPatienceMs ?? 1_000);
    for (;;) {
      try {
        await this.#fetchOnce(signal);
        return;
      } catch (error) {
        if (signal?.aborted || this.#stop.signal.aborted || performance.now() > endMs) throw error;
        await sleep(50);
      }
    }
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stop;
    const pollMs = this.#options.pollMs ?? 30_000;
    let failures = 0;
    while (!signal.aborted) {
      const isThere = this.state.status === 'current';
      failures = isThere ? 0 : failures + 1;
      const retryMs = 250 * 2 ** Math.min(failures, 6);
      const waitMs = isThere ? pollMs : pollMs === 0 ? retryMs : Math.min(pollMs, retryMs);
      // With no polling asked for it is only watched that the configuration does not stay stale.
      await sleep((waitMs || 1_000) * (0.9 + Math.random() * 0.1), undefined, { signal, ref: false }).catch(() => {});
      const { isWatching, lastFetchMs, status } = this.state;
      const isTold =
        status === 'current' && (pollMs === 0 || (isWatching && Date.now() - lastFetchMs! < watchedPollMs));
      if (!signal.aborted && !isTold) await this.refresh().catch(() => {});
    }
  }

  async #watch(asker: HttpAsker): Promise<void> {
    await followEvents({
      asker,
      urls: () => [`${this.#urls[0]}/watch/${this.#path()}`],
      signal: this.#stop.signal,
      onEvent: () => {
        this.state.isWatching = true;
        if (!this.#isFetchWanted) this.refresh().catch(() => {});
      },
      onNone: () => this.#options.onUnwatched?.(),
      onEnd: () => {
        this.state.isWatching = false;
      },
    });
  }

  async #fetchOnce(signal: AbortSignal = this.#stop.signal): Promise<readonly string[]> {
    let failure: unknown;
    for (const url of this.#urls) {
      try {
        const document = await this.#ask(url, signal);
        const { state } = this;
        if (state.status === 'stale') this.#logger.info({ version: document.version }, 'the Config Server is back');
        Object.assign(state, {
          status: 'current',
          error: null,
          lastFetchMs: Date.now(),
          version: document.version,
          label: document.label,
        });
        return this.#take(document.layers);
      } catch (error) {
        failure = error;
        if (signal.aborted) throw error;
      }
    }
    this.state.error = reasonOf(failure);
    if (this.state.status === 'current') {
      this.state.status = 'stale';
      this.#logger.warn(
        { reason: this.state.error },
        'the Config Server does not answer: goes on with what it said last',
      );
    }
    throw failure;
  }

  async #ask(url: string, signal: AbortSignal): Promise<ConfigDocument> {
    const address = `${url}/${this.#path()}`;
    const headers = { accept: acceptWithOrigins, ...(await this.#options.headers?.()) };
    const answer = await this.#asker!.ask(address, { headers, signal });
    const body = answer.body.toString('utf8');
    if (answer.status !== 200) throw new Error(`${shownUrl(address)} answered ${answer.status}: ${body.slice(0, 300)}`);
    const document = parseEnvironment(body);
    if (this.#options.cacheFile !== undefined) this.#writeCache(this.#options.cacheFile, body);
    return document;
  }

  /** `orders/dev,eu/main`, as Spring's client asks: commas as they are, a label's slashes as `(_)`. */
  #path(): string {
    const { name, label } = this.#options;
    const parts = [name, this.#profiles(), ...(label === undefined ? [] : [label.replaceAll('/', '(_)')])];
    return parts.map((part) => encodeURIComponent(part).replaceAll('%2C', ',')).join('/');
  }

  #profiles(): string {
    const { profiles = [] } = this.#options;
    return profiles.length === 0 ? 'default' : profiles.join(',');
  }

  #joined(): ConfigLayers {
    const overrides = [...this.#overrides].map(([key, value]) => ({ key, value, origin: 'set while it runs' }));
    const top = overrides.length === 0 ? [] : [new MapLayer('manager', overrides)];
    return new ConfigLayers([...top, this.#environment, ...this.#server, this.#own]);
  }

  #take(layers: readonly ConfigLayer[]): readonly string[] {
    const before = this.#layers;
    this.#server = layers;
    this.#layers = this.#joined();
    const changed = changedKeys(before, this.#layers);
    if (changed.length > 0) {
      for (const listener of this.#listeners) {
        try {
          listener(changed);
        } catch (error) {
          this.#logger.error({ error: reasonOf(error) }, 'a listener of the configuration failed');
        }
      }
    }
    return changed;
  }

  #readCache(): boolean {
    const { cacheFile } = this.#options;
    if (cacheFile === undefined) return false;
    try {
      this.#take(parseEnvironment(readFileSync(cacheFile, 'utf8')).layers);
      this.state.status = 'cached';
      return true;
    } catch {
      return false;
    }
  }

  #writeCache(file: string, body: string): void {
    try {
      mkdirSync(dirname(file), { recursive: true });
      const part = `${file}.${process.pid}.part`;
      writeFileSync(part, body, { mode: 0o600 });
      renameSync(part, file);
    } catch (error) {
      this.#logger.warn({ file, reason: reasonOf(error) }, 'the configuration cannot be kept');
    }
  }
}

function addresses(url: string | undefined): string[] {
  const given = (url ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  for (const entry of given) {
    if (URL.canParse(entry) && /^https?:$/.test(new URL(entry).protocol)) continue;
    throw new ServiceError(
      'HW_SERVICE_OPTION',
      `"${entry}" is no address of a Config Server: give one such as http://127.0.0.1:8888`,
    );
  }
  return given.map((entry) => entry.replace(/\/+$/, ''));
}

function changedKeys(before: ConfigLayers, after: ConfigLayers): string[] {
  const was = before.effective();
  const is = after.effective();
  const changed: string[] = [];
  for (const [canonical, { key, value }] of is) {
    const old = was.get(canonical);
    if (old === undefined || shown(before, old.value) !== shown(after, value)) changed.push(key);
  }
  for (const [canonical, { key }] of was) if (!is.has(canonical)) changed.push(key);
  return changed.sort();
}

/** Filled in where it can be: a change of what a placeholder names is a change. */
function shown(layers: ConfigLayers, value: ConfigValue): ConfigValue {
  if (typeof value !== 'string' || !value.includes('${')) return value;
  try {
    return layers.resolve(value);
  } catch {
    return value;
  }
}
