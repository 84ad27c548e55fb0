import type { Serde } from '../serdes/serde.ts';
import { bufferOf } from '../stores/bytes.ts';
import type { WindowEntry, WindowStore } from '../stores/window-store.ts';

/** Rows of windows that start from `fromMs` to `toMs`, by start and then by the key's bytes. */
export function rowsInOrder<K, V>(
  store: WindowStore<K, V>,
  fromMs: number,
  toMs: number,
  keySerde: Serde<K>,
): WindowEntry<K, V>[] {
  const rows = Array.from(store.fetchAll(fromMs, toMs), (row) => ({
    row,
    order: bufferOf(keySerde.encode(row.key, store.name)).toString('latin1'),
  }));
  rows.sort((a, b) => a.row.startMs - b.row.startMs || (a.order < b.order ? -1 : 1));
  return rows.map(({ row }) => row);
}

/**
 * The greatest timestamp of the rows; -1 when there are none. Every record that moves stream time on goes into a row, so after a restore it
 * is the stream time up to which windows were closed: what Kafka Streams keeps in the metadata of its commits.
 */
export function newestTimestamp<K, V>(store: WindowStore<K, V>): number {
  let newest = -1;
  for (const { timestamp } of store.fetchAll(0, Number.MAX_SAFE_INTEGER)) if (timestamp > newest) newest = timestamp;
  return newest;
}
