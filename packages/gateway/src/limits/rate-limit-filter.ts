import { HttpError } from '@headwater/http';
import type { AuditTrail } from '../observe/audit-trail.ts';
import type { Arguments } from '../routes/arguments.ts';
import { statusOf } from '../routes/filters/answers.ts';
import type { FilterKind } from '../routes/filters/filter.ts';
import type { Call } from '../stages/call.ts';
import type { StageAnswer } from '../stages/stage.ts';
import { keyResolver } from './key-resolver.ts';
import type { Limit, LimitDecision } from './limit.ts';
import type { Limiter } from './limiter.ts';

/**
 * `RequestRateLimiter` with Spring's arguments: `redis-rate-limiter.replenishRate`, `.burstCapacity`, `.requestedTokens`, `key-resolver`,
 * `status-code`, `deny-empty-key`, `empty-key-status`. Answers carry Spring's `X-RateLimit-*` and the fields of
 * draft-ietf-httpapi-ratelimit-headers-10; a refusal also `Retry-After`.
 */
export function requestRateLimiter(limiter: Limiter, audit: AuditTrail): FilterKind {
  return {
    name: 'RequestRateLimiter',
    shape: {
      fields: [
        'replenishRate',
        'burstCapacity',
        'keyResolver',
        'requestedTokens',
        'redis-rate-limiter.replenishRate',
        'redis-rate-limiter.burstCapacity',
        'redis-rate-limiter.requestedTokens',
        'redis-rate-limiter',
        'rate-limiter',
        'statusCode',
        'denyEmptyKey',
        'emptyKeyStatus',
        'routeId',
      ],
    },
    create(args, route) {
      if (args.optionalText('rate-limiter') !== undefined)
        args.fail('rate-limiter names a bean of Spring: only redis-rate-limiter.* is served, in memory or in Redis');
      const resolver = args.optionalText('keyResolver') ?? 'user';
      const resolve = keyResolver(resolver, (reason) => args.fail(reason));
      const limit = limitOf(args, args.optionalText('routeId') ?? route.id, resolver);
      const status = statusOf(args, 'statusCode', '429');
      const isEmptyDenied = args.flag('denyEmptyKey', true);
      const emptyStatus = statusOf(args, 'emptyKeyStatus', '403');
      const headers = staticHeaders(limit);

      function settle(call: Call, decision: LimitDecision): StageAnswer | undefined {
        tell(call, limit, decision, headers);
        if (decision.isAllowed) return undefined;
        audit.record(call, { event: 'LIMIT_REFUSED', outcome: 'failure', reason: limit.route });
        throw refusal(limit, decision, status);
      }

      return {
        stage: {
          phase: 'limit',
          begin(call) {
            const key = resolve(call);
            if (key === undefined) {
              if (!isEmptyDenied) return undefined;
              throw new HttpError(
                emptyStatus,
                'HW_GATEWAY_LIMIT_KEY',
                `this route is limited by ${resolver}, and the request names none`,
              );
            }
            const decision = limiter.take(limit, key);
            return decision instanceof Promise ? decision.then((taken) => settle(call, taken)) : settle(call, decision);
          },
        },
      };
    },
  };
}

function limitOf(args: Arguments, route: string, resolver: string): Limit {
  const nested = args.map('redis-rate-limiter');
  const measure = (name: string, fallback?: number): number => {
    const value = nested[name] ?? args.optionalText(`redis-rate-limiter.${name}`) ?? args.optionalText(name);
    if (value === undefined) return fallback ?? args.fail(`redis-rate-limiter.${name} is missing`);
    const number = Number(value);
    if (!Number.isInteger(number) || number < 0) args.fail(`${name} must be a whole number, not "${String(value)}"`);
    return number;
  };
  const replenishRate = measure('replenishRate');
  if (replenishRate < 1)
    args.fail(
      'replenishRate must be at least 1 token a second: for less, give requestedTokens and burstCapacity, as 1, 60, 60 for one a minute',
    );
  const burstCapacity = measure('burstCapacity', replenishRate);
  const requestedTokens = measure('requestedTokens', 1);
  if (requestedTokens < 1) args.fail('requestedTokens must be at least 1');
  // Zero refuses everything, as it does in Spring.
  if (burstCapacity !== 0 && burstCapacity < replenishRate)
    args.fail(`burstCapacity (${burstCapacity}) must not be less than replenishRate (${replenishRate})`);
  if (burstCapacity !== 0 && requestedTokens > burstCapacity)
    args.fail(`requestedTokens (${requestedTokens}) is more than burstCapacity (${burstCapacity}) ever holds`);
  // Two limits of one route have buckets of their own, and what is configured anew begins anew.
  const id = `${route} ${replenishRate}/${burstCapacity}/${requestedTokens} ${resolver}`;
  return { id, route, resolver, replenishRate, burstCapacity, requestedTokens };
}

interface StaticHeaders {
  rate: string;
  burst: string;
  requested: string;
  name: string;
  policy: string;
}

function staticHeaders(limit: Limit): StaticHeaders {
  const windowSeconds = Math.max(1, Math.ceil(limit.burstCapacity / limit.replenishRate));
  // A string of RFC 8941 has no other characters.
  const name = `"${limit.route.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '_')}"`;
  return {
    rate: String(limit.replenishRate),
    burst: String(limit.burstCapacity),
    requested: String(limit.requestedTokens),
    name,
    policy: `${name};q=${limit.burstCapacity};w=${windowSeconds}`,
  };
}

function tell(call: Call, limit: Limit, decision: LimitDecision, headers: StaticHeaders): void {
  const { remaining, source, fullAfterMs } = decision;
  call.answerHeaders ??= [];
  call.answerHeaders.push(
    'X-RateLimit-Remaining',
    String(remaining),
    'X-RateLimit-Replenish-Rate',
    headers.rate,
    'X-RateLimit-Burst-Capacity',
    headers.burst,
    'X-RateLimit-Requested-Tokens',
    headers.requested,
    'RateLimit-Policy',
    headers.policy,
    'RateLimit',
    `${headers.name};r=${Math.floor(remaining / limit.requestedTokens)};t=${Math.ceil(fullAfterMs / 1_000)}`,
  );
  if (source === 'local' || source === 'closed') call.answerHeaders.push('X-RateLimit-Source', source);
}

function refusal(limit: Limit, decision: LimitDecision, status: number): HttpError {
  const { retryAfterMs, source } = decision;
  if (source === 'closed')
    return new HttpError(
      503,
      'HW_GATEWAY_LIMITER_DOWN',
      'Redis, which counts for the limit of this route, does not answer, and without it nothing passes (limits.fail: closed)',
      {},
      undefined,
      { 'retry-after': '1' },
    );
  const isNever = !Number.isFinite(retryAfterMs);
  return new HttpError(
    status,
    'HW_GATEWAY_RATE_LIMITED',
    isNever
      ? 'this route lets nothing pass (burstCapacity 0)'
      : `too many requests: ${limit.replenishRate} tokens a second come back, this request needs ${limit.requestedTokens}; try again in ${retryAfterMs} ms`,
    isNever ? {} : { retryAfterMs },
    undefined,
    isNever ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) },
  );
}
