/** The log on disk: topics, partitions, segments. No network in here; all file access through a `Files`. */

export { decodeLine, encodeLine } from './checked-lines.ts';
export { type ConfigDefinition, type ConfigType, configValueProblem, LONG_MAX, listItems } from './config-value.ts';
export { type Fault, FaultFiles, type FileOperation } from './files/fault-files.ts';
export type { DirectoryEntry, DirectoryLock, Files, OpenFile, OpenMode } from './files/files.ts';
export { memoryFiles } from './files/memory-files.ts';
export { nodeFiles } from './files/node-files.ts';
export { openLogStore } from './log-store.ts';
export { StorageError, type StorageErrorCode } from './storage-error.ts';
export { type CapturedFile, directoryOf, type StoreCapture } from './store-capture.ts';
export { resolveStoreConfig, storeConfigs } from './store-config.ts';
export { newTopicId } from './topic-catalog.ts';
export {
  type BrokerSettings,
  type ConfigEntry,
  type ConfigSynonym,
  checkTopicConfigs,
  describeTopicConfigs,
  resolveTopicConfig,
  type SettingLayer,
  type TopicConfig,
  type TopicConfigName,
  topicConfigs,
  topicConfigTable,
} from './topic-config.ts';
export { decodeMarker, type TransactionMarker } from './transaction-marker.ts';
export type {
  AbortedTransaction,
  AppendOptions,
  AppendResult,
  DurableValues,
  Isolation,
  LogStore,
  LogStoreOptions,
  MemoryLease,
  NewTopic,
  PartitionLog,
  ProducerInfo,
  ReadMemory,
  RecoveryFinding,
  RecoveryReport,
  StorageClock,
  StorageStats,
  TimestampOffset,
  TopicInfo,
} from './types.ts';
