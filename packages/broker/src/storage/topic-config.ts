import { type ConfigDefinition, configValueProblem, LONG_MAX, listItems } from './config-value.ts';
import { refused } from './storage-error.ts';

/**
 * Every configuration of a topic by Kafka's names, with type, default and bounds: the one table that CreateTopics, AlterConfigs,
 * DescribeConfigs and the log itself use. Defaults are those of Apache Kafka 4; `segment.bytes` may be smaller here (Kafka 4
 * asks for 1 MiB), because tests of roll and compaction need it.
 */
export const topicConfigs = {
  'cleanup.policy': {
    type: 'LIST',
    default: 'delete',
    oneOf: ['compact', 'delete'],
    synonyms: [{ name: 'log.cleanup.policy' }],
    documentation:
      'What happens to old segments: delete drops them by time and size, compact keeps the last record of each key.',
  },
  'compression.gzip.level': {
    type: 'INT',
    default: '-1',
    min: -1,
    max: 9,
    synonyms: [{ name: 'compression.gzip.level' }],
    documentation: "Compression level when compression.type is gzip; -1 is the codec's own.",
  },
  'compression.lz4.level': {
    type: 'INT',
    default: '9',
    min: 1,
    max: 17,
    synonyms: [{ name: 'compression.lz4.level' }],
    hasEffect: false,
    documentation: 'Compression level when compression.type is lz4; there is one here.',
  },
  'compression.type': {
    type: 'STRING',
    default: 'producer',
    oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
    synonyms: [{ name: 'compression.type' }],
    documentation: 'Compression of stored batches; producer keeps them as they came.',
  },
  'compression.zstd.level': {
    type: 'INT',
    default: '3',
    min: -131072,
    max: 22,
    synonyms: [{ name: 'compression.zstd.level' }],
    documentation: 'Compression level when compression.type is zstd.',
  },
  'delete.retention.ms': {
    type: 'LONG',
    default: '86400000',
    min: 0,
    synonyms: [{ name: 'log.cleaner.delete.retention.ms' }],
    documentation: 'How long tombstones and transaction markers of compacted topics are kept for readers.',
  },
  'file.delete.delay.ms': {
    type: 'LONG',
    default: '60000',
    min: 0,
    synonyms: [{ name: 'log.segment.delete.delay.ms' }],
    hasEffect: false,
    documentation: 'Time before a deleted file is removed. Here open reads keep the file, so it is removed at once.',
  },
  'flush.messages': {
    type: 'LONG',
    default: LONG_MAX,
    min: 1,
    synonyms: [{ name: 'log.flush.interval.messages' }],
    documentation: 'Records after which an append waits for an fsync; 1 syncs before each acknowledgement.',
  },
  'flush.ms': {
    type: 'LONG',
    default: LONG_MAX,
    min: 0,
    synonyms: [{ name: 'log.flush.interval.ms' }, { name: 'log.flush.scheduler.interval.ms' }],
    documentation: 'Time after which appended records are synced to the disk.',
  },
  'follower.replication.throttled.replicas': {
    type: 'LIST',
    default: '',
    hasEffect: false,
    documentation: 'Replicas throttled on the follower side; there are none on one node.',
  },
  'index.interval.bytes': {
    type: 'INT',
    default: '4096',
    min: 0,
    synonyms: [{ name: 'log.index.interval.bytes' }],
    documentation: 'Bytes of log between two entries of the offset index.',
  },
  'leader.replication.throttled.replicas': {
    type: 'LIST',
    default: '',
    hasEffect: false,
    documentation: 'Replicas throttled on the leader side; there are none on one node.',
  },
  'local.retention.bytes': {
    type: 'LONG',
    default: '-2',
    min: -2,
    synonyms: [{ name: 'log.local.retention.bytes' }],
    hasEffect: false,
    documentation: 'Local part of retention with tiered storage, which one node does not have.',
  },
  'local.retention.ms': {
    type: 'LONG',
    default: '-2',
    min: -2,
    synonyms: [{ name: 'log.local.retention.ms' }],
    hasEffect: false,
    documentation: 'Local part of retention with tiered storage, which one node does not have.',
  },
  'max.compaction.lag.ms': {
    type: 'LONG',
    default: LONG_MAX,
    min: 1,
    synonyms: [{ name: 'log.cleaner.max.compaction.lag.ms' }],
    documentation: 'Longest time that a record of a compacted topic stays uncompacted.',
  },
  'max.message.bytes': {
    type: 'INT',
    default: '1048588',
    min: 0,
    synonyms: [{ name: 'message.max.bytes' }],
    documentation: 'Largest record batch, after compression.',
  },
  'message.timestamp.after.max.ms': {
    type: 'LONG',
    default: '3600000',
    min: 0,
    synonyms: [{ name: 'log.message.timestamp.after.max.ms' }],
    documentation: 'How far a CreateTime timestamp may be ahead of the clock.',
  },
  'message.timestamp.before.max.ms': {
    type: 'LONG',
    default: LONG_MAX,
    min: 0,
    synonyms: [{ name: 'log.message.timestamp.before.max.ms' }],
    documentation: 'How far a CreateTime timestamp may be behind the clock.',
  },
  'message.timestamp.type': {
    type: 'STRING',
    default: 'CreateTime',
    oneOf: ['CreateTime', 'LogAppendTime'],
    synonyms: [{ name: 'log.message.timestamp.type' }],
    documentation: 'Whether records carry the time of their producer or of the append.',
  },
  'min.cleanable.dirty.ratio': {
    type: 'DOUBLE',
    default: '0.5',
    min: 0,
    max: 1,
    synonyms: [{ name: 'log.cleaner.min.cleanable.ratio' }],
    documentation: 'Share of uncompacted bytes from which a log is compacted.',
  },
  'min.compaction.lag.ms': {
    type: 'LONG',
    default: '0',
    min: 0,
    synonyms: [{ name: 'log.cleaner.min.compaction.lag.ms' }],
    documentation: 'Shortest time that a record stays uncompacted.',
  },
  'min.insync.replicas': {
    type: 'INT',
    default: '1',
    min: 1,
    synonyms: [{ name: 'min.insync.replicas' }],
    documentation:
      'Replicas that must have a record before acks=all is answered; more than 1 refuses such produces on one node.',
  },
  preallocate: {
    type: 'BOOLEAN',
    default: 'false',
    synonyms: [{ name: 'log.preallocate' }],
    hasEffect: false,
    documentation: 'Whether segment files get their full size at once; they do not here.',
  },
  'remote.log.copy.disable': {
    type: 'BOOLEAN',
    default: 'false',
    hasEffect: false,
    documentation: 'Tiered storage, which one node does not have.',
  },
  'remote.log.delete.on.disable': {
    type: 'BOOLEAN',
    default: 'false',
    hasEffect: false,
    documentation: 'Tiered storage, which one node does not have.',
  },
  'remote.storage.enable': {
    type: 'BOOLEAN',
    default: 'false',
    hasEffect: false,
    documentation: 'Tiered storage, which one node does not have: true is refused.',
  },
  'retention.bytes': {
    type: 'LONG',
    default: '-1',
    synonyms: [{ name: 'log.retention.bytes' }],
    documentation: 'Size of a partition beyond which its oldest segments are deleted; -1 is no limit.',
  },
  'retention.ms': {
    type: 'LONG',
    default: '604800000',
    min: -1,
    synonyms: [
      { name: 'log.retention.ms' },
      { name: 'log.retention.minutes', factor: 60_000 },
      { name: 'log.retention.hours', factor: 3_600_000 },
    ],
    documentation: 'Age of its newest record beyond which a segment is deleted; -1 is no limit.',
  },
  'segment.bytes': {
    type: 'INT',
    default: '1073741824',
    min: 14,
    synonyms: [{ name: 'log.segment.bytes' }],
    documentation: 'Size of a segment file.',
  },
  'segment.index.bytes': {
    type: 'INT',
    default: '10485760',
    min: 4,
    synonyms: [{ name: 'log.index.size.max.bytes' }],
    documentation: 'Largest index of a segment; a full index begins a new segment.',
  },
  'segment.jitter.ms': {
    type: 'LONG',
    default: '0',
    min: 0,
    synonyms: [{ name: 'log.roll.jitter.ms' }, { name: 'log.roll.jitter.hours', factor: 3_600_000 }],
    documentation: 'Spread taken off segment.ms, so that partitions do not all roll at once.',
  },
  'segment.ms': {
    type: 'LONG',
    default: '604800000',
    min: 1,
    synonyms: [{ name: 'log.roll.ms' }, { name: 'log.roll.hours', factor: 3_600_000 }],
    documentation: 'Age beyond which an append begins a new segment.',
  },
  'unclean.leader.election.enable': {
    type: 'BOOLEAN',
    default: 'false',
    synonyms: [{ name: 'unclean.leader.election.enable' }],
    hasEffect: false,
    documentation: 'Election of a replica that is behind; there are none on one node.',
  },
} as const satisfies Record<string, ConfigDefinition>;

