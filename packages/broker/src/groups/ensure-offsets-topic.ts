import type { BrokerContext } from '../context.ts';
import type { TopicInfo } from '../storage/index.ts';
import { offsetsTopic } from './offsets-log.ts';

/** Kafka makes `__consumer_offsets` when the first client looks for a group's coordinator, and some tools expect to find it then. */
export function ensureOffsetsTopic({ offsetsLog, store }: BrokerContext): TopicInfo {
  offsetsLog.ensureTopic();
  return store.topic(offsetsTopic)!;
}
