export { EventTopic, type EventTopicOptions, type TellOptions } from './src/event-topic.ts';
export { metricSampleSchema, metricSamplesTopic, sampleSources, sampleTypes } from './src/metric-samples.ts';
export { TopicSchema, type TopicSchemaOptions } from './src/topic-schema.ts';
