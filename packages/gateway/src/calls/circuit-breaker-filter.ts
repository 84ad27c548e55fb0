import { HttpError } from '@headwater/http';
import { parseStatus } from '../routes/filters/answers.ts';
import type { FilterKind } from '../routes/filters/filter.ts';
import type { Call } from '../stages/call.ts';
import type { End, Guard } from '../stages/policies.ts';
import type { CircuitBreakers } from './circuit-breakers.ts';

/**
 * `CircuitBreaker=name,forward:/fallback` or `{name, args: {name, fallbackUri, statusCodes}}`: calls go through the breaker of that
 * name (default: the route's id). As in Spring Cloud Gateway an error of the connection or a time-out is a failure, and an answer only
 * when its status is in `statusCodes`.
 *
 * Where the breaker is open and there is no fallback, the caller gets 503 with `Retry-After`.
 */
export function circuitBreakerFilter(breakers: CircuitBreakers): FilterKind {
  return {
    name: 'CircuitBreaker',
    shape: { fields: ['name', 'fallbackUri', 'statusCodes', 'resumeWithoutError'] },
    create(args, route) {
      const name = args.optionalText('name') ?? route.id;
      const fallback = fallbackPath(args.optionalText('fallbackUri'), (reason) => args.fail(reason));
      const statuses = new Set<number>();
      if (args.has('statusCodes'))
        for (const text of args.list('statusCodes')) {
          const status = parseStatus(text);
          if (status === undefined) args.fail(`statusCodes: "${text}" is not a status like 500 or BAD_GATEWAY`);
          else statuses.add(status);
        }
      if (args.flag('resumeWithoutError', false) && fallback === undefined)
        args.fail('resumeWithoutError answers 200 without content where the call failed: give a fallbackUri instead');
      breakers.of(name);
      return { guard: new BreakerGuard(name, breakers, fallback, statuses) };
    },
  };
}

class BreakerGuard implements Guard {
  readonly #name: string;
  readonly #breakers: CircuitBreakers;
  readonly #fallback: string | undefined;
  readonly #statuses: ReadonlySet<number>;

  constructor(name: string, breakers: CircuitBreakers, fallback: string | undefined, statuses: ReadonlySet<number>) {
    this.#name = name;
    this.#breakers = breakers;
    this.#fallback = fallback;
    this.#statuses = statuses;
  }

  admit(_call: Call): void {
    const breaker = this.#breakers.of(this.#name);
    if (breaker.tryAcquirePermission()) return;
    this.#breakers.countsOf(this.#name).notPermitted++;
    const { state, reason, retryAtMs } = breaker.snapshot();
    const waitSeconds = retryAtMs === null ? 1 : Math.max(1, Math.ceil((retryAtMs - breaker.tick()) / 1_000));
    throw new HttpError(
      503,
      'HW_GATEWAY_BREAKER_OPEN',
      `the circuit breaker "${this.#name}" is ${state}: ${reason}`,
      { breaker: this.#name, state },
      undefined,
      { 'retry-after': String(waitSeconds) },
    );
  }

  settled(_call: Call, end: End): void {
    const breaker = this.#breakers.of(this.#name);
    const counts = this.#breakers.countsOf(this.#name);
    // A call that its caller gave up, or that found the gateway's own bound, says nothing about the service.
    if (end.isCancelled || end.error?.code === 'HW_GATEWAY_UPSTREAM_BUSY') {
      counts.ignored++;
      breaker.releasePermission();
    } else if (end.error !== undefined || this.#statuses.has(end.status)) {
      counts.failed++;
      breaker.onError(end.durationMs);
    } else {
      counts.successful++;
      breaker.onSuccess(end.durationMs);
    }
  }

  fallback(_call: Call, end: End): string | undefined {
    if (this.#fallback === undefined || end.isCancelled) return undefined;
    return end.error !== undefined || this.#statuses.has(end.status) ? this.#fallback : undefined;
  }
}

function fallbackPath(uri: string | undefined, fail: (reason: string) => never): string | undefined {
  if (uri === undefined) return undefined;
  const match = /^forward:(\/[^?#]*)$/.exec(uri);
  if (match === null) return fail(`fallbackUri must be a path of this gateway like forward:/fallback, not "${uri}"`);
  return match[1];
}
