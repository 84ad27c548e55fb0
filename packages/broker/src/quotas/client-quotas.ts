import { performance } from 'node:perf_hooks';
import type { Clock } from '../clock/clock.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { Request } from '../network/request.ts';
import { LruMap } from './lru-map.ts';
import type { ClientQuotaKey } from './quota-keys.ts';
import type { ClientLimit, QuotaStore } from './quota-store.ts';
import { RequestQuota } from './request-quota.ts';
import { type QuotaWindows, SampledRate } from './sampled-rate.ts';
import { TokenBucket } from './token-bucket.ts';

/** Clients whose traffic is measured; who was seen longest ago starts anew. */
const trackedMax = 10_000;

/** What one quota counts together: a user, a client id, or both. */
export interface QuotaTracker {
  readonly key: ClientQuotaKey;
  readonly user: string;
  readonly clientId: string;
  limit: number;
  readonly rate: SampledRate;
  /** Of controller_mutation_rate. */
  readonly bucket: TokenBucket;
  /** How often and for how long in all its clients were made to wait. */
  throttles: number;
  throttledMs: number;
}

export interface ClientQuotasOptions {
  store: QuotaStore;
  clock: Clock;
  config: BrokerConfig;
  /** Time of this process's one thread, milliseconds; what request_percentage is a part of. */
  cpuMs?: () => number;
}

/** What clients may use of the broker, and the measuring of it (KIP-13, KIP-124, KIP-219, KIP-599). */
export class ClientQuotas {
  readonly store: QuotaStore;
  readonly clock: Clock;
  readonly cpuMs: () => number;
  readonly #config: BrokerConfig;
  readonly #trackers = new LruMap<string, QuotaTracker>(trackedMax);
  readonly #limits = new LruMap<string, ClientLimit | null>(trackedMax);
  readonly #totals = new Map<ClientQuotaKey, { throttles: number; throttledMs: number }>();

  constructor({ store, clock, config, cpuMs = () => performance.now() }: ClientQuotasOptions) {
    this.store = store;
    this.clock = clock;
    this.cpuMs = cpuMs;
    this.#config = config;
  }

  /** Begins to measure a request; null, at the cost of this one look, where there are no quotas. */
  begin(request: Request): RequestQuota | null {
    return this.store.hasClientQuotas ? new RequestQuota(this, request) : null;
  }

  /** What a client's use is counted in; null when nothing bounds it. */
  tracker(key: ClientQuotaKey, user: string, clientId: string): QuotaTracker | null {
    const found = this.#limit(key, user, clientId);
    if (found === null) return null;
    const tracker = this.#trackers.getOrCreate(found.id, () => this.#newTracker(key, found));
    tracker.limit = found.limit;
    return tracker;
  }

  #limit(key: ClientQuotaKey, user: string, clientId: string): ClientLimit | null {
    // With the version in it, a change of a quota makes all that was found before be looked up again.
    const asked = `${this.store.version} ${key} ${user.length} ${user}${clientId}`;
    return this.#limits.getOrCreate(asked, () => this.store.clientLimit(key, user, clientId));
  }

  #newTracker(key: ClientQuotaKey, { user, clientId, limit }: ClientLimit): QuotaTracker {
    return {
      key,
      user,
      clientId,
      limit,
      rate: new SampledRate(this.windows),
      bucket: new TokenBucket(this.#windows('controller.quota.window.num', 'controller.quota.window.size.seconds')),
      throttles: 0,
      throttledMs: 0,
    };
  }

  get windows(): QuotaWindows {
    return this.#windows('quota.window.num', 'quota.window.size.seconds');
  }

  #windows(
    samples: 'quota.window.num' | 'controller.quota.window.num',
    seconds: 'quota.window.size.seconds' | 'controller.quota.window.size.seconds',
  ): QuotaWindows {
    return { samples: this.#config.number(samples), windowMs: this.#config.number(seconds) * 1_000 };
  }

  throttled(tracker: QuotaTracker, byMs: number): void {
    tracker.throttles++;
    tracker.throttledMs += byMs;
    let total = this.#totals.get(tracker.key);
    if (total === undefined) this.#totals.set(tracker.key, (total = { throttles: 0, throttledMs: 0 }));
    total.throttles++;
    total.throttledMs += byMs;
  }

  /** For metrics. */
  trackers(): IterableIterator<QuotaTracker> {
    return this.#trackers.values();
  }

  totals(): ReadonlyMap<ClientQuotaKey, { throttles: number; throttledMs: number }> {
    return this.#totals;
  }
}
