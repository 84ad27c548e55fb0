import type { BrokerConfig, BrokerConfigName } from '../config/broker-config.ts';
import { listItems } from '../storage/index.ts';
import type { ConsumerSettings } from './consumer/consumer-context.ts';

/** A setting of one group (resource type GROUP), as text; undefined when it has none of its own. */
export type GroupConfigOf = (groupId: string, name: string) => string | undefined;

/** Settings of consumer groups: the broker's, and where a group has its own, that one within the broker's bounds. */
export function consumerSettings(config: BrokerConfig, ownConfig: GroupConfigOf): ConsumerSettings {
  const within = (
    groupId: string,
    own: string,
    fallback: BrokerConfigName,
    min: BrokerConfigName,
    max: BrokerConfigName,
  ) => {
    const text = ownConfig(groupId, own);
    if (text === undefined) return config.number(fallback);
    return Math.min(Math.max(Number(text), config.number(min)), config.number(max));
  };
  const policy = (): string => config.text('group.consumer.migration.policy').toLowerCase();
  return {
    get maxSize() {
      return config.number('group.consumer.max.size');
    },
    get classicMaxSize() {
      return config.number('group.max.size');
    },
    get assignorNames() {
      return listItems(config.text('group.consumer.assignors'));
    },
    get maySwitchToConsumer() {
      return policy() === 'bidirectional' || policy() === 'upgrade';
    },
    get maySwitchToClassic() {
      return policy() === 'bidirectional' || policy() === 'downgrade';
    },
    get regexRefreshMs() {
      return config.number('group.consumer.regex.refresh.interval.ms');
    },
    sessionTimeoutMs: (groupId) =>
      within(
        groupId,
        'consumer.session.timeout.ms',
        'group.consumer.session.timeout.ms',
        'group.consumer.min.session.timeout.ms',
        'group.consumer.max.session.timeout.ms',
      ),
    heartbeatIntervalMs: (groupId) =>
      within(
        groupId,
        'consumer.heartbeat.interval.ms',
        'group.consumer.heartbeat.interval.ms',
        'group.consumer.min.heartbeat.interval.ms',
        'group.consumer.max.heartbeat.interval.ms',
      ),
    assignmentIntervalMs: (groupId) =>
      within(
        groupId,
        'consumer.assignment.interval.ms',
        'group.consumer.assignment.interval.ms',
        'group.consumer.min.assignment.interval.ms',
        'group.consumer.max.assignment.interval.ms',
      ),
  };
}
