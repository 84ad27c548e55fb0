import { checkRange, ResilienceError } from '../resilience-error.ts';

/**
 * Settings of outlier detection, with the names (units apart) and defaults of Envoy's `config.cluster.v3.OutlierDetection`; one
 * default differs: `alwaysEjectOneHost` is true, as it was in Envoy for years, because services here have few instances.
 */
export interface OutlierConfig {
  /** 5xx answers in a row, errors of the connection among them, that eject. Default 5. */
  consecutive5xx: number;
  /** 502, 503, 504 in a row, errors of the connection among them, that eject. Default 5. */
  consecutiveGatewayFailure: number;
  /** Between two looks at rates and ends of ejections. Default 10 s. */
  intervalMs: number;
  /** The first ejection lasts so long, the next twice as long, and so on. Default 30 s. */
  baseEjectionTimeMs: number;
  /** Longest ejection. Default 300 s, or `baseEjectionTimeMs` when that is longer. */
  maxEjectionTimeMs: number;
  /** Added to each ejection: up to so much, at random. Default 0. */
  maxEjectionTimeJitterMs: number;
  /** Most endpoints of a service that may be ejected at once, in percent. Default 10. */
  maxEjectionPercent: number;
  /** One endpoint may be ejected whatever `maxEjectionPercent` says. Default true. */
  alwaysEjectOneHost: boolean;
  /** Endpoints with enough requests that it takes to compare their rates. Default 5. */
  successRateMinimumHosts: number;
  /** Requests within an interval from which on an endpoint's rate is compared. Default 100. */
  successRateRequestVolume: number;
  /** An endpoint is an outlier below mean − stdev × factor / 1000. Default 1900. */
  successRateStdevFactor: number;
  /** An endpoint is an outlier from so many percent of failures on. Default 85. */
  failurePercentageThreshold: number;
  /** Default 5. */
  failurePercentageMinimumHosts: number;
  /** Default 50. */
  failurePercentageRequestVolume: number;
  /** Percent of the outliers found by each sign that are ejected in earnest. Defaults 100, 0, 100, 0. */
  enforcingConsecutive5xx: number;
  enforcingConsecutiveGatewayFailure: number;
  enforcingSuccessRate: number;
  enforcingFailurePercentage: number;
}

export const outlierDefaults: Readonly<OutlierConfig> = {
  consecutive5xx: 5,
  consecutiveGatewayFailure: 5,
  intervalMs: 10_000,
  baseEjectionTimeMs: 30_000,
  maxEjectionTimeMs: 300_000,
  maxEjectionTimeJitterMs: 0,
  maxEjectionPercent: 10,
  alwaysEjectOneHost: true,
  successRateMinimumHosts: 5,
  successRateRequestVolume: 100,
  successRateStdevFactor: 1_900,
  failurePercentageThreshold: 85,
  failurePercentageMinimumHosts: 5,
  failurePercentageRequestVolume: 50,
  enforcingConsecutive5xx: 100,
  enforcingConsecutiveGatewayFailure: 0,
  enforcingSuccessRate: 100,
  enforcingFailurePercentage: 0,
};

/** The settings with the defaults filled in. Throws ResilienceError HW_RESILIENCE_CONFIG for one out of its range. */
export function completeOutlierConfig(given: Partial<OutlierConfig>): OutlierConfig {
  const unknown = Object.keys(given).find((key) => !(key in outlierDefaults));
  if (unknown !== undefined)
    throw new ResilienceError(
      'HW_RESILIENCE_CONFIG',
      `outlier detection: unknown setting "${unknown}": ${Object.keys(outlierDefaults).join(', ')} are known`,
    );
  const config = { ...outlierDefaults, ...given };
  config.maxEjectionTimeMs = given.maxEjectionTimeMs ?? Math.max(config.maxEjectionTimeMs, config.baseEjectionTimeMs);
  for (const [key, value] of Object.entries(config)) {
    if (key === 'alwaysEjectOneHost') {
      if (typeof value !== 'boolean')
        throw new ResilienceError('HW_RESILIENCE_CONFIG', `outlier detection: ${key} must be true or false`);
      continue;
    }
    const isPercent = /^enforcing|Percent$|Threshold$/.test(key);
    const min = /^consecutive|^intervalMs$|^baseEjection|MinimumHosts$|RequestVolume$/.test(key) ? 1 : 0;
    checkRange(`outlier detection: ${key}`, value as number, { min, ...(isPercent && { max: 100 }) });
  }
  if (config.maxEjectionTimeMs < config.baseEjectionTimeMs)
    throw new ResilienceError(
      'HW_RESILIENCE_CONFIG',
      `outlier detection: maxEjectionTimeMs (${config.maxEjectionTimeMs}) must not be below baseEjectionTimeMs (${config.baseEjectionTimeMs})`,
    );
  return config;
}
