import type { Logger } from '@headwater/logger';
import {
  Balancer,
  CircuitBreaker,
  type CircuitBreakerConfig,
  OutlierDetector,
  RetryBudget,
} from '@headwater/resilience';

/** An instance that can be called. */
export interface CallEndpoint {
  readonly id: string;
  /** `http://host:port`. */
  readonly url: string;
  readonly zone?: string | undefined;
  readonly weight?: number | undefined;
}

/**
 * Resilience4j's terms. A service calls others seldom in comparison with a gateway: its window and its waits are shorter than Resilience4j's
 * own defaults (100 calls, 60 s).
 */
export const breakerDefaults: Partial<CircuitBreakerConfig> = {
  slidingWindowSize: 50,
  minimumNumberOfCalls: 20,
  waitDurationInOpenStateMs: 5_000,
  permittedNumberOfCallsInHalfOpenState: 5,
};

/** What is known of one service that is called: its instances, how they do, and how much may be tried again. */
export class CallTarget {
  readonly name: string;
  readonly balancer: Balancer<CallEndpoint>;
  readonly breaker: CircuitBreaker;
  readonly budget = new RetryBudget();
  readonly outliers: OutlierDetector;
  /** The list that the balancer was filled with: another list is another state. */
  #known: readonly unknown[] | undefined;

  constructor(
    name: string,
    options: { zone: string | undefined; breaker: Partial<CircuitBreakerConfig>; logger: Logger },
  ) {
    this.name = name;
    this.balancer = new Balancer({ strategy: 'powerOfTwo', zone: options.zone });
    this.breaker = new CircuitBreaker(name, options.breaker, {
      onTransition: ({ from, reason, to }) =>
        options.logger.warn({ service: name, from, to, reason }, 'circuit breaker'),
    });
    this.outliers = new OutlierDetector(
      {
        consecutive5xx: 3,
        enforcingConsecutiveGatewayFailure: 100,
        consecutiveGatewayFailure: 2,
        baseEjectionTimeMs: 5_000,
        maxEjectionPercent: 50,
      },
      {
        onChange: (change) => options.logger.warn({ service: name, ...change }, 'an instance is taken out, or is back'),
      },
    );
  }

  /** Takes the instances there are. `list` may be given again: nothing is done then. */
  update<T>(list: readonly T[], toEndpoint: (instance: T) => CallEndpoint): void {
    if (list === this.#known) return;
    this.#known = list;
    const endpoints = list.map(toEndpoint);
    this.balancer.update(endpoints);
    this.outliers.update(endpoints.map(({ id }) => id));
  }
}
