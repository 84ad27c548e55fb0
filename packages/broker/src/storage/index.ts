/** The log on disk: topics, partitions, segments. No network in here; all file access through a `Files`. */
export type { DirectoryEntry, DirectoryLock, Files, OpenFile, OpenMode } from './files/files.ts';
export { StorageError, type StorageErrorCode, type StorageErrorName } from './storage-error.ts';
export {
  type BrokerSettings,
  type ConfigEntry,
  checkTopicConfigs,
  describeTopicConfigs,
  resolveTopicConfig,
  type TopicConfig,
  type TopicConfigName,
  topicConfigs,
  topicConfigTable,
} from './topic-config.ts';
export type {
  AbortedTransaction,
  AppendOptions,
  AppendResult,
  DurableValues,
  LogStore,
  LogStoreOptions,
  NewTopic,
  PartitionLog,
  ProducerInfo,
  RecoveryFinding,
  RecoveryReport,
  StorageClock,
  StorageStats,
  TimestampOffset,
  TopicInfo,
} from './types.ts';
