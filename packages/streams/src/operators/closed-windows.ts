import type { WindowStore } from '../stores/window-store.ts';

/**
 * The greatest timestamp of the rows; -1 when there are none. Every record that moves stream time on goes into a row, so after a restore it
 * is the stream time up to which windows were closed: what Kafka Streams keeps in the metadata of its commits.
 */
export function newestTimestamp<K, V>(store: WindowStore<K, V>): number {
  let newest = -1;
  for (const { timestamp } of store.fetchAll(0, Number.MAX_SAFE_INTEGER)) if (timestamp > newest) newest = timestamp;
  return newest;
}
