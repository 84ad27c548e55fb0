import { type HttpContext, HttpError } from '@headwater/http';
import type { AuditTrail } from '../observe/audit-trail.ts';
import type { Endpoint } from '../stages/module.ts';
import type { ConcurrencyLimits } from './concurrency-limit.ts';
import type { Limiter } from './limiter.ts';

const shownDefault = 100;
const shownMax = 1_000;
const everyMs = 1_000;

/**
 * `GET /api/gateway/limits`: the keys seen last with their tokens, what was allowed and refused, and how the store is (`?limit=`, `?route=`); as
 * events each second when the caller asks for `text/event-stream`. `DELETE` makes buckets full again: all, those of `?route=`, of `?key=`.
 */
export function limitsEndpoint(limiter: Limiter, concurrency: ConcurrencyLimits, audit: AuditTrail): Endpoint {
  return {
    path: '/api/gateway/limits',
    methods: ['GET', 'DELETE'],
    stream(emit) {
      const send = (): void =>
        emit({ event: 'limits', data: JSON.stringify(limitsState(limiter, concurrency, shownDefault, undefined)) });
      send();
      const timer = setInterval(send, everyMs);
      timer.unref();
      return () => clearInterval(timer);
    },
    async serve(ctx, call) {
      const route = ctx.query.get('route') ?? undefined;
      if (call.method === 'DELETE') {
        const key = ctx.query.get('key') ?? undefined;
        const reset = await limiter.reset(route, key);
        audit.record(call, { event: 'RESET_LIMITS', outcome: 'success', details: { route, key, reset } });
        return void ctx.sendJson(200, { reset });
      }
      const shown = Number(ctx.query.get('limit') ?? shownDefault);
      if (!Number.isInteger(shown) || shown < 1 || shown > shownMax)
        throw new HttpError(400, 'HW_GATEWAY_BAD_REQUEST', `limit must be a whole number from 1 to ${shownMax}`);
      const state = (): object => limitsState(limiter, concurrency, shown, route);
      if (ctx.req.headers.accept?.includes('text/event-stream')) stream(ctx, state);
      else ctx.sendJson(200, state());
    },
  };
}

function limitsState(
  limiter: Limiter,
  concurrency: ConcurrencyLimits,
  shown: number,
  route: string | undefined,
): object {
  const { redis, ledger, counts, share, fail } = limiter;
  const keys: object[] = [];
  for (const { limit, key, last, allowed, refused } of ledger.recent()) {
    if (keys.length >= shown) break;
    if (route !== undefined && limit.route !== route) continue;
    const { replenishRate, burstCapacity, requestedTokens, resolver } = limit;
    keys.push({
      route: limit.route,
      key,
      resolver,
      remaining: last?.remaining ?? burstCapacity,
      replenishRate,
      burstCapacity,
      requestedTokens,
      allowed,
      refused,
      source: last?.source,
    });
  }
  return {
    store: redis === undefined ? { kind: 'memory' } : { kind: 'redis', ...redis.state, fail, share },
    ...counts,
    keyCount: ledger.size,
    forgottenKeys: ledger.forgotten,
    keys,
    inFlight: [...concurrency.entries].slice(0, shown).filter((entry) => route === undefined || entry.route === route),
  };
}

function stream(ctx: HttpContext, state: () => object): void {
  const events = ctx.sse();
  let before = '';
  const send = (): void => {
    const data = JSON.stringify(state());
    if (data === before) return;
    before = data;
    events.send({ event: 'limits', data });
  };
  send();
  const timer = setInterval(send, everyMs);
  timer.unref();
  void events.closed.then(() => clearInterval(timer));
}
