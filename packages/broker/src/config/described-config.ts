import type { DescribeConfigsResponseInput } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { type ConfigDefinition, type ConfigSynonym, describeTopicConfigs } from '../storage/index.ts';
import { type BrokerDefinition, brokerDefinition, brokerDefinitions } from './broker-definitions.ts';

export type DescribedConfig = DescribeConfigsResponseInput['results'][number]['configs'][number];

export interface DescribeWhat {
  readonly withSynonyms: boolean;
  readonly withDocumentation: boolean;
}

/** Where a value comes from, by DescribeConfigs' numbers. */
const configSource = { topic: 1, dynamicBroker: 2, dynamicDefault: 3, static: 4, default: 5 } as const;

const typeNumbers: Readonly<Record<ConfigDefinition['type'], number>> = {
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
  PASSWORD: 9,
};
const unknownType = 0;

/** The type of a setting by DescribeConfigs' numbers. */
export function configType({ type }: Pick<ConfigDefinition, 'type'>): number {
  return typeNumbers[type];
}

/** All settings of a topic that has these of its own. */
export function describedTopicConfigs(
  { config }: BrokerContext,
  overrides: Readonly<Record<string, string>>,
  { withSynonyms, withDocumentation }: DescribeWhat,
): DescribedConfig[] {
  return describeTopicConfigs(overrides, config.layers).map(({ name, value, source, definition, synonyms }) => ({
    name,
    value,
    readOnly: false,
    configSource: configSource[source],
    isSensitive: false,
    synonyms: withSynonyms ? synonyms.map(inNumbers) : [],
    configType: configType(definition),
    documentation: withDocumentation ? definition.documentation : null,
  }));
}

/** All settings of the broker, those that topics fall back on among them, and those set that nobody knows. */
export function describedBrokerConfigs(context: BrokerContext, what: DescribeWhat): DescribedConfig[] {
  const names = new Set<string>();
  for (const [name, { hasEffect, synonyms }] of brokerDefinitions) {
    if (hasEffect !== false || synonyms !== undefined) names.add(name);
  }
  for (const { settings } of context.config.layers) for (const name of Object.keys(settings)) names.add(name);
  const described = [...names].map((name) => describeOne(context, name, what, () => true));
  for (const name of ['broker.id', 'node.id']) described.push(describedId(name, String(context.brokerId), what));
  return described.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What was set for all brokers of the cluster. */
export function describedClusterDefaults(context: BrokerContext, what: DescribeWhat): DescribedConfig[] {
  const names = Object.keys(context.dynamicConfig.settings('all'));
  return names.map((name) => describeOne(context, name, what, ({ source }) => source === 'dynamicDefault'));
}

function describeOne(
  { config }: BrokerContext,
  name: string,
  { withSynonyms, withDocumentation }: DescribeWhat,
  isTold: (synonym: ConfigSynonym) => boolean,
): DescribedConfig {
  const definition = brokerDefinition(name);
  // What nobody knows may be a secret.
  const isSensitive = definition === undefined || definition.type === 'PASSWORD';
  const synonyms = synonymsOf(config.layers, name, definition).filter(isTold);
  const nearest = synonyms[0];
  return {
    name,
    value: isSensitive ? null : nearest?.name === name ? nearest.value : (definition?.default ?? null),
    readOnly: definition?.update === undefined,
    configSource: configSource[nearest?.source ?? 'default'],
    isSensitive,
    synonyms: withSynonyms
      ? synonyms.map((synonym) => (isSensitive ? { ...inNumbers(synonym), value: null } : inNumbers(synonym)))
      : [],
    configType: definition === undefined ? unknownType : configType(definition),
    documentation: withDocumentation ? (definition?.documentation ?? null) : null,
  };
}

function synonymsOf(
  layers: BrokerContext['config']['layers'],
  name: string,
  definition: BrokerDefinition | undefined,
): ConfigSynonym[] {
  // A listener's setting stands in front of that for all listeners.
  const base = definition?.names ?? [];
  const names = base.includes(name) || definition === undefined ? (base.length === 0 ? [name] : base) : [name, ...base];
  const synonyms: ConfigSynonym[] = [];
  for (const { source, settings } of layers) {
    for (const one of names) {
      const value = settings[one];
      if (value !== undefined) synonyms.push({ name: one, value: String(value), source });
    }
  }
  for (const one of names) {
    const value = brokerDefinitions.get(one)?.default;
    if (value !== null && value !== undefined) synonyms.push({ name: one, value, source: 'default' });
  }
  const first = synonyms.findIndex((synonym) => synonym.name === name);
  return first < 0 ? [] : synonyms.slice(first);
}

function describedId(name: string, value: string, { withSynonyms, withDocumentation }: DescribeWhat): DescribedConfig {
  return {
    name,
    value,
    readOnly: true,
    configSource: configSource.static,
    isSensitive: false,
    synonyms: withSynonyms ? [{ name, value, source: configSource.static }] : [],
    configType: typeNumbers.INT,
    documentation: withDocumentation ? 'The id of this broker.' : null,
  };
}

function inNumbers({ name, value, source }: ConfigSynonym) {
  return { name, value, source: configSource[source] as number };
}
