import { ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../../context.ts';
import { type ConfigDefinition, configValueProblem } from '../../storage/index.ts';
import { Refusal } from '../../topics/topic-admin.ts';
import type { BrokerConfigName } from '../broker-config.ts';
import { brokerDefinition } from '../broker-definitions.ts';
import { alterOperation, applyChanges, type ConfigChange } from '../config-change.ts';
import { configType, type DescribedConfig, type DescribeWhat } from '../described-config.ts';
import { type Settings, storedSettings, storeSettings } from '../stored-settings.ts';
import { type ConfigResource, resourceType } from './config-resource.ts';

export const groupConfigPrefix = 'config/group/';
const groupsMax = 100_000;
const configSource = { dynamicBroker: 2, dynamicDefault: 3, static: 4, default: 5, group: 8 } as const;

interface GroupSetting extends ConfigDefinition {
  readonly min: number;
  /** The broker's, for groups that have none of their own; with the bounds of theirs. */
  readonly broker: BrokerConfigName;
  readonly brokerMin: BrokerConfigName;
  readonly brokerMax: BrokerConfigName;
}

function consumerSetting(what: string, min: number, documentation: string): GroupSetting {
  const name = (middle: string) => `group.consumer.${middle}${what}` as BrokerConfigName;
  return {
    type: 'INT',
    default: '',
    min,
    documentation,
    broker: name(''),
    brokerMin: name('min.'),
    brokerMax: name('max.'),
  };
}

/** What one group may have of its own. */
const settings: Readonly<Record<string, GroupSetting>> = {
  'consumer.assignment.interval.ms': consumerSetting(
    'assignment.interval.ms',
    0,
    'The interval between assignment updates for a consumer group.',
  ),
  'consumer.heartbeat.interval.ms': consumerSetting(
    'heartbeat.interval.ms',
    1,
    'The heartbeat interval given to the members of a consumer group.',
  ),
  'consumer.session.timeout.ms': consumerSetting(
    'session.timeout.ms',
    1,
    'The timeout to detect client failures when using the consumer group protocol.',
  ),
};

/** Groups by their ids (KIP-1240): settings may be made before the group is. */
export const groupResource: ConfigResource = {
  type: resourceType.group,
  describe(context, name, what) {
    if (name === '') refuse('Group name must not be empty.');
    const own = storedSettings(context.store.values, groupConfigPrefix + name);
    return Object.keys(settings).map((key) => describeOne(context, key, own[key], what));
  },
  alter(context, name, changes, isOnlyChecked) {
    const own = storedSettings(context.store.values, groupConfigPrefix + name);
    groupResource.replace?.(context, name, applyChanges(own, changes, refuseList), isOnlyChecked);
  },
  replace(context, name, changed, isOnlyChecked) {
    if (name === '') refuse('Default group resources are not allowed.');
    check(context, changed);
    const { values } = context.store;
    const count = values.entries(groupConfigPrefix).length;
    if (count >= groupsMax && values.get(groupConfigPrefix + name) === undefined) {
      throw new Refusal(ErrorCode.POLICY_VIOLATION, `${count} groups have settings; remove some first.`);
    }
    if (!isOnlyChecked) storeSettings(values, groupConfigPrefix + name, changed);
  },
  list({ groups, store }) {
    const names = new Set(store.values.entries(groupConfigPrefix).map(([key]) => key.slice(groupConfigPrefix.length)));
    for (const [groupId, { group }] of groups.entries()) if (group.kind !== 'classic') names.add(groupId);
    return [...names];
  },
};

function describeOne(
  { config }: BrokerContext,
  name: string,
  own: string | undefined,
  { withDocumentation, withSynonyms }: DescribeWhat,
): DescribedConfig {
  const definition = settings[name]!;
  const synonyms: { name: string; value: string; source: number }[] =
    own === undefined ? [] : [{ name, value: own, source: configSource.group }];
  for (const { settings: ofLayer, source } of config.layers) {
    const value = ofLayer[definition.broker];
    if (value !== undefined) {
      synonyms.push({ name: definition.broker, value: String(value), source: configSource[source] });
    }
  }
  const value = brokerDefinition(definition.broker)!.default!;
  synonyms.push({ name: definition.broker, value, source: configSource.default });
  return {
    name,
    value: synonyms[0]!.value,
    readOnly: false,
    configSource: synonyms[0]!.source,
    isSensitive: false,
    synonyms: withSynonyms ? synonyms : [],
    configType: configType(definition),
    documentation: withDocumentation ? definition.documentation : null,
  };
}

/** Within the broker's bounds, and a session that is longer than the heartbeats are apart. */
function check({ config }: BrokerContext, changed: Settings): void {
  for (const [name, value] of Object.entries(changed)) {
    const definition = Object.hasOwn(settings, name) ? settings[name] : undefined;
    if (definition === undefined) throw new Refusal(ErrorCode.INVALID_CONFIG, `Unknown group config name: ${name}`);
    const problem = configValueProblem(definition, name, value);
    if (problem !== null) throw new Refusal(ErrorCode.INVALID_CONFIG, problem);
    for (const [bound, isBelow] of [
      [definition.brokerMin, true],
      [definition.brokerMax, false],
    ] as const) {
      const limit = config.number(bound);
      if (isBelow ? Number(value) >= limit : Number(value) <= limit) continue;
      const relation = isBelow ? 'greater' : 'less';
      const message = `${name} must be ${relation} than or equal to ${bound}`;
      throw new Refusal(ErrorCode.INVALID_CONFIG, message);
    }
  }
  const number = (name: string) => Number(changed[name] ?? config.text(settings[name]!.broker));
  if (number('consumer.session.timeout.ms') <= number('consumer.heartbeat.interval.ms')) {
    const message = 'consumer.session.timeout.ms must be greater than consumer.heartbeat.interval.ms';
    throw new Refusal(ErrorCode.INVALID_CONFIG, message);
  }
}

function refuseList({ configOperation, name }: ConfigChange): string {
  const verb = configOperation === alterOperation.append ? 'APPEND' : 'SUBTRACT';
  throw new Refusal(ErrorCode.INVALID_CONFIG, `Can't ${verb} to key ${name} because its type is not LIST.`);
}

function refuse(message: string): never {
  throw new Refusal(ErrorCode.INVALID_REQUEST, message);
}
