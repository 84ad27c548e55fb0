import type { BrokerConfig, BrokerConfigName } from './broker-config.ts';

const scope = /^listener\.name\.[^.]+\./;
const mechanismScope = /^(?:plain|scram-sha-256|scram-sha-512|oauthbearer|gssapi)\./;

/** The name of a setting without the listener and the mechanism that it is for. */
export function unscopedName(name: string): string {
  return name.replace(scope, '').replace(mechanismScope, '');
}

/**
 * The settings of one listener: those with `listener.name.<name>.` in front, else those of all. For a mechanism first
 * `listener.name.<name>.<mechanism>.`, as in Kafka.
 */
export class ListenerConfig {
  readonly #config: BrokerConfig;
  readonly #prefixes: readonly string[];

  constructor(config: BrokerConfig, listenerName: string, mechanism?: string) {
    this.#config = config;
    const listener = `listener.name.${listenerName.toLowerCase()}.`;
    const mechanismPrefix = mechanism === undefined ? null : `${mechanism.toLowerCase()}.`;
    this.#prefixes =
      mechanismPrefix === null ? [listener] : [`${listener}${mechanismPrefix}`, listener, mechanismPrefix];
  }

  text(name: BrokerConfigName): string {
    return this.own(name) ?? this.#config.text(name);
  }

  /** As set for this listener; undefined when only all listeners have it, or none. */
  own(name: BrokerConfigName): string | undefined {
    for (const prefix of this.#prefixes) {
      const value = this.#config.set[`${prefix}${name}`];
      if (value !== undefined) return String(value).trim();
    }
    return undefined;
  }

  number(name: BrokerConfigName): number {
    return Number(this.text(name));
  }

  isOn(name: BrokerConfigName): boolean {
    return this.text(name).toLowerCase() === 'true';
  }
}
