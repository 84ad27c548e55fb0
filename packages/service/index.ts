export { type ConnectedTopics, connectTopics, type TopicsOptions } from './src/connect-topics.ts';
export { ServiceError, type ServiceErrorCode } from './src/service-error.ts';
export type { SchemaDefinition, TopicDefinition, TopicDefinitions, TopicTypes } from './src/topic-definitions.ts';
export type { Headers, NewRecord, RawRecord, TopicBatch, TopicRecord } from './src/topic-records.ts';
export { type ConsumeOptions, TypedConsumer } from './src/typed-consumer.ts';
export { type ProduceOptions, TypedTopic } from './src/typed-topic.ts';
