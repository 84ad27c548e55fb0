import {
  CircuitBreaker,
  type CircuitBreakerConfig,
  type CircuitBreakerConfigs,
  type CircuitBreakerSnapshot,
  ResilienceError,
  readCircuitBreakerConfig,
  readCircuitBreakerConfigs,
} from '@headwater/resilience';
import { GatewayError } from '../errors.ts';
import type { Changes } from '../observe/changes.ts';

/** Settings of breakers as `gateway.circuitbreakers` has them: name → Resilience4j's properties, `default` for all. */
export type CircuitBreakerSettings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The breakers by name; routes that name the same one share it. */
export class CircuitBreakers {
  readonly #changes: Changes;
  readonly #breakers = new Map<string, CircuitBreaker>();
  readonly #counts = new Map<string, { successful: number; failed: number; ignored: number; notPermitted: number }>();
  #settings = new Map<string, Partial<CircuitBreakerConfig>>();
  #configs: CircuitBreakerConfigs = readCircuitBreakerConfigs({});

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /**
   * Checks settings; what it returns puts them in force: breakers whose settings change begin anew, closed. Throws GatewayError when one is wrong.
   *
   * @param flat properties `resilience4j.circuitbreaker.…`; `settings` win
   */
  prepare(settings: CircuitBreakerSettings, flat: Readonly<Record<string, unknown>>): () => void {
    try {
      const configs = readCircuitBreakerConfigs(flat);
      const read = new Map(
        Object.entries(settings).map(([name, given]) => [name, readCircuitBreakerConfig(name, given)]),
      );
      for (const name of [...read.keys(), ...configs.names, ...this.#breakers.keys()])
        new CircuitBreaker(name, merged(configs, read, name));
      return () => {
        this.#configs = configs;
        this.#settings = read;
        this.#forgetChanged();
      };
    } catch (error) {
      if (!(error instanceof ResilienceError)) throw error;
      throw new GatewayError('HW_GATEWAY_BAD_ROUTE', error.message, error);
    }
  }

  #forgetChanged(): void {
    for (const [name, breaker] of this.#breakers) {
      const wanted = new CircuitBreaker(name, merged(this.#configs, this.#settings, name)).config;
      const keys = Object.keys(wanted) as (keyof CircuitBreakerConfig)[];
      if (keys.every((key) => breaker.config[key] === wanted[key])) continue;
      this.#breakers.delete(name);
      this.of(name);
    }
  }

  /** The breaker of a name, made with its settings when it is new. */
  of(name: string): CircuitBreaker {
    let breaker = this.#breakers.get(name);
    if (breaker === undefined) {
      breaker = new CircuitBreaker(name, merged(this.#configs, this.#settings, name), {
        onTransition: ({ from, to, reason }) =>
          this.#changes.tell({ kind: 'breaker', subject: name, change: to, reason, details: { from } }),
      });
      this.#breakers.set(name, breaker);
    }
    return breaker;
  }

  get(name: string): CircuitBreaker | undefined {
    return this.#breakers.get(name);
  }

  /** Calls since the start, whatever the state was. */
  countsOf(name: string): { successful: number; failed: number; ignored: number; notPermitted: number } {
    let counts = this.#counts.get(name);
    if (counts === undefined)
      this.#counts.set(name, (counts = { successful: 0, failed: 0, ignored: 0, notPermitted: 0 }));
    return counts;
  }

  snapshots(): (CircuitBreakerSnapshot & { config: Readonly<CircuitBreakerConfig> })[] {
    return [...this.#breakers.values()].map((breaker) => ({ ...breaker.snapshot(), config: breaker.config }));
  }

  tick(): void {
    for (const breaker of this.#breakers.values()) breaker.tick();
  }
}

function merged(
  configs: CircuitBreakerConfigs,
  settings: ReadonlyMap<string, Partial<CircuitBreakerConfig>>,
  name: string,
): Partial<CircuitBreakerConfig> {
  return { ...configs.of(name), ...settings.get('default'), ...settings.get(name) };
}
