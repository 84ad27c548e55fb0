/** What the gateway says of itself: `/api/gateway/events`, `/api/gateway/routes`, `/api/gateway/limits`. */

export interface GatewayTraffic {
  kind: 'route' | 'part' | 'gateway';
  name: string;
  requests: number;
  failed: number;
  inFlight: number;
  retries: number;
  requestsPerSecond: number;
  failuresPerSecond: number;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
}

export type BreakerState = 'CLOSED' | 'OPEN' | 'HALF_OPEN' | 'DISABLED' | 'FORCED_OPEN' | 'METRICS_ONLY';

export interface GatewayBreaker {
  name: string;
  state: BreakerState;
  sinceMs: number;
  reason: string;
  failureRate: number | null;
  slowCallRate: number | null;
  bufferedCalls: number;
  failedCalls: number;
  slowCalls: number;
  retryAtMs: number | null;
  permitsLeft: number | null;
  calls: { successful: number; failed: number; ignored: number; notPermitted: number };
  config: {
    slidingWindowType: string;
    slidingWindowSize: number;
    minimumNumberOfCalls: number;
    failureRateThreshold: number;
    slowCallRateThreshold: number;
    slowCallDurationThresholdMs: number;
    waitDurationInOpenStateMs: number;
    permittedNumberOfCallsInHalfOpenState: number;
  };
}

export interface GatewayInstance {
  service: string;
  id: string;
  url: string;
  source: string;
  zone: string | null;
  weight: number;
  inFlight: number;
  requests: number;
  isEjected: boolean;
  ejectedUntilMs: number | null;
  ejections: number;
  reason: string | null;
  successRate: number | null;
  lastFailure: { atMs: number; reason: string } | null;
}

export interface GatewayState {
  timestampMs: number;
  traffic: GatewayTraffic[];
  breakers: GatewayBreaker[];
  discovery: { status: string; age: string } | null;
  instances: GatewayInstance[];
}

export interface GatewayChange {
  kind: string;
  timestampMs: number;
  subject: string;
  change: string;
  reason: string;
}

export interface GatewayRoute {
  id: string;
  uri: string;
  predicates: string[];
  filters: string[];
}

export interface GatewayLimitKey {
  route: string;
  key: string;
  resolver: string;
  remaining: number;
  replenishRate: number;
  burstCapacity: number;
  allowed: number;
  refused: number;
}
