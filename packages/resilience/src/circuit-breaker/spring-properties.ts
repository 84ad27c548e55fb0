import { ResilienceError } from '../resilience-error.ts';
import { type CircuitBreakerConfig, completeCircuitBreakerConfig } from './circuit-breaker-config.ts';
import { parseDurationMs } from './duration.ts';

type Kind = 'text' | 'number' | 'flag' | 'duration';

/** Resilience4j's property, without dashes and in small letters → our setting. */
const properties: Readonly<Record<string, readonly [keyof CircuitBreakerConfig, Kind]>> = {
  slidingwindowtype: ['slidingWindowType', 'text'],
  slidingwindowsize: ['slidingWindowSize', 'number'],
  minimumnumberofcalls: ['minimumNumberOfCalls', 'number'],
  failureratethreshold: ['failureRateThreshold', 'number'],
  slowcallratethreshold: ['slowCallRateThreshold', 'number'],
  slowcalldurationthreshold: ['slowCallDurationThresholdMs', 'duration'],
  waitdurationinopenstate: ['waitDurationInOpenStateMs', 'duration'],
  enableexponentialbackoff: ['enableExponentialBackoff', 'flag'],
  exponentialbackoffmultiplier: ['exponentialBackoffMultiplier', 'number'],
  exponentialmaxwaitdurationinopenstate: ['exponentialMaxWaitDurationInOpenStateMs', 'duration'],
  enablerandomizedwait: ['enableRandomizedWait', 'flag'],
  randomizedwaitfactor: ['randomizedWaitFactor', 'number'],
  permittednumberofcallsinhalfopenstate: ['permittedNumberOfCallsInHalfOpenState', 'number'],
  maxwaitdurationinhalfopenstate: ['maxWaitDurationInHalfOpenStateMs', 'duration'],
  transitiontostateafterwaitduration: ['transitionToStateAfterWaitDuration', 'text'],
  automatictransitionfromopentohalfopenenabled: ['automaticTransitionFromOpenToHalfOpenEnabled', 'flag'],
};

/** Properties of Resilience4j that are about Java or its actuator: taken, without effect. */
const ignored = new Set([
  'registerhealthindicator',
  'allowhealthindicatortofail',
  'eventconsumerbuffersize',
  'writablestacktraceenabled',
  'ignoreclassbindingexceptions',
  'recordexceptions',
  'ignoreexceptions',
]);

/**
 * The settings of one breaker from Resilience4j's property names, in any spelling that Spring binds: `failureRateThreshold`,
 * `failure-rate-threshold`; durations as `10s`, `500ms`, `PT10S`, or a number of milliseconds.
 * Throws ResilienceError HW_RESILIENCE_CONFIG for an unknown property or a value out of its range.
 *
 * @example
 * readCircuitBreakerConfig('orders', { 'failure-rate-threshold': '40', waitDurationInOpenState: '10s' });
 */
export function readCircuitBreakerConfig(
  name: string,
  given: Readonly<Record<string, unknown>>,
): Partial<CircuitBreakerConfig> {
  const config: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const plain = relaxed(key);
    // Lists arrive as record-exceptions[0].
    if (plain === 'baseconfig' || ignored.has(plain.replace(/\[\d+\]$/, ''))) continue;
    const known = properties[plain] ?? properties[plain.replace(/ms$/, '')];
    if (known === undefined)
      throw new ResilienceError(
        'HW_RESILIENCE_CONFIG',
        `circuit breaker "${name}": unknown setting "${key}": ${Object.values(properties)
          .map(([setting]) => setting.replace(/Ms$/, ''))
          .join(', ')} are known`,
      );
    config[known[0]] = read(`circuit breaker "${name}": ${key}`, value, known[1]);
  }
  completeCircuitBreakerConfig(config as Partial<CircuitBreakerConfig>, `circuit breaker "${name}"`);
  return config as Partial<CircuitBreakerConfig>;
}

/** The breakers of a configuration: settings by name, and those of names that it does not know. */
export interface CircuitBreakerConfigs {
  of(name: string): Partial<CircuitBreakerConfig>;
  readonly names: readonly string[];
}

/**
 * Reads Resilience4j's flattened keys `resilience4j.circuitbreaker.configs.NAME.*` and `….instances.NAME.*` with `base-config`;
 * `configs.default` is the base of all others. Other keys are not looked at.
 *
 * @example
 * const configs = readCircuitBreakerConfigs({
 *   'resilience4j.circuitbreaker.configs.default.slidingWindowSize': 20,
 *   'resilience4j.circuitbreaker.instances.orders.failureRateThreshold': 30,
 * });
 * configs.of('orders'); // { slidingWindowSize: 20, failureRateThreshold: 30 }
 */
export function readCircuitBreakerConfigs(flat: Readonly<Record<string, unknown>>): CircuitBreakerConfigs {
  const shared = new Map<string, Record<string, unknown>>();
  const instances = new Map<string, Record<string, unknown>>();
  for (const [key, value] of Object.entries(flat)) {
    const match =
      /^resilience4j\.circuit-?breaker\.(configs|instances|backends)(?:\.?\[(.+?)\]|\.([^.[]+))\.(.+)$/i.exec(key);
    if (match === null) continue;
    const group = match[1]!.toLowerCase() === 'configs' ? shared : instances;
    const name = match[2] ?? match[3]!;
    const settings = group.get(name) ?? {};
    settings[match[4]!] = value;
    group.set(name, settings);
  }
  const bases = new Map([...shared].map(([name, settings]) => [name, readCircuitBreakerConfig(name, settings)]));
  const fallback = bases.get('default') ?? {};
  const configs = new Map<string, Partial<CircuitBreakerConfig>>();
  for (const [name, settings] of instances) {
    const baseName = Object.entries(settings).find(([key]) => relaxed(key) === 'baseconfig')?.[1];
    const base = baseName === undefined ? {} : bases.get(String(baseName));
    if (base === undefined)
      throw new ResilienceError(
        'HW_RESILIENCE_CONFIG',
        `circuit breaker "${name}": base-config "${baseName}" is not there (there are: ${[...bases.keys()].join(', ') || 'none'})`,
      );
    configs.set(name, { ...fallback, ...base, ...readCircuitBreakerConfig(name, settings) });
  }
  return { of: (name) => configs.get(name) ?? fallback, names: [...configs.keys()] };
}

function relaxed(key: string): string {
  return key.toLowerCase().replace(/[-_]/g, '');
}

function read(where: string, value: unknown, kind: Kind): unknown {
  const text = String(value).trim();
  if (kind === 'text') return text.toUpperCase();
  if (kind === 'flag') {
    if (text === 'true' || text === 'false') return text === 'true';
    throw new ResilienceError('HW_RESILIENCE_CONFIG', `${where} must be true or false, not "${text}"`);
  }
  const number = kind === 'duration' ? parseDurationMs(text) : text === '' ? Number.NaN : Number(text);
  if (number === undefined || Number.isNaN(number))
    throw new ResilienceError(
      'HW_RESILIENCE_CONFIG',
      `${where} must be ${kind === 'duration' ? 'a duration like 10s, 500ms or PT10S' : 'a number'}, not "${text}"`,
    );
  return number;
}
