import type { Logger } from '@headwater/logger';
import { BrokerError } from '../../broker-error.ts';
import type { Clock } from '../../clock/clock.ts';
import type { BrokerConfig } from '../../config/broker-config.ts';
import { ListenerConfig } from '../../config/listener-config.ts';
import { listItems } from '../../storage/config-value.ts';
import { oauthBearerMechanism, oauthBearerName } from '../oauth/oauth-bearer.ts';
import { tokenValidator } from '../oauth/oauth-settings.ts';
import { type JaasEntry, jaasUsers, parseJaasConfig } from './jaas-config.ts';
import { plainMechanism, plainName } from './plain.ts';
import type { SaslMechanism } from './sasl-exchange.ts';
import { scramMechanism, scramMechanisms } from './scram.ts';
import type { ScramCredentials } from './scram-credentials.ts';

/** What a listener with SASL offers. */
export interface SaslListener {
  readonly mechanisms: ReadonlyMap<string, SaslMechanism>;
  /** `connections.max.reauth.ms` of a mechanism: how long a session may last; 0 for as long as it likes. */
  maxSessionMs(mechanism: string): number;
  close(): void;
}

export interface SaslSources {
  config: BrokerConfig;
  /** Passwords by user that hold on every listener: the option `users`. */
  users: ReadonlyMap<string, string>;
  credentials: ScramCredentials;
  clock: Clock;
  logger: Logger;
}

/**
 * The mechanisms of a listener from `sasl.enabled.mechanisms` and the `sasl.jaas.config` of each.
 *
 * Differences from Kafka: the users of a ScramLoginModule line are users, there they are ignored.
 *
 * @throws BrokerError HW_BROKER_CONFIG
 */
export function saslListener(listenerName: string, sources: SaslSources): SaslListener {
  const { config, credentials, users } = sources;
  const names = listItems(new ListenerConfig(config, listenerName).text('sasl.enabled.mechanisms'));
  if (names.length === 0) throw invalid(`The listener ${listenerName} has no mechanism: set sasl.enabled.mechanisms.`);
  const mechanisms = new Map<string, SaslMechanism>();
  for (const name of names) {
    const own = jaasUsers(jaasEntry(new ListenerConfig(config, listenerName, name), name));
    if (name === plainName) {
      mechanisms.set(name, plainMechanism(new Map([...users, ...own])));
      continue;
    }
    if (name === oauthBearerName) {
      mechanisms.set(
        name,
        oauthBearerMechanism(tokenValidator(new ListenerConfig(config, listenerName, name), sources)),
      );
      continue;
    }
    const scram = scramMechanisms.find((known) => known.name === name);
    if (scram === undefined) throw invalid(`The mechanism ${name} is not served.`);
    const lookup = (user: string) => {
      const password = credentials.isStored(scram, user) ? undefined : own.get(user);
      if (password === undefined) return credentials.find(scram, user);
      return credentials.ofPassword(listenerName, scram, user, password);
    };
    mechanisms.set(name, scramMechanism(scram, lookup));
  }
  return {
    mechanisms,
    maxSessionMs: (name) => new ListenerConfig(config, listenerName, name).number('connections.max.reauth.ms'),
    close: () => {
      for (const { close } of mechanisms.values()) close?.();
    },
  };
}

const loginModules: Readonly<Record<string, string>> = {
  PLAIN: 'PlainLoginModule',
  'SCRAM-SHA-256': 'ScramLoginModule',
  'SCRAM-SHA-512': 'ScramLoginModule',
  OAUTHBEARER: 'OAuthBearerLoginModule',
};

const noEntry: JaasEntry = { module: '', options: new Map() };

function jaasEntry(config: ListenerConfig, mechanism: string): JaasEntry {
  const text = config.text('sasl.jaas.config');
  if (text === '') return noEntry;
  const entry = parseJaasConfig(text);
  const wanted = loginModules[mechanism] ?? '';
  if (entry.module.endsWith(`.${wanted}`)) return entry;
  // A line for all mechanisms can only be meant for one of them.
  if (config.own('sasl.jaas.config') === undefined) return noEntry;
  throw invalid(`sasl.jaas.config of ${mechanism} names ${entry.module}; it must be a ${wanted}.`);
}

function invalid(message: string): BrokerError {
  return new BrokerError('HW_BROKER_CONFIG', message);
}
