import type { TopicSettings } from './kafka.ts';
import type { Names } from './names.ts';

/** `twitter-topic`: key = the user's id, so that one user's tweets keep their order; value = `TwitterAvroModel`. */
export function tweetsTopic(names: Names): TopicSettings {
  return { name: names.tweetsTopic, partitions: 3 };
}

/**
 * `twitter-analytics-topic`: key = word, value = its newest count. Compacted, because only the last record of a word matters;
 * segments are small, because the newest one is never compacted and streams reads all of it for its top words when it starts.
 */
export function countsTopic(names: Names): TopicSettings {
  return {
    name: names.countsTopic,
    partitions: 3,
    configs: {
      'cleanup.policy': 'compact',
      'segment.bytes': String(16 * 1024 * 1024),
      'min.cleanable.dirty.ratio': '0.2',
    },
  };
}
