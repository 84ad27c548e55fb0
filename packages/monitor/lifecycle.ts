export type { LifecycleRecord } from './src/events/records.ts';
export { LastLines } from './src/supervise/last-lines.ts';
export { type LifecycleFacts, LifecycleTopic, type LifecycleTopicOptions } from './src/supervise/lifecycle-topic.ts';
