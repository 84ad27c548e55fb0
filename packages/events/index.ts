export { EventTopic, type EventTopicOptions, type TellOptions } from './src/event-topic.ts';
