import type { GatewayChange, GatewayRoute, GatewayState } from '../src/api/gateway.ts';

const startedMs = Date.now();

export const gatewayRoutes: { routes: GatewayRoute[] } = {
  routes: [
    {
      id: 'orders',
      uri: 'lb://orders',
      predicates: ['Path=/orders/**'],
      filters: ['Retry=3', 'CircuitBreaker=orders,forward:/fallback'],
    },
    { id: 'billing', uri: 'lb://billing', predicates: ['Path=/billing/**', 'Method=GET,POST'], filters: [] },
    { id: 'old-shop', uri: 'http://127.0.0.1:8090', predicates: ['Host=**.shop.example'], filters: ['StripPrefix=1'] },
  ],
};

const traffic = (
  kind: 'route' | 'part' | 'gateway',
  name: string,
  rate: number,
  failures: number,
  p50Ms: number,
): GatewayState['traffic'][number] => ({
  kind,
  name,
  requests: Math.round(rate * 600),
  failed: Math.round(failures * 600),
  inFlight: Math.round(rate / 20),
  retries: Math.round(failures * 40),
  requestsPerSecond: rate,
  failuresPerSecond: failures,
  p50Ms,
  p95Ms: p50Ms * 4,
  p99Ms: p50Ms * 9,
});

const breaker = (
  name: string,
  state: 'CLOSED' | 'OPEN' | 'HALF_OPEN',
  reason: string,
  failedCalls: number,
): GatewayState['breakers'][number] => ({
  name,
  state,
  sinceMs: startedMs - 42_000,
  reason,
  failureRate: failedCalls * 5,
  slowCallRate: 0,
  bufferedCalls: 20,
  failedCalls,
  slowCalls: 0,
  retryAtMs: state === 'OPEN' ? startedMs + 18_000 : null,
  permitsLeft: state === 'HALF_OPEN' ? 2 : null,
  calls: { successful: 4_210, failed: 96, ignored: 3, notPermitted: state === 'CLOSED' ? 0 : 118 },
  config: {
    slidingWindowType: 'COUNT_BASED',
    slidingWindowSize: 20,
    minimumNumberOfCalls: 10,
    failureRateThreshold: 50,
    slowCallRateThreshold: 100,
    slowCallDurationThresholdMs: 2_000,
    waitDurationInOpenStateMs: 60_000,
    permittedNumberOfCallsInHalfOpenState: 5,
  },
});

const instance = (service: string, n: number, isEjected = false): GatewayState['instances'][number] => ({
  service,
  id: `${service}-${n}.example:80${n}0`,
  url: `http://10.0.0.${n}:80${n}0`,
  source: 'discovery',
  zone: null,
  weight: 1,
  inFlight: isEjected ? 0 : n,
  requests: 12_000 + n,
  isEjected,
  ejectedUntilMs: isEjected ? startedMs + 25_000 : null,
  ejections: isEjected ? 2 : 0,
  reason: isEjected ? '5 answers of 5xx in a row' : null,
  successRate: isEjected ? 12 : 100,
  lastFailure: isEjected ? { atMs: startedMs - 5_000, reason: 'it answered 503' } : null,
});

/** Made-up state of the gateway. */
export function gatewayState(): GatewayState {
  return {
    timestampMs: Date.now(),
    traffic: [
      traffic('route', 'orders', 124.2, 0.4, 3.1),
      traffic('route', 'billing', 18.5, 11.2, 48),
      traffic('part', 'rest', 4.1, 0, 1.4),
      traffic('gateway', 'gateway', 0.6, 0, 0.4),
    ],
    breakers: [
      breaker('billing', 'OPEN', '12 of 20 calls failed (60 %, threshold 50 %)', 12),
      breaker('orders', 'CLOSED', '5 calls tried, their rates are good', 1),
      breaker('reports', 'HALF_OPEN', 'the wait in OPEN is over', 0),
    ],
    discovery: { status: 'current', age: 'as discovery said 2 s ago' },
    instances: [instance('orders', 1), instance('orders', 2), instance('billing', 1, true), instance('billing', 2)],
  };
}

export const gatewayChanges: readonly GatewayChange[] = [
  ['instance', 'orders/orders-2.example:8020', 'added', 'discovery says so'],
  ['instance', 'billing/billing-1.example:8010', 'ejected', '5 answers of 5xx in a row'],
  ['breaker', 'billing', 'OPEN', '12 of 20 calls failed (60 %, threshold 50 %)'],
  ['routes', 'Config Server', 'refused', 'route "reports": unknown filter "Retri"'],
].map(([kind, subject, change, reason], i) => ({
  kind: kind!,
  subject: subject!,
  change: change!,
  reason: reason!,
  timestampMs: startedMs - 60_000 + i * 9_000,
}));

export const gatewayLimits = {
  keys: [
    { key: 'ada', remaining: 17, allowed: 1_204, refused: 0 },
    { key: '10.0.0.77', remaining: 0, allowed: 310, refused: 92 },
  ].map((each) => ({ route: 'orders', resolver: 'user', replenishRate: 10, burstCapacity: 20, ...each })),
};
