import { ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { listItems } from '../storage/config-value.ts';
import { checkTopicConfigs, describeTopicConfigs, type TopicInfo, topicConfigTable } from '../storage/index.ts';
import { isInternal, Refusal } from '../topics/topic-admin.ts';
import { resourceType } from './describe-configs.ts';

export const alterOperation = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

export interface ConfigChange {
  name: string;
  configOperation: number;
  value: string | null;
}

/**
 * The topic whose settings are to be changed. Settings of the broker come with its start and stay.
 *
 * @throws Refusal
 */
export function alterableTopic(
  { brokerId, store }: BrokerContext,
  type: number,
  name: string,
  keys: string[],
): TopicInfo {
  if (type === resourceType.broker) {
    if (name !== '' && name !== String(brokerId)) {
      throw new Refusal(ErrorCode.INVALID_REQUEST, `There is no broker ${name}; this is ${brokerId}.`);
    }
    const message = `Cannot update these configs dynamically: ${keys.join(', ')}. Set them when the broker starts.`;
    throw new Refusal(ErrorCode.INVALID_REQUEST, message);
  }
  if (type !== resourceType.topic) {
    throw new Refusal(ErrorCode.INVALID_REQUEST, `Resources of type ${type} have no settings here.`);
  }
  const topic = store.topic(name);
  if (topic === undefined) {
    throw new Refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `There is no topic ${name}.`);
  }
  if (isInternal(name)) throw new Refusal(ErrorCode.POLICY_VIOLATION, `The settings of ${name} belong to the broker.`);
  return topic;
}

/**
 * What a topic's own settings are after these changes.
 *
 * @throws Refusal, StorageError INVALID_CONFIG
 */
export function changedConfigs(
  { config }: BrokerContext,
  topic: TopicInfo,
  changes: readonly ConfigChange[],
): Record<string, string> {
  const configs: Record<string, string> = { ...topic.configs };
  const names = new Set<string>();
  for (const change of changes) {
    const { name, configOperation, value } = change;
    if (names.has(name)) {
      throw new Refusal(ErrorCode.INVALID_REQUEST, `Error due to duplicate config keys: ${name}`);
    }
    names.add(name);
    if (configOperation === alterOperation.delete) {
      delete configs[name];
      continue;
    }
    if (value === null) {
      throw new Refusal(ErrorCode.INVALID_REQUEST, `Null value not supported for : ${name}`);
    }
    if (configOperation === alterOperation.set) configs[name] = value;
    else {
      const current = describeTopicConfigs(configs, config.set).find((entry) => entry.name === name)?.value ?? '';
      configs[name] = changedList(change, value, current);
    }
  }
  return checkTopicConfigs(configs);
}

function changedList({ name, configOperation }: ConfigChange, value: string, current: string): string {
  const isList = Object.hasOwn(topicConfigTable, name) && topicConfigTable[name]?.type === 'LIST';
  if (configOperation !== alterOperation.append && configOperation !== alterOperation.subtract) {
    throw new Refusal(ErrorCode.INVALID_REQUEST, `Unknown operation ${configOperation} for ${name}`);
  }
  if (!isList) {
    const verb = configOperation === alterOperation.append ? 'append to' : 'subtract from';
    throw new Refusal(ErrorCode.INVALID_CONFIG, `Can't ${verb} key ${name} because its type is not LIST.`);
  }
  const items = listItems(current);
  const given = listItems(value);
  if (configOperation === alterOperation.subtract) return items.filter((item) => !given.includes(item)).join(',');
  return [...items, ...given.filter((item) => !items.includes(item))].join(',');
}
