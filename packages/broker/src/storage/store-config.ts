import { type ConfigDefinition, configValueProblem } from './config-value.ts';
import { refused } from './storage-error.ts';
import type { BrokerSettings } from './topic-config.ts';

/** Settings of the whole store, by Kafka's names where Kafka has them. Defaults of topics are in `topic-config.ts`. */
export const storeConfigs = {
  'log.flush.offset.checkpoint.interval.ms': {
    type: 'INT',
    default: '60000',
    min: 0,
    documentation:
      'How often appended data is synced in the background and noted as whole, which bounds the reading after a crash.',
  },
  'log.retention.check.interval.ms': {
    type: 'LONG',
    default: '300000',
    min: 1,
    documentation: 'How often retention looks for segments to delete.',
  },
  'log.cleaner.enable': {
    type: 'BOOLEAN',
    default: 'true',
    documentation: 'Whether topics with cleanup.policy=compact are compacted.',
  },
  'log.cleaner.backoff.ms': {
    type: 'LONG',
    default: '15000',
    min: 0,
    update: 'cluster-wide',
    documentation: 'How long after a segment was closed compaction looks for work.',
  },
  'log.cleaner.dedupe.buffer.size': {
    type: 'LONG',
    default: String(32 * 1024 * 1024),
    min: 65536,
    update: 'cluster-wide',
    documentation:
      'Memory for the keys of one compaction, 24 bytes a key at three quarters full; what has no room waits for the next one.',
  },
  'producer.id.expiration.ms': {
    type: 'INT',
    default: '86400000',
    min: 1,
    update: 'cluster-wide',
    documentation: 'How long a partition remembers the sequence of a silent idempotent producer.',
  },
  'headwater.clock.jump.grace.ms': {
    type: 'LONG',
    default: '3600000',
    min: 0,
    update: 'cluster-wide',
    documentation:
      'How long the wall clock must stay ahead after a jump of more than a minute, before retention deletes what is old by it. Kafka goes by it at once.',
  },
  'headwater.cache.bytes': {
    type: 'LONG',
    default: String(16 * 1024 * 1024),
    min: 0,
    max: 2 ** 40,
    documentation:
      'Memory for the newest records of all partitions together, of the last minute at most, from which consumers at the tail are served.',
  },
  'headwater.max.open.files': {
    type: 'INT',
    default: '512',
    min: 8,
    documentation:
      'Most files that storage keeps open; the ones used longest ago are closed and opened again when needed.',
  },
} as const satisfies Record<string, ConfigDefinition>;

export interface StoreLimits {
  checkpointIntervalMs: number;
  retentionCheckIntervalMs: number;
  isCleanerEnabled: boolean;
  cleanerBackoffMs: number;
  cleanerKeyBytes: number;
  producerIdExpirationMs: number;
  clockJumpGraceMs: number;
  cacheBytes: number;
  maxOpenFiles: number;
}

/** @throws StorageError INVALID_CONFIG */
export function resolveStoreConfig(settings: BrokerSettings): StoreLimits {
  const text = (name: keyof typeof storeConfigs): string => {
    const value = String(settings[name] ?? storeConfigs[name].default);
    const problem = configValueProblem(storeConfigs[name], name, value);
    if (problem !== null) throw refused('INVALID_CONFIG', problem);
    return value;
  };
  const number = (name: keyof typeof storeConfigs): number => Number(text(name));
  return {
    checkpointIntervalMs: number('log.flush.offset.checkpoint.interval.ms'),
    retentionCheckIntervalMs: number('log.retention.check.interval.ms'),
    isCleanerEnabled: text('log.cleaner.enable').toLowerCase() === 'true',
    cleanerBackoffMs: number('log.cleaner.backoff.ms'),
    cleanerKeyBytes: number('log.cleaner.dedupe.buffer.size'),
    producerIdExpirationMs: number('producer.id.expiration.ms'),
    clockJumpGraceMs: number('headwater.clock.jump.grace.ms'),
    cacheBytes: number('headwater.cache.bytes'),
    maxOpenFiles: number('headwater.max.open.files'),
  };
}
