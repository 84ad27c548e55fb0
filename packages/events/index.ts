export { EventTopic, type EventTopicOptions, type TellOptions } from './src/event-topic.ts';
export { TopicSchema, type TopicSchemaOptions } from './src/topic-schema.ts';
