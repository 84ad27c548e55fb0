import type { ConfigDefinition } from '../storage/index.ts';

const policies = ['bidirectional', 'disabled', 'downgrade', 'upgrade'];

/** Settings of the broker about groups of the consumer protocol (KIP-848). */
export const consumerGroupConfigs = {
  'group.consumer.assignment.interval.ms': {
    type: 'INT',
    default: '1000',
    min: 0,
    update: 'cluster-wide',
    documentation: 'The shortest time between two assignments of a consumer group.',
  },
  'group.consumer.assignors': {
    type: 'LIST',
    default: 'uniform,range',
    oneOf: ['uniform', 'range'],
    documentation: 'Server-side assignors that members may ask for; the first is for those that do not ask.',
  },
  'group.consumer.heartbeat.interval.ms': {
    type: 'INT',
    default: '5000',
    min: 1,
    documentation: 'How often members of consumer groups are told to send heartbeats.',
  },
  'group.consumer.max.assignment.interval.ms': {
    type: 'INT',
    default: '15000',
    min: 0,
    documentation: 'Longest consumer.assignment.interval.ms of a group.',
  },
  'group.consumer.max.heartbeat.interval.ms': {
    type: 'INT',
    default: '15000',
    min: 1,
    documentation: 'Longest consumer.heartbeat.interval.ms of a group.',
  },
  'group.consumer.max.session.timeout.ms': {
    type: 'INT',
    default: '60000',
    min: 1,
    documentation: 'Longest consumer.session.timeout.ms of a group.',
  },
  'group.consumer.max.size': {
    type: 'INT',
    default: '10000',
    min: 1,
    documentation: 'Members of one consumer group. Kafka has no bound unless it is set.',
  },
  'group.consumer.migration.policy': {
    type: 'STRING',
    default: 'bidirectional',
    oneOf: [...policies, ...policies.map((policy) => policy.toUpperCase())],
    documentation:
      'Whether groups with members change from the classic to the consumer protocol and back: bidirectional, upgrade, downgrade, disabled.',
  },
  'group.consumer.min.assignment.interval.ms': {
    type: 'INT',
    default: '0',
    min: 0,
    documentation: 'Shortest consumer.assignment.interval.ms of a group.',
  },
  'group.consumer.min.heartbeat.interval.ms': {
    type: 'INT',
    default: '5000',
    min: 1,
    documentation: 'Shortest consumer.heartbeat.interval.ms of a group.',
  },
  'group.consumer.min.session.timeout.ms': {
    type: 'INT',
    default: '45000',
    min: 1,
    documentation: 'Shortest consumer.session.timeout.ms of a group.',
  },
  'group.consumer.regex.refresh.interval.ms': {
    type: 'INT',
    default: '600000',
    min: 10_000,
    documentation: 'How often regular expressions of subscriptions are matched again although no topic has changed.',
  },
  'group.consumer.session.timeout.ms': {
    type: 'INT',
    default: '45000',
    min: 1,
    documentation: 'A member of a consumer group that is not heard of for so long is taken out.',
  },
  'group.coordinator.rebalance.protocols': {
    type: 'LIST',
    default: 'classic,consumer',
    oneOf: ['classic', 'consumer', 'share', 'streams'],
    documentation:
      "Protocols of groups that are served; without consumer its requests get UNSUPPORTED_VERSION. Kafka's default has streams too.",
  },
} as const satisfies Record<string, ConfigDefinition>;
