export {
  type Balanced,
  Balancer,
  type BalancerOptions,
  type BalancerStrategy,
  balancerStrategies,
  type Endpoint,
  type PickOptions,
} from './src/balancer/balancer.ts';
export {
  CircuitBreaker,
  type CircuitBreakerOptions,
  type CircuitBreakerSnapshot,
  type CircuitBreakerState,
  type CircuitBreakerTransition,
} from './src/circuit-breaker/circuit-breaker.ts';
export { type CircuitBreakerConfig, circuitBreakerDefaults } from './src/circuit-breaker/circuit-breaker-config.ts';
export { parseDurationMs } from './src/circuit-breaker/duration.ts';
export {
  type CircuitBreakerConfigs,
  readCircuitBreakerConfig,
  readCircuitBreakerConfigs,
} from './src/circuit-breaker/spring-properties.ts';
export { type Clock, ManualClock, type Random, seededRandom, systemClock } from './src/clock.ts';
export { type OutlierConfig, outlierDefaults } from './src/outlier/outlier-config.ts';
export {
  type OutlierCause,
  type OutlierChange,
  OutlierDetector,
  type OutlierDetectorOptions,
  type OutlierState,
} from './src/outlier/outlier-detector.ts';
export { ResilienceError, type ResilienceErrorCode } from './src/resilience-error.ts';
export { type BackOffOptions, createBackOff, retryAfterMs } from './src/retry/back-off.ts';
export { RetryBudget, type RetryBudgetOptions, type RetryBudgetSnapshot } from './src/retry/retry-budget.ts';
export { unansweredHeader } from './src/retry/unanswered-header.ts';
