import { checkRange, ResilienceError } from '../resilience-error.ts';

/**
 * Settings of a circuit breaker, with the names, units apart, and defaults of Resilience4j
 * (https://resilience4j.readme.io/docs/circuitbreaker, "Create and configure a CircuitBreaker").
 */
export interface CircuitBreakerConfig {
  /** COUNT_BASED: the last `slidingWindowSize` calls; TIME_BASED: those of the last `slidingWindowSize` seconds. Default COUNT_BASED. */
  slidingWindowType: 'COUNT_BASED' | 'TIME_BASED';
  /** Calls or seconds. Default 100. */
  slidingWindowSize: number;
  /** Calls that must be in the window before rates count; no more than the window in COUNT_BASED. Default 100. */
  minimumNumberOfCalls: number;
  /** Percent of failed calls from which on the breaker opens. Default 50. */
  failureRateThreshold: number;
  /** Percent of slow calls from which on the breaker opens. Default 100. */
  slowCallRateThreshold: number;
  /** A call that took longer than this is slow. Default 60 s. */
  slowCallDurationThresholdMs: number;
  /** How long the breaker stays open before it tries. Default 60 s. */
  waitDurationInOpenStateMs: number;
  /** Each further opening without a close in between waits `exponentialBackoffMultiplier` times as long. Default false. */
  enableExponentialBackoff: boolean;
  /** Default 1.5. */
  exponentialBackoffMultiplier: number;
  /** Most that the exponential wait grows to. Default: no bound. */
  exponentialMaxWaitDurationInOpenStateMs: number;
  /** The wait is spread by ±`randomizedWaitFactor`. Default false. */
  enableRandomizedWait: boolean;
  /** Default 0.5. */
  randomizedWaitFactor: number;
  /** Calls that are let through to try. Default 10. */
  permittedNumberOfCallsInHalfOpenState: number;
  /** Longest stay in HALF_OPEN; 0: until enough calls have ended. Default 0. */
  maxWaitDurationInHalfOpenStateMs: number;
  /** What follows that stay. Default OPEN. */
  transitionToStateAfterWaitDuration: 'OPEN' | 'CLOSED';
  /** HALF_OPEN comes when the wait is over, not with the next call after it. Default false. */
  automaticTransitionFromOpenToHalfOpenEnabled: boolean;
}

export const circuitBreakerDefaults: Readonly<CircuitBreakerConfig> = {
  slidingWindowType: 'COUNT_BASED',
  slidingWindowSize: 100,
  minimumNumberOfCalls: 100,
  failureRateThreshold: 50,
  slowCallRateThreshold: 100,
  slowCallDurationThresholdMs: 60_000,
  waitDurationInOpenStateMs: 60_000,
  enableExponentialBackoff: false,
  exponentialBackoffMultiplier: 1.5,
  exponentialMaxWaitDurationInOpenStateMs: Number.MAX_SAFE_INTEGER,
  enableRandomizedWait: false,
  randomizedWaitFactor: 0.5,
  permittedNumberOfCallsInHalfOpenState: 10,
  maxWaitDurationInHalfOpenStateMs: 0,
  transitionToStateAfterWaitDuration: 'OPEN',
  automaticTransitionFromOpenToHalfOpenEnabled: false,
};

/** A ring of so many calls or seconds is kept for each breaker. */
const slidingWindowSizeMax = 1_000_000;

/** The settings with the defaults filled in. Throws ResilienceError HW_RESILIENCE_CONFIG for one out of its range. */
export function completeCircuitBreakerConfig(
  given: Partial<CircuitBreakerConfig>,
  name = 'circuit breaker',
): CircuitBreakerConfig {
  const config = { ...circuitBreakerDefaults };
  for (const [key, value] of Object.entries(given)) {
    if (!(key in circuitBreakerDefaults))
      throw new ResilienceError(
        'HW_RESILIENCE_CONFIG',
        `${name}: unknown setting "${key}": ${Object.keys(circuitBreakerDefaults).join(', ')} are known`,
      );
    if (value !== undefined) Object.assign(config, { [key]: value });
  }
  const check = (key: keyof CircuitBreakerConfig, range: Parameters<typeof checkRange>[2]): void =>
    checkRange(`${name}: ${key}`, config[key] as number, range);
  const oneOf = (key: keyof CircuitBreakerConfig, values: readonly unknown[]): void => {
    if (!values.includes(config[key]))
      throw new ResilienceError(
        'HW_RESILIENCE_CONFIG',
        `${name}: ${key} must be ${values.join(' or ')}, not ${JSON.stringify(config[key])}`,
      );
  };
  oneOf('slidingWindowType', ['COUNT_BASED', 'TIME_BASED']);
  check('slidingWindowSize', { min: 1, max: slidingWindowSizeMax, isWhole: true });
  check('minimumNumberOfCalls', { min: 1, isWhole: true });
  check('failureRateThreshold', { min: 0, max: 100, isMinExcluded: true });
  check('slowCallRateThreshold', { min: 0, max: 100, isMinExcluded: true });
  check('slowCallDurationThresholdMs', { min: 0, isMinExcluded: true });
  check('waitDurationInOpenStateMs', { min: 1 });
  oneOf('enableExponentialBackoff', [true, false]);
  check('exponentialBackoffMultiplier', { min: 1 });
  check('exponentialMaxWaitDurationInOpenStateMs', { min: 1 });
  oneOf('enableRandomizedWait', [true, false]);
  check('randomizedWaitFactor', { min: 0, max: 1 });
  check('permittedNumberOfCallsInHalfOpenState', { min: 1, max: slidingWindowSizeMax, isWhole: true });
  check('maxWaitDurationInHalfOpenStateMs', { min: 0 });
  oneOf('transitionToStateAfterWaitDuration', ['OPEN', 'CLOSED']);
  oneOf('automaticTransitionFromOpenToHalfOpenEnabled', [true, false]);
  return config;
}
