export type { ComponentHealth, HealthCheck, HealthComponentOptions, HealthStatus } from './src/actuator/health.ts';
export { CallError, type CallErrorCode } from './src/calls/call-error.ts';
export type { ServiceFetchInit } from './src/calls/service-fetch.ts';
export { SettingsError } from './src/config/bind-settings.ts';
export { type Field, type SettingsOf, type SettingsSchema, setting } from './src/config/settings-fields.ts';
export { type ConnectedTopics, connectTopics, type TopicsOptions } from './src/connect-topics.ts';
export { defineTopics, type JsonTopic } from './src/define-topics.ts';
export type { ServiceNotification } from './src/observe/service-events.ts';
export { type LogLevel, type LogSink, logLevels, type ServiceLogger } from './src/observe/service-logger.ts';
export type { Attributes, Span } from './src/observe/tracer.ts';
export { type OpenRecordTracingOptions, openRecordTracing } from './src/records/open-record-tracing.ts';
export { keyText, originOf, type RecordHeaders, type RecordOrigin } from './src/records/record-headers.ts';
export {
  defaultTracesPerSecond,
  type HandledRecord,
  type ReceivedRecord,
  RecordTracing,
  type RecordTracingOptions,
  type SendingRecord,
  type StreamsTracer,
} from './src/records/record-tracing.ts';
export type { JsonSchema, ValueOf } from './src/routes/json-schema.ts';
export { isDeveloper } from './src/routes/route-auth.ts';
export { type Reply, type RouteContext, type RouteOptions, reply } from './src/routes/route-definition.ts';
export { createService } from './src/service/create-service.ts';
export type { Service } from './src/service/service.ts';
export type { ServiceOptions } from './src/service/service-options.ts';
export type { HandleOptions } from './src/service/service-topics.ts';
export { ServiceError, type ServiceErrorCode } from './src/service-error.ts';
export type { SchemaDefinition, TopicDefinition, TopicDefinitions, TopicTypes } from './src/topic-definitions.ts';
export type { Headers, NewRecord, RawRecord, TopicBatch, TopicRecord } from './src/topic-records.ts';
export { type ConsumeOptions, TypedConsumer } from './src/typed-consumer.ts';
export { type ProduceObserver, type ProduceOptions, TypedTopic } from './src/typed-topic.ts';
