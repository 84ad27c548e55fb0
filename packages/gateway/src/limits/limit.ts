/** A token bucket's measures, in the words of Spring's `redis-rate-limiter`. */
export interface Limit {
  /** Names the buckets: route, measures and resolver. */
  readonly id: string;
  readonly route: string;
  /** Whose buckets they are, as configured. */
  readonly resolver: string;
  /** Tokens that come back each second. */
  readonly replenishRate: number;
  /** Most tokens a bucket holds. */
  readonly burstCapacity: number;
  /** Tokens that a request takes. */
  readonly requestedTokens: number;
}

/** What became of a request at a limit. */
export interface LimitDecision {
  readonly isAllowed: boolean;
  /** Whole tokens that are left. */
  readonly remaining: number;
  /** Until a request like this one would be allowed; 0 when it was. Infinity when it never will be. */
  readonly retryAfterMs: number;
  /** Until the bucket is full again. */
  readonly fullAfterMs: number;
  /**
   * Who decided. `memory`: this gateway, alone by configuration; `redis`: the bucket that all gateways share; `local`: this gateway with its
   * share, since Redis is down; `closed`: nobody could, and so it is refused.
   */
  readonly source: 'memory' | 'redis' | 'local' | 'closed';
}

/** A bucket's tokens at a moment. */
export interface Bucket {
  tokens: number;
  atMs: number;
}

/** Takes a request's tokens from a bucket, which gets back first what time has brought. `share` scales both measures. */
export function takeTokens(
  bucket: Bucket,
  limit: Limit,
  nowMs: number,
  share: number,
  source: LimitDecision['source'],
): LimitDecision {
  // A clock that went back brings nothing, and takes nothing.
  const elapsedMs = Math.max(0, nowMs - bucket.atMs);
  const filled = Math.min(capacityOf(limit, share), bucket.tokens + (elapsedMs * limit.replenishRate * share) / 1_000);
  // Sums of fractions come out a hair below what they are.
  const isAllowed = filled + 1e-9 >= limit.requestedTokens;
  bucket.tokens = isAllowed ? Math.max(0, filled - limit.requestedTokens) : filled;
  bucket.atMs = nowMs;
  return decisionOf(limit, bucket.tokens, isAllowed, share, source);
}

/** A share of a small bucket still holds one request, if the whole one does: slower, but not never. */
export function capacityOf(limit: Limit, share: number): number {
  return Math.max(limit.burstCapacity * share, Math.min(limit.burstCapacity, limit.requestedTokens));
}

/** The decision that goes with the tokens that are left. */
export function decisionOf(
  limit: Limit,
  tokens: number,
  isAllowed: boolean,
  share: number,
  source: LimitDecision['source'],
): LimitDecision {
  const capacity = capacityOf(limit, share);
  const perMs = (limit.replenishRate * share) / 1_000;
  const isNever = limit.requestedTokens > capacity;
  return {
    isAllowed,
    remaining: Math.floor(tokens + 1e-9),
    retryAfterMs: isAllowed
      ? 0
      : isNever
        ? Number.POSITIVE_INFINITY
        : Math.ceil((limit.requestedTokens - tokens) / perMs),
    fullAfterMs: Math.ceil((capacity - tokens) / perMs),
    source,
  };
}
