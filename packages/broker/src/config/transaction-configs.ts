import type { ConfigDefinition } from '../storage/config-value.ts';

/** Settings of transactions, under Kafka's names and with Kafka's defaults but where the text says otherwise. */
export const transactionConfigs = {
  'headwater.max.transactional.ids': {
    type: 'INT',
    default: '100000',
    min: 1,
    documentation: 'Transactional ids that are remembered; a further one is refused with COORDINATOR_NOT_AVAILABLE.',
  },
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': {
    type: 'INT',
    default: '10000',
    min: 1,
    documentation: 'How often transactions are looked at for their time-out.',
  },
  'transaction.max.timeout.ms': {
    type: 'INT',
    default: '900000',
    min: 1,
    documentation: 'Longest time-out that a transactional producer may ask for.',
  },
  'transaction.remove.expired.transaction.cleanup.interval.ms': {
    type: 'INT',
    default: '3600000',
    min: 1,
    documentation: 'How often transactional ids are looked at for their age.',
  },
  'transaction.state.log.num.partitions': {
    type: 'INT',
    default: '1',
    min: 1,
    documentation: 'Partitions of __transaction_state when it is made. Kafka has 50, for many brokers to share.',
  },
  'transaction.state.log.segment.bytes': {
    type: 'INT',
    default: '104857600',
    min: 1024,
    documentation: 'Segment size of __transaction_state.',
  },
  'transactional.id.expiration.ms': {
    type: 'INT',
    default: '604800000',
    min: 1,
    documentation: 'How long a transactional.id that nobody uses is remembered.',
  },
} as const satisfies Record<string, ConfigDefinition>;