export type TopicConfigName = keyof typeof topicConfigs;

/** The table seen without its literal types, for callers that go over all names. */
export const topicConfigTable: Readonly<Record<string, ConfigDefinition>> = topicConfigs;

/** A topic's configuration as the log uses it: parsed once. Unlimited is `Infinity` where Kafka says -1 or 2^63-1. */
export interface TopicConfig {
  isCompacted: boolean;
  isDeleted: boolean;
  retentionMs: number;
  retentionBytes: number;
  segmentBytes: number;
  segmentMs: number;
  segmentJitterMs: number;
  segmentIndexBytes: number;
  indexIntervalBytes: number;
  maxMessageBytes: number;
  timestampType: 'CreateTime' | 'LogAppendTime';
  timestampBeforeMaxMs: number;
  timestampAfterMaxMs: number;
  compressionType: 'uncompressed' | 'zstd' | 'lz4' | 'snappy' | 'gzip' | 'producer';
  /** Undefined where the codec has none, or its own is meant. */
  compressionLevel: number | undefined;
  flushMessages: number;
  flushMs: number;
  minInsyncReplicas: number;
  minCleanableDirtyRatio: number;
  deleteRetentionMs: number;
  minCompactionLagMs: number;
  maxCompactionLagMs: number;
}

export type BrokerSettings = Readonly<Record<string, string | number | boolean>>;

