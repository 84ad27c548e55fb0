import type { DescribeConfigsResponseInput } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import type { ConfigDefinition } from '../storage/config-value.ts';
import { describeTopicConfigs, storeConfigs } from '../storage/index.ts';
import { brokerConfigTable, topicSynonyms } from './broker-config.ts';

export type DescribedConfig = DescribeConfigsResponseInput['results'][number]['configs'][number];

export const resourceType = { topic: 2, broker: 4 } as const;

/** Where a value comes from, by DescribeConfigs' numbers. */
const configSource = { topic: 1, broker: 4, default: 5 } as const;

const configType: Readonly<Record<ConfigDefinition['type'], number>> = {
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
};

/** All settings of a topic that has these of its own. */
export function describedConfigs(
  { config }: BrokerContext,
  overrides: Readonly<Record<string, string>>,
  withSynonyms: boolean,
  withDocumentation: boolean,
): DescribedConfig[] {
  return describeTopicConfigs(overrides, config.set).map(({ name, value, source, definition, synonyms }) => ({
    name,
    value,
    readOnly: false,
    configSource: configSource[source],
    isSensitive: false,
    synonyms: withSynonyms
      ? synonyms.map((synonym) => ({ name: synonym.name, value: synonym.value, source: configSource[synonym.source] }))
      : [],
    configType: configType[definition.type],
    documentation: withDocumentation ? definition.documentation : null,
  }));
}

/** All settings of the broker, those that topics fall back on among them. None can be changed while it runs. */
export function describedBrokerConfigs(
  { brokerId, config }: BrokerContext,
  withSynonyms: boolean,
  withDocumentation: boolean,
): DescribedConfig[] {
  const definitions = new Map<string, ConfigDefinition>([
    ...Object.entries(brokerConfigTable),
    ...Object.entries(storeConfigs),
    ...topicSynonyms(),
  ]);
  const described = [...definitions].map(([name, definition]) => {
    const set = config.set[name];
    return describeOne(name, set === undefined ? null : String(set), definition, withSynonyms, withDocumentation);
  });
  for (const name of ['broker.id', 'node.id']) {
    const definition = { type: 'INT', default: '1', documentation: 'The id of this broker.' } as const;
    described.push(describeOne(name, String(brokerId), definition, withSynonyms, withDocumentation));
  }
  return described.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function describeOne(
  name: string,
  set: string | null,
  definition: ConfigDefinition,
  withSynonyms: boolean,
  withDocumentation: boolean,
): DescribedConfig {
  const inherited = { name, value: definition.default, source: configSource.default };
  const own = set === null ? [] : [{ name, value: set, source: configSource.broker }];
  return {
    name,
    value: set ?? definition.default,
    readOnly: true,
    configSource: set === null ? configSource.default : configSource.broker,
    isSensitive: false,
    synonyms: withSynonyms ? [...own, inherited] : [],
    configType: configType[definition.type],
    documentation: withDocumentation ? definition.documentation : null,
  };
}
