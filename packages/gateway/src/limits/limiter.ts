import { randomUUID } from 'node:crypto';
import type { Logger } from '@headwater/logger';
import type { RedisLink } from '../redis/redis-link.ts';
import { type KeyEntry, KeyLedger } from './key-ledger.ts';
import { type Limit, type LimitDecision, takeTokens } from './limit.ts';
import { RedisBuckets } from './redis-buckets.ts';

export interface LimiterOptions {
  /** Absent: this gateway counts alone, in memory. */
  redis?: RedisLink | undefined;
  /** What happens while Redis is down. `local`: this gateway's share, in memory; `closed`: 503. Default `local`. */
  fail?: 'local' | 'closed';
  /** How many gateways share a limit, for the share. Default: those that Redis last knew of. */
  gateways?: number | undefined;
  /** Most keys held. Default 100,000. */
  maxKeys?: number;
  logger: Logger;
  /** Milliseconds, going forwards only. Default `performance.now`. */
  now?: () => number;
}

const aliveEveryMs = 5_000;

/** Decides on requests by token buckets: in memory, or in Redis for all gateways together. It never lets anything pass in silence. */
export class Limiter {
  readonly ledger: KeyLedger;
  readonly #options: LimiterOptions;
  readonly #buckets: RedisBuckets | undefined;
  readonly #now: () => number;
  readonly #id = randomUUID();
  readonly #timer: NodeJS.Timeout | undefined;
  #gateways: number;
  /** Decided without Redis, and refused for that, since the start. */
  readonly counts = { allowed: 0, refused: 0, local: 0, closed: 0 };

  constructor(options: LimiterOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.ledger = new KeyLedger(options.maxKeys ?? 100_000);
    this.#gateways = options.gateways ?? 1;
    if (options.redis === undefined) return;
    this.#buckets = new RedisBuckets(options.redis);
    if (options.gateways !== undefined) return;
    options.redis.onUp(() => void this.#countGateways());
    this.#timer = setInterval(() => void this.#countGateways(), aliveEveryMs);
    this.#timer.unref();
  }

  get redis(): RedisLink | undefined {
    return this.#options.redis;
  }

  get fail(): 'local' | 'closed' {
    return this.#options.fail ?? 'local';
  }

  /** Of all gateways, for decisions without Redis. */
  get share(): number {
    return this.#buckets === undefined ? 1 : 1 / this.#gateways;
  }

  /** Without Redis the answer is there at once. */
  take(limit: Limit, key: string): LimitDecision | Promise<LimitDecision> {
    const { redis, logger } = this.#options;
    const now = this.#now();
    const entry = this.ledger.entry(limit, key, now, this.share);
    if (redis === undefined) return this.#count(entry, takeTokens(entry, limit, now, 1, 'memory'));
    if (!redis.isUp) return this.#count(entry, this.#takeWithoutRedis(entry));
    return this.#buckets!.take(limit, key).then(
      (decision) => {
        // Should Redis be lost, this gateway goes on from here with its share.
        entry.tokens = decision.remaining * this.share;
        entry.atMs = this.#now();
        return this.#count(entry, decision);
      },
      (error: Error) => {
        // Redis may be well and the script not: that must not pass in silence either.
        if (redis.isUp) logger.error({ error: error.message }, 'a limit could not be asked of Redis');
        return this.#count(entry, this.#takeWithoutRedis(entry));
      },
    );
  }

  /** Makes buckets full again: of a route, of a key, or all. Gives the number of keys that this gateway knew. */
  async reset(route?: string, key?: string): Promise<number> {
    const removed = this.ledger.remove(route, key);
    if (this.#buckets !== undefined && this.#options.redis!.isUp) await this.#buckets.reset(route, key);
    return removed.length;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#timer !== undefined && this.#options.redis!.isUp) await this.#buckets!.leave(this.#id).catch(() => {});
  }

  #takeWithoutRedis(entry: KeyEntry): LimitDecision {
    if (this.fail === 'local') {
      this.counts.local++;
      return takeTokens(entry, entry.limit, this.#now(), this.share, 'local');
    }
    this.counts.closed++;
    return { isAllowed: false, remaining: 0, retryAfterMs: 1_000, fullAfterMs: 0, source: 'closed' };
  }

  #count(entry: KeyEntry, decision: LimitDecision): LimitDecision {
    entry.last = decision;
    if (decision.isAllowed) {
      entry.allowed++;
      this.counts.allowed++;
    } else {
      entry.refused++;
      this.counts.refused++;
    }
    return decision;
  }

  async #countGateways(): Promise<void> {
    if (!this.#options.redis!.isUp) return;
    try {
      this.#gateways = Math.max(1, await this.#buckets!.gateways(this.#id));
    } catch {
      // Redis is down: the number that it last told stands.
    }
  }
}