/** Where a setting of the broker comes from; `static` is its start. */
export interface SettingLayer {
  readonly source: 'dynamicBroker' | 'dynamicDefault' | 'static';
  readonly settings: BrokerSettings;
}

export interface ConfigSynonym {
  name: string;
  value: string;
  source: 'topic' | SettingLayer['source'] | 'default';
}

/** One row of a DescribeConfigs answer. */
export interface ConfigEntry {
  name: string;
  value: string;
  source: ConfigSynonym['source'];
  definition: ConfigDefinition;
  /** Where the value would come from, nearest first. */
  synonyms: ConfigSynonym[];
}

/**
 * Checks overrides and drops the nulls.
 *
 * @throws StorageError INVALID_CONFIG with Kafka's words
 */
export function checkTopicConfigs(configs: Readonly<Record<string, string | null>>): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(configs)) {
    const definition = topicConfigTable[name];
    if (!Object.hasOwn(topicConfigTable, name) || definition === undefined) {
      throw refused('INVALID_CONFIG', `Unknown topic config name: ${name}`);
    }
    if (value === null) continue;
    const problem = configValueProblem(definition, name, value);
    if (problem !== null) throw refused('INVALID_CONFIG', problem);
    if (name === 'compression.gzip.level' && Number(value) === 0) {
      const why = 'Value must be between 1 and 9 or equal to -1';
      throw refused('INVALID_CONFIG', `Invalid value 0 for configuration ${name}: ${why}`);
    }
    if (name === 'remote.storage.enable' && value.trim().toLowerCase() === 'true') {
      throw refused('INVALID_CONFIG', 'Tiered storage is not served; leave remote.storage.enable false.');
    }
    checked[name] = value.trim();
  }
  return checked;
}

/** All settings of a topic with their sources; `layers` are those of the broker, nearest first. */
export function describeTopicConfigs(
  overrides: Readonly<Record<string, string>>,
  layers: readonly SettingLayer[],
): ConfigEntry[] {
  return Object.keys(topicConfigTable).map((name) => describeTopicConfig(name, overrides, layers));
}

