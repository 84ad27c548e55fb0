import type { PrometheusText } from '@headwater/http';
import type { Limiter } from './limiter.ts';

export function limitMetrics(out: PrometheusText, { counts, ledger, redis }: Limiter): void {
  const decisions = 'headwater_gateway_limit_decisions_total';
  out
    .metric(decisions, 'counter', 'Requests at rate limits, by what became of them.')
    .sample(decisions, { outcome: 'allowed' }, counts.allowed)
    .sample(decisions, { outcome: 'refused' }, counts.refused);
  const without = 'headwater_gateway_limit_without_redis_total';
  out
    .metric(without, 'counter', 'Decisions while Redis was down: by this gateway alone, or refused for that.')
    .sample(without, { policy: 'local' }, counts.local)
    .sample(without, { policy: 'closed' }, counts.closed);
  out
    .metric('headwater_gateway_limit_keys', 'gauge', 'Keys of rate limits that are held.')
    .sample('headwater_gateway_limit_keys', {}, ledger.size)
    .metric('headwater_gateway_limit_keys_forgotten_total', 'counter', 'Keys that went before their bucket was full.')
    .sample('headwater_gateway_limit_keys_forgotten_total', {}, ledger.forgotten);
  if (redis !== undefined)
    out
      .metric('headwater_gateway_redis_up', 'gauge', '1 while Redis answers.')
      .sample('headwater_gateway_redis_up', {}, redis.isUp ? 1 : 0);
}
