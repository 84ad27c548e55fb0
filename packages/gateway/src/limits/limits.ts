import type { AuditTrail } from '../observe/audit-trail.ts';
import type { RedisLink } from '../redis/redis-link.ts';
import type { GatewayHost, GatewayModule } from '../stages/module.ts';
import { ConcurrencyLimits } from './concurrency-limit.ts';
import { limitMetrics } from './limit-metrics.ts';
import { Limiter } from './limiter.ts';
import { limitsEndpoint } from './limits-endpoint.ts';
import { requestRateLimiter } from './rate-limit-filter.ts';

/** `gateway.limits` of the configuration. */
export interface LimitsOptions {
  /**
   * While Redis is down: `local` (default) goes on with this gateway's share of each limit, in memory, and says so (`X-RateLimit-Source: local`);
   * `closed` refuses with 503.
   */
  fail?: 'local' | 'closed';
  /** How many gateways share the limits. Default: those that Redis last knew of. */
  gateways?: number;
  /** Most keys held in memory. Default 100,000. */
  maxKeys?: number;
}

/** Rate limits and limits of what is under way: filters `RequestRateLimiter`, `ConcurrencyLimit`, and `/api/gateway/limits`. */
export function createLimits(
  options: LimitsOptions,
  redis: RedisLink | undefined,
  audit: AuditTrail,
  host: GatewayHost,
): GatewayModule {
  const limiter = new Limiter({ ...options, redis, logger: host.logger });
  const concurrency = new ConcurrencyLimits();
  return {
    name: 'limits',
    filters: [requestRateLimiter(limiter, audit), concurrency.filter],
    observers: [concurrency.observer],
    endpoints: [limitsEndpoint(limiter, concurrency, audit)],
    metrics: (out) => limitMetrics(out, limiter),
    close: () => limiter.close(),
  };
}