function describeTopicConfig(
  name: string,
  overrides: Readonly<Record<string, string>>,
  layers: readonly SettingLayer[],
): ConfigEntry {
  const definition = topicConfigTable[name]!;
  const synonyms: ConfigSynonym[] = [];
  const override = overrides[name];
  if (override !== undefined) synonyms.push({ name, value: override, source: 'topic' });
  let nearest: Pick<ConfigEntry, 'value' | 'source'> | null =
    override === undefined ? null : { value: override, source: 'topic' };
  const names = definition.synonyms ?? [];
  for (const { source, settings } of layers) {
    for (const synonym of names) {
      const set = settings[synonym.name];
      if (set === undefined) continue;
      synonyms.push({ name: synonym.name, value: String(set), source });
      nearest ??= { value: inOwnUnit(String(set), synonym.factor), source };
    }
  }
  const last = names[names.length - 1];
  if (last !== undefined) {
    const value = last.factor === undefined ? definition.default : String(Number(definition.default) / last.factor);
    synonyms.push({ name: last.name, value, source: 'default' });
  }
  // As Kafka tells them: what stands in for the broker's setting only behind that setting itself.
  const first = synonyms.findIndex((synonym) => synonym.source !== 'topic' && synonym.name === names[0]?.name);
  const own = override === undefined ? 0 : 1;
  synonyms.splice(own, (first < 0 ? synonyms.length : first) - own);
  return { name, ...(nearest ?? { value: definition.default, source: 'default' }), definition, synonyms };
}

/** Kafka: a negative number of hours or minutes is "no limit", not a negative time. */
function inOwnUnit(value: string, factor: number | undefined): string {
  if (factor === undefined) return value;
  return String(Number(value) < 0 ? -1 : Number(value) * factor);
}

/**
 * The parsed configuration of a topic.
 *
 * @throws StorageError INVALID_CONFIG when a broker-wide setting is wrong (overrides were checked before)
 */
export function resolveTopicConfig(overrides: Readonly<Record<string, string>>, broker: BrokerSettings): TopicConfig {
  const layers: SettingLayer[] = [{ source: 'static', settings: broker }];
  const text = (name: TopicConfigName): string => {
    const entry = describeTopicConfig(name, overrides, layers);
    const problem = configValueProblem(entry.definition, entry.synonyms[0]?.name ?? name, entry.value);
    if (problem !== null) throw refused('INVALID_CONFIG', problem);
    return entry.value.trim();
  };
  const number = (name: TopicConfigName): number => {
    const value = text(name);
    return value === LONG_MAX ? Number.POSITIVE_INFINITY : Number(value);
  };
  const limit = (name: TopicConfigName): number => {
    const value = number(name);
    return value < 0 ? Number.POSITIVE_INFINITY : value;
  };
  const policies = listItems(text('cleanup.policy'));
  const compressionType = text('compression.type') as TopicConfig['compressionType'];
  return {
    isCompacted: policies.includes('compact'),
    isDeleted: policies.includes('delete'),
    retentionMs: limit('retention.ms'),
    retentionBytes: limit('retention.bytes'),
    segmentBytes: number('segment.bytes'),
    segmentMs: number('segment.ms'),
    segmentJitterMs: number('segment.jitter.ms'),
    segmentIndexBytes: number('segment.index.bytes'),
    indexIntervalBytes: number('index.interval.bytes'),
    maxMessageBytes: number('max.message.bytes'),
    timestampType: text('message.timestamp.type') as TopicConfig['timestampType'],
    timestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    timestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    compressionType,
    compressionLevel:
      compressionType === 'gzip' || compressionType === 'zstd'
        ? number(`compression.${compressionType}.level`)
        : undefined,
    flushMessages: number('flush.messages'),
    flushMs: number('flush.ms'),
    minInsyncReplicas: number('min.insync.replicas'),
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
    deleteRetentionMs: number('delete.retention.ms'),
    minCompactionLagMs: number('min.compaction.lag.ms'),
    maxCompactionLagMs: number('max.compaction.lag.ms'),
  };
}
