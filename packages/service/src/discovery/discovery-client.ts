import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, silentLogger } from '@headwater/logger';
import { followEvents } from '../ask/event-stream.ts';
import { HttpAsker, reasonOf } from '../ask/http-asker.ts';
import { parseApplications, type ServiceInstance } from './eureka-instance.ts';
import { EurekaServers } from './eureka-servers.ts';
import { eurekaUrls } from './eureka-urls.ts';
import { InstanceTable } from './instance-table.ts';
import { Registration } from './registration.ts';
import type { InstanceRegistration } from './registration-body.ts';

export interface DiscoveryOptions {
  /** Address of a Eureka server, several with commas: `http://127.0.0.1:8761`; without a path `/eureka` is added. */
  url: string | readonly string[];
  /** How often the registry is asked where its server does not tell of changes. Default 5,000 ms (Spring's clients: 30 s). */
  pollMs?: number;
  /** Keep a copy of the registry. Default true; with false the client can only register. */
  fetch?: boolean;
  /** Authority of the server's certificate, PEM; default: `HEADWATER_CA_FILE`. */
  ca?: string;
  timeoutMs?: number;
  logger?: Logger;
}

export interface DiscoveryState {
  /** `never`: no copy yet; `stale`: the last fetch failed, and the copy is the last one known. */
  status: 'never' | 'current' | 'stale';
  /** The server tells of changes by itself. */
  isWatching: boolean;
  lastFetchMs: number | null;
  fullFetches: number;
  deltaFetches: number;
  error: string | null;
}

export interface DiscoveryClient {
  /** The instances of a service that are UP, from the copy: no I/O. The list is the same object until one of them changes. */
  instances(service: string): readonly ServiceInstance[];
  /** The instances of any status. */
  allInstances(service: string): readonly ServiceInstance[];
  services(): readonly string[];
  /** Resolves when there is a copy. */
  ready(signal?: AbortSignal): Promise<void>;
  /** Told of the names whose instances have changed. Returns what ends it. */
  onChange(listener: (services: ReadonlySet<string>) => void): () => void;
  /** Asks the server now; resolves when the copy is current. Rejects when the server does not answer. */
  refresh(): Promise<void>;
  register(instance: InstanceRegistration): Registration;
  readonly state: DiscoveryState;
  /** Leaves the registry with all that was registered, and stops. May be called twice. */
  close(): Promise<void>;
}

/** Where the server tells of changes, polling is only what finds an event that was lost. */
const watchedPollMs = 30_000;

/**
 * A client of a Eureka server, ours or any other: registers instances, and keeps a copy of the registry that is current within moments
 * where the server tells of changes, within `pollMs` elsewhere. While the server is away the copy stays as it was.
 *
 * @example
 * const discovery = createDiscoveryClient({ url: 'http://127.0.0.1:8761' });
 * discovery.register({ service: 'orders', port: 8090 });
 * await discovery.ready();
 * console.log(discovery.instances('orders')[0]?.url);
 * await discovery.close();
 */
export function createDiscoveryClient(options: DiscoveryOptions): DiscoveryClient {
  return new Client(options);
}

