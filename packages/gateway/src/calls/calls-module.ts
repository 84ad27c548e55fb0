import type { RetryBudgetOptions } from '@headwater/resilience';
import type { Changes } from '../observe/changes.ts';
import type { GatewayHost, GatewayModule } from '../stages/module.ts';
import { callsEndpoints } from './calls-endpoints.ts';
import { circuitBreakerFilter } from './circuit-breaker-filter.ts';
import { type CircuitBreakerSettings, CircuitBreakers } from './circuit-breakers.ts';
import { fallbackHeaders } from './fallback-headers.ts';
import type { InstanceSource } from './instance-source.ts';
import { retryFilter } from './retry-filter.ts';
import { type LoadBalancerOptions, Services } from './services.ts';

export interface CallsOptions {
  /** Where the instances behind `lb://name` come from. */
  discovery?: InstanceSource | undefined;
  loadBalancer?: LoadBalancerOptions | undefined;
  /** Name → Resilience4j's properties of a breaker; `default` for all. */
  circuitBreakers?: CircuitBreakerSettings | undefined;
  /** Properties with Spring's names, flattened: `resilience4j.circuitbreaker.…`. */
  properties?: Readonly<Record<string, unknown>> | undefined;
  /** For the filter `Retry`. */
  retryBudget?: RetryBudgetOptions | undefined;
  changes: Changes;
}

export interface Calls {
  readonly services: Services;
  readonly breakers: CircuitBreakers;
  readonly module: GatewayModule;
}

const tickMs = 250;

/** How calls reach their services: balancing, breakers, retries. Throws GatewayError for settings that are wrong. */
export function createCalls(options: CallsOptions, host: GatewayHost): Calls {
  const { changes } = options;
  const breakers = new CircuitBreakers(changes);
  breakers.prepare(options.circuitBreakers ?? {}, options.properties ?? {})();
  const services = new Services(options.loadBalancer ?? {}, options.discovery, changes, () => host.prune());
  // What time alone brings (a breaker half-open, an ejection over) is told when it happens, not with the next call.
  const timer = setInterval(() => {
    breakers.tick();
    services.tick();
  }, tickMs);
  timer.unref();
  return {
    services,
    breakers,
    module: {
      name: 'calls',
      filters: [circuitBreakerFilter(breakers), fallbackHeaders, retryFilter(options.retryBudget ?? {})],
      endpoints: callsEndpoints(breakers, services, changes),
      pickerOf: (service, metadata, listed) => services.pickerOf(service, metadata, listed),
      close() {
        clearInterval(timer);
        services.close();
      },
    },
  };
}
