export {
  CogroupedStream,
  type SessionCogroupedStream,
  type TimeCogroupedStream,
} from './src/dsl/cogrouped-stream.ts';
export { GlobalTable } from './src/dsl/global-table.ts';
export { KGroupedStream } from './src/dsl/kgrouped-stream.ts';
export { KGroupedTable } from './src/dsl/kgrouped-table.ts';
export { KStream } from './src/dsl/kstream.ts';
export { KTable } from './src/dsl/ktable.ts';
export type {
  AsyncOptions,
  Consumed,
  ForeignKeyJoined,
  Grouped,
  Materialized,
  Named,
  OperatorOptions,
  Produced,
  Repartitioned,
  StreamJoined,
} from './src/dsl/options.ts';
export { SessionWindowedStream } from './src/dsl/session-windowed-stream.ts';
export { keyValueStore, type StoreOptions, sessionStore, windowStore } from './src/dsl/stores.ts';
export { StreamsBuilder } from './src/dsl/streams-builder.ts';
export {
  type SuppressBounds,
  type UntilTimeLimit,
  type UntilWindowCloses,
  untilTimeLimit,
  untilWindowCloses,
} from './src/dsl/suppressed.ts';
export { TimeWindowedStream } from './src/dsl/time-windowed-stream.ts';
export {
  type EmitStrategy,
  hopping,
  type JoinWindows,
  type SessionWindows,
  type SlidingWindows,
  session,
  sliding,
  type TimeWindows,
  tumbling,
  type WindowedOptions,
  within,
} from './src/dsl/windows.ts';
export type { ForeignKeyOf } from './src/operators/foreign-key-subscriber.ts';
export type { TransformerContext, ValueTransformer } from './src/operators/transform-values.ts';
export { Change } from './src/processor/change.ts';
export type {
  FixedKeyProcessor,
  FixedKeyProcessorContext,
  FixedKeyRecord,
} from './src/processor/fixed-key-processor.ts';
export { Operator } from './src/processor/operator.ts';
export type { OperatorReading } from './src/processor/operator-metrics.ts';
export type { Processor, ProcessorContext, StreamRecord } from './src/processor/processor.ts';
export type { RecordContext, SavedRecord } from './src/processor/record-context.ts';
export type { Cancellable, PunctuationType, TaskContext } from './src/processor/task-context.ts';
export type { QueryOptions } from './src/queries/local-stores.ts';
export { StoreClient, type StoreClientOptions, type StorePlace } from './src/queries/store-client.ts';
export type { ErrorDecision, ErrorPolicies, ErrorPolicy } from './src/runtime/error-policy.ts';
export { prometheusText } from './src/runtime/prometheus-text.ts';
export type { RecordSpan, RecordTracer, TracedRecord } from './src/runtime/record-tracer.ts';
export type { RestoreReading } from './src/runtime/restore-progress.ts';
export { type AddOptions, Streams, type StreamsState } from './src/runtime/streams.ts';
export type {
  CommitReading,
  InputReading,
  StoreReading,
  StreamsReading,
  TaskReading,
} from './src/runtime/streams-metrics.ts';
export type { Guarantee, StreamsOptions } from './src/runtime/streams-options.ts';
export { type RemoveOptions, TopologyHandle } from './src/runtime/topology-handle.ts';
export type { TopologyState } from './src/runtime/topology-instance.ts';
export { serdes } from './src/serdes/index.ts';
export { type JsonField, type JsonScanner, type JsonScannerOptions, jsonScanner } from './src/serdes/json-scanner.ts';
export {
  type RegistryDeserializer,
  type RegistrySerdeOptions,
  type RegistrySerializer,
  registrySerde,
} from './src/serdes/registry-serde.ts';
export type { Serde } from './src/serdes/serde.ts';
export { asciiText, TextOrigin, textOf } from './src/serdes/text-cache.ts';
export { sessionWindowedSerde, timeWindowedSerde } from './src/serdes/windowed-serdes.ts';
export { partOfWord, plainEnd, textEnd, viewOf } from './src/serdes/words.ts';
export { StateMemory, type StateMemoryOptions } from './src/stores/disk/state-memory.ts';
export type { KeyValueEntry, KeyValueStore, ReadOnlyKeyValueStore } from './src/stores/key-value-store.ts';
export type { ReadOnlySessionStore, SessionEntry, SessionStore } from './src/stores/session-store.ts';
export type { StateStore, Storage, StoreHome, StoreSpec } from './src/stores/state-store.ts';
export type { ReadOnlyWindowStore, Window, WindowEntry, Windowed, WindowStore } from './src/stores/window-store.ts';
export { StreamsError, type StreamsErrorCode } from './src/streams-error.ts';
export {
  type TestDriverOptions,
  TestInput,
  TestOutput,
  type TestRecord,
  TopologyTestDriver,
  type WrittenRecord,
} from './src/testing/topology-test-driver.ts';
export type { StreamPartitioner, TimestampExtractor } from './src/topology/node-spec.ts';
export { Topology } from './src/topology/topology.ts';
export {
  type ProcessorDescription,
  type SinkDescription,
  type SourceDescription,
  type SubtopologyDescription,
  TopologyDescription,
} from './src/topology/topology-description.ts';
