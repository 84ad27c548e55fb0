import type { Serde } from '../serdes/serde.ts';
import type { ChangelogSink } from './state-store.ts';

/** A row for a changelog, straight into its batch where the serdes can do that; null takes the key's row away. */
export function appendRow<K, V>(
  sink: ChangelogSink,
  topic: string,
  key: K,
  value: V | null,
  timestamp: number,
  keySerde: Serde<K>,
  valueSerde: Serde<V>,
): void {
  if (value !== null && sink.write?.(key, value, timestamp, keySerde, valueSerde)) return;
  sink.append(keySerde.encode(key, topic), value === null ? null : valueSerde.encode(value, topic), timestamp);
}
