import { type ConfigDefinition, storeConfigs } from '../storage/index.ts';
import { brokerConfigTable, synonymsOf, topicSynonyms } from './broker-config.ts';
import { effectlessSettings } from './foreign-settings.ts';
import { unscopedName } from './listener-config.ts';

/** A setting of the broker, whatever part of it reads it. */
export interface BrokerDefinition extends Omit<ConfigDefinition, 'default'> {
  /** Null where Kafka has none. */
  readonly default: string | null;
  /** Names of the settings for the same thing, the one that counts first in front. */
  readonly names: readonly string[];
}

/** The setting of this name; one of a listener (`listener.name.internal.ssl.keystore.location`) is that without the prefix. */
export function brokerDefinition(name: string): BrokerDefinition | undefined {
  return brokerDefinitions.get(unscopedName(name));
}

/** All settings that this broker has, with those that topics fall back on. */
export const brokerDefinitions: ReadonlyMap<string, BrokerDefinition> = new Map(
  [
    ...[...topicSynonyms()].map(([name, definition]): [string, ConfigDefinition] => [name, ofTopics(name, definition)]),
    ...Object.entries(effectlessSettings),
    ...Object.entries(storeConfigs as Readonly<Record<string, ConfigDefinition>>),
    ...Object.entries(brokerConfigTable),
  ].map(([name, definition]) => {
    const names = synonymsOf(name);
    // Of several names for one thing the last has the default: log.retention.hours is 168, log.retention.ms nothing.
    const isStandIn = name !== names[names.length - 1];
    const isUnset = definition.type === 'PASSWORD' || (definition.type === 'STRING' && definition.default === '');
    return [name, { ...definition, names, default: isStandIn || isUnset ? null : definition.default }];
  }),
);

/** As in Kafka the units other than milliseconds are for the start alone. */
function ofTopics(name: string, definition: ConfigDefinition): ConfigDefinition {
  if (/\.(hours|minutes)$/.test(name)) return { ...definition, type: 'INT' };
  return name === 'log.flush.scheduler.interval.ms' ? definition : { ...definition, update: 'cluster-wide' };
}
