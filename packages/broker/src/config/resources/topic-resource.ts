import { ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../../context.ts';
import { checkTopicConfigs, describeTopicConfigs, type TopicInfo, topicConfigTable } from '../../storage/index.ts';
import { isInternal, Refusal, topicNameProblem } from '../../topics/topic-admin.ts';
import { alterOperation, applyChanges, type ConfigChange } from '../config-change.ts';
import { describedTopicConfigs } from '../described-config.ts';
import { type ConfigResource, resourceType } from './config-resource.ts';

export const topicResource: ConfigResource = {
  type: resourceType.topic,
  describe(context, name, what) {
    return describedTopicConfigs(context, existing(context, name).configs, what);
  },
  alter(context, name, changes, isOnlyChecked) {
    const topic = alterable(context, name);
    const layers = context.config.layers;
    const inherited = (change: ConfigChange): string => {
      checkIsList(change);
      return describeTopicConfigs({}, layers).find((entry) => entry.name === change.name)?.value ?? '';
    };
    const checked = checkTopicConfigs(applyChanges(topic.configs, changes, inherited));
    if (!isOnlyChecked) context.store.setTopicConfigs(name, checked);
  },
  replace(context, name, settings, isOnlyChecked) {
    alterable(context, name);
    const checked = checkTopicConfigs(settings);
    if (!isOnlyChecked) context.store.setTopicConfigs(name, checked);
  },
  list({ store }) {
    return store.topics().map(({ name }) => name);
  },
};

function existing({ store }: BrokerContext, name: string): TopicInfo {
  const topic = store.topic(name);
  if (topic !== undefined) return topic;
  const nameProblem = topicNameProblem(name);
  if (nameProblem !== null) throw new Refusal(ErrorCode.INVALID_TOPIC_EXCEPTION, nameProblem);
  throw new Refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `There is no topic ${name}.`);
}

function alterable(context: BrokerContext, name: string): TopicInfo {
  if (name === '') throw new Refusal(ErrorCode.INVALID_REQUEST, 'Default topic resources are not allowed.');
  const topic = existing(context, name);
  if (isInternal(name)) throw new Refusal(ErrorCode.POLICY_VIOLATION, `The settings of ${name} belong to the broker.`);
  return topic;
}

function checkIsList({ name, configOperation }: ConfigChange): void {
  if (Object.hasOwn(topicConfigTable, name) && topicConfigTable[name]?.type === 'LIST') return;
  const verb = configOperation === alterOperation.append ? 'APPEND' : 'SUBTRACT';
  throw new Refusal(ErrorCode.INVALID_CONFIG, `Can't ${verb} to key ${name} because its type is not LIST.`);
}
