import type { Serde } from '../serdes/serde.ts';
import { MemoryKeyValueStore } from '../stores/memory-key-value-store.ts';
import { MemorySessionStore } from '../stores/memory-session-store.ts';
import { MemoryWindowStore } from '../stores/memory-window-store.ts';
import type { StoreChangelog, StoreSpec } from '../stores/state-store.ts';
import { sessionStoreEnd, windowStoreStart } from '../stores/window-key.ts';

export interface StoreOptions<K, V> {
  readonly name: string;
  readonly keySerde: Serde<K>;
  readonly valueSerde: Serde<V>;
  /** Default: logged, to a topic of its own. */
  readonly changelog?: StoreChangelog | null;
}

export const compacted: Readonly<Record<string, string>> = { 'cleanup.policy': 'compact' };

/** Rows by key. */
export function keyValueStore<K, V>(options: StoreOptions<K, V>): StoreSpec {
  const { changelog = { configs: compacted }, keySerde, name, valueSerde } = options;
  return {
    name,
    changelog,
    kind: 'key-value',
    serdes: { key: keySerde as Serde<unknown>, value: valueSerde as Serde<unknown> },
    create: () => new MemoryKeyValueStore<K, V>(name, { key: keySerde, value: valueSerde }),
  };
}

/** A day more than the windows are kept, as Kafka Streams has it: clocks differ. */
const retentionExtraMs = 86_400_000;

/** Rows by key and window, kept for `retentionMs` of stream time. */
export function windowStore<K, V>(options: StoreOptions<K, V> & { retentionMs: number }): StoreSpec {
  const { keySerde, name, retentionMs, valueSerde } = options;
  const { changelog = { configs: windowed(retentionMs) } } = options;
  return {
    name,
    changelog,
    expiry: { retentionMs, timeOf: windowStoreStart },
    kind: 'window',
    serdes: { key: keySerde as Serde<unknown>, value: valueSerde as Serde<unknown> },
    create: () => new MemoryWindowStore<K, V>(name, { key: keySerde, value: valueSerde }, retentionMs),
  };
}

/** Rows by key and session, kept for `retentionMs` of stream time. */
export function sessionStore<K, V>(options: StoreOptions<K, V> & { retentionMs: number }): StoreSpec {
  const { keySerde, name, retentionMs, valueSerde } = options;
  const { changelog = { configs: windowed(retentionMs) } } = options;
  return {
    name,
    changelog,
    expiry: { retentionMs, timeOf: sessionStoreEnd },
    kind: 'session',
    serdes: { key: keySerde as Serde<unknown>, value: valueSerde as Serde<unknown> },
    create: () => new MemorySessionStore<K, V>(name, { key: keySerde, value: valueSerde }, retentionMs),
  };
}

export function windowed(retentionMs: number): Record<string, string> {
  return { 'cleanup.policy': 'compact,delete', 'retention.ms': String(retentionMs + retentionExtraMs) };
}