class Client implements DiscoveryClient {
  readonly #servers: EurekaServers;
  readonly #asker: HttpAsker;
  readonly #logger: Logger;
  readonly #pollMs: number;
  readonly #table = new InstanceTable();
  readonly #listeners = new Set<(services: ReadonlySet<string>) => void>();
  readonly #registrations = new Set<Registration>();
  readonly #stop = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  readonly #state: DiscoveryState = {
    status: 'never',
    isWatching: false,
    lastFetchMs: null,
    fullFetches: 0,
    deltaFetches: 0,
    error: null,
  };
  readonly #running: Promise<unknown>;
  #fetching: Promise<void> | undefined;
  #isFetchWanted = false;
  #closed: Promise<void> | undefined;

  constructor({ url, pollMs = 5_000, fetch = true, ca, timeoutMs, logger = silentLogger }: DiscoveryOptions) {
    this.#asker = new HttpAsker({ ca, ...(timeoutMs !== undefined && { timeoutMs }) });
    this.#servers = new EurekaServers(eurekaUrls(url), this.#asker);
    this.#logger = logger;
    this.#pollMs = pollMs;
    this.#ready.promise.catch(() => {});
    this.#running = fetch ? Promise.all([this.#poll(), this.#watch()]) : Promise.resolve();
  }

  get state(): DiscoveryState {
    return { ...this.#state };
  }

  instances(service: string): readonly ServiceInstance[] {
    return this.#table.up(service);
  }

  allInstances(service: string): readonly ServiceInstance[] {
    return this.#table.all(service);
  }

  services(): readonly string[] {
    return this.#table.services();
  }

  async ready(signal?: AbortSignal): Promise<void> {
    if (signal === undefined) return await this.#ready.promise;
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([this.#ready.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  onChange(listener: (services: ReadonlySet<string>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** One fetch at a time; who asks while one is under way gets one that starts after it. */
  async refresh(): Promise<void> {
    if (this.#fetching !== undefined) {
      this.#isFetchWanted = true;
      await this.#fetching.catch(() => {});
      if (this.#fetching === undefined && this.#isFetchWanted) this.#start();
    } else this.#start();
    await this.#fetching;
  }

  register(instance: InstanceRegistration): Registration {
    const registration = new Registration(this.#servers, instance, this.#logger);
    this.#registrations.add(registration);
    return registration;
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      this.#stop.abort(new Error('the discovery client was closed'));
      this.#listeners.clear();
      await Promise.all([...this.#registrations].map((registration) => registration.close()));
      this.#asker.close();
      this.#ready.reject(new Error('the discovery client was closed before discovery answered'));
      await this.#running;
    })();
    return this.#closed;
  }

  #start(): void {
    this.#isFetchWanted = false;
    this.#fetching = this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    this.#fetching.catch(() => {});
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted) {
      let waitMs = this.#pollMs;
      try {
        const { isWatching, lastFetchMs, status } = this.#state;
        const isTold = isWatching && status === 'current' && Date.now() - lastFetchMs! < watchedPollMs;
        if (!isTold) await this.refresh();
        failures = 0;
      } catch {
        waitMs = Math.min(this.#pollMs, 250 * 2 ** Math.min(failures, 8));
        failures += 1;
      }
      await sleep(waitMs * (0.9 + Math.random() * 0.1), undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #watch(): Promise<void> {
    await followEvents({
      asker: this.#asker,
      urls: () => {
        const base = this.#servers.currentUrl;
        return [`${base}/watch`, String(new URL('/api/watch', base))];
      },
      signal: this.#stop.signal,
      onEvent: () => {
        this.#state.isWatching = true;
        if (!this.#isFetchWanted) this.refresh().catch(() => {});
      },
      onEnd: () => {
        this.#state.isWatching = false;
      },
    });
  }

  async #fetch(): Promise<void> {
    const { signal } = this.#stop;
    const state = this.#state;
    try {
      const changed = state.status === 'never' ? await this.#fetchAll(signal) : await this.#fetchDelta(signal);
      if (state.status === 'stale') this.#logger.info({}, 'discovery is back');
      state.status = 'current';
      state.error = null;
      state.lastFetchMs = Date.now();
      this.#ready.resolve();
      if (changed.size > 0) this.#tell(changed);
    } catch (error) {
      if (!signal.aborted) {
        state.error = reasonOf(error);
        if (state.status === 'current') {
          state.status = 'stale';
          this.#logger.warn({ reason: state.error }, 'discovery does not answer: goes on with what it said last');
        }
      }
      throw error;
    }
  }

  /** The changes of the last minutes, checked by the hash code; everything when it does not fit. */
  async #fetchDelta(signal: AbortSignal): Promise<Set<string>> {
    const answer = await this.#servers.ask('/apps/delta', { signal });
    // A server may have deltas turned off (404, 403).
    if (answer.status !== 200) return await this.#fetchAll(signal);
    this.#state.deltaFetches += 1;
    const delta = parseApplications(answer.body.toString('utf8'));
    const changed = this.#table.apply(delta.entries);
    if (delta.hashCode === this.#table.hashCode()) return changed;
    for (const name of await this.#fetchAll(signal)) changed.add(name);
    return changed;
  }

  async #fetchAll(signal: AbortSignal): Promise<Set<string>> {
    const answer = await this.#servers.ask('/apps/', { signal });
    if (answer.status !== 200) throw new Error(`discovery answered ${answer.status} to a fetch of the registry`);
    const { entries, skipped } = parseApplications(answer.body.toString('utf8'));
    if (skipped > 0) this.#logger.warn({ skipped }, 'instances without a name or address are left out');
    this.#state.fullFetches += 1;
    return this.#table.replace(entries.map(({ instance }) => instance));
  }

  #tell(changed: ReadonlySet<string>): void {
    for (const listener of this.#listeners) {
      try {
        listener(changed);
      } catch (error) {
        this.#logger.error({ error: reasonOf(error) }, 'a listener of discovery failed');
      }
    }
  }
}
