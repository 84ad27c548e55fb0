import type { BrokerConfig } from '../config/broker-config.ts';
import { listItems } from '../storage/index.ts';
import type { CoordinatorConfig } from './coordinator.ts';

const minuteMs = 60_000;

/** The coordinator's view of the broker's settings: each is read when it is needed, because it may change while the broker runs. */
export function groupSettings(config: BrokerConfig): CoordinatorConfig {
  return {
    get initialRebalanceDelayMs() {
      return config.number('group.initial.rebalance.delay.ms');
    },
    get maxSize() {
      return config.number('group.max.size');
    },
    newMemberJoinTimeoutMs: 5 * minuteMs,
    get protocols() {
      return listItems(config.text('group.coordinator.rebalance.protocols'));
    },
    get minSessionTimeoutMs() {
      return config.number('group.min.session.timeout.ms');
    },
    get maxSessionTimeoutMs() {
      return config.number('group.max.session.timeout.ms');
    },
    get maxGroups() {
      return config.number('headwater.max.groups');
    },
    get maxCommittedOffsets() {
      return config.number('headwater.max.committed.offsets');
    },
    get memoryBytes() {
      return config.number('headwater.group.memory.bytes');
    },
    get offsetMetadataMaxBytes() {
      return config.number('offset.metadata.max.bytes');
    },
    get offsetsRetentionMs() {
      return config.number('offsets.retention.minutes') * minuteMs;
    },
    get retentionCheckIntervalMs() {
      return config.number('offsets.retention.check.interval.ms');
    },
  };
}
