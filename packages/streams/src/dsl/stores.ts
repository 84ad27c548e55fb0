import type { Serde } from '../serdes/serde.ts';
import { DiskKeyValueStore } from '../stores/disk/disk-key-value-store.ts';
import { DiskSessionStore } from '../stores/disk/disk-session-store.ts';
import { DiskWindowStore } from '../stores/disk/disk-window-store.ts';
import { MemoryKeyValueStore } from '../stores/memory-key-value-store.ts';
import { MemorySessionStore } from '../stores/memory-session-store.ts';
import { MemoryWindowStore } from '../stores/memory-window-store.ts';
import type { Storage, StoreChangelog, StoreHome, StoreSpec } from '../stores/state-store.ts';
import { sessionStoreEnd, windowStoreStart } from '../stores/window-key.ts';

export interface StoreOptions<K, V> {
  readonly name: string;
  readonly keySerde: Serde<K>;
  readonly valueSerde: Serde<V>;
  /** Default: logged, to a topic of its own. */
  readonly changelog?: StoreChangelog | null;
  /** Default: that of the application. */
  readonly storage?: Storage | undefined;
}

export const compacted: Readonly<Record<string, string>> = { 'cleanup.policy': 'compact' };

/** Rows by key. */
export function keyValueStore<K, V>(options: StoreOptions<K, V>): StoreSpec {
  const { changelog = { configs: compacted }, keySerde, name, storage, valueSerde } = options;
  const serdes = { key: keySerde, value: valueSerde };
  return {
    name,
    changelog,
    storage,
    kind: 'key-value',
    serdes: { key: keySerde as Serde<unknown>, value: valueSerde as Serde<unknown> },
    create: (home) =>
      isOnDisk(storage, home)
        ? new DiskKeyValueStore<K, V>(name, serdes, home.memory)
        : new MemoryKeyValueStore<K, V>(name, serdes),
  };
}

/** A day more than the windows are kept, as Kafka Streams has it: clocks differ. */
const retentionExtraMs = 86_400_000;

/** Rows by key and window, kept for `retentionMs` of stream time. */
export function windowStore<K, V>(options: StoreOptions<K, V> & { retentionMs: number }): StoreSpec {
  const { keySerde, name, retentionMs, storage, valueSerde } = options;
  const serdes = { key: keySerde, value: valueSerde };
  const { changelog = { configs: windowed(retentionMs) } } = options;
  return {
    name,
    changelog,
    storage,
    expiry: { retentionMs, timeOf: windowStoreStart },
    kind: 'window',
    serdes: { key: keySerde as Serde<unknown>, value: valueSerde as Serde<unknown> },
    create: (home) =>
      isOnDisk(storage, home)
        ? new DiskWindowStore<K, V>(name, serdes, retentionMs, home.memory)
        : new MemoryWindowStore<K, V>(name, serdes, retentionMs),
  };
}

/** Rows by key and session, kept for `retentionMs` of stream time. */
export function sessionStore<K, V>(options: StoreOptions<K, V> & { retentionMs: number }): StoreSpec {
  const { keySerde, name, retentionMs, storage, valueSerde } = options;
  const serdes = { key: keySerde, value: valueSerde };
  const { changelog = { configs: windowed(retentionMs) } } = options;
  return {
    name,
    changelog,
    storage,
    expiry: { retentionMs, timeOf: sessionStoreEnd },
    kind: 'session',
    serdes: { key: keySerde as Serde<unknown>, value: valueSerde as Serde<unknown> },
    create: (home) =>
      isOnDisk(storage, home)
        ? new DiskSessionStore<K, V>(name, serdes, retentionMs, home.memory)
        : new MemorySessionStore<K, V>(name, serdes, retentionMs),
  };
}

export function windowed(retentionMs: number): Record<string, string> {
  return { 'cleanup.policy': 'compact,delete', 'retention.ms': String(retentionMs + retentionExtraMs) };
}

function isOnDisk(storage: Storage | undefined, home: StoreHome): boolean {
  return (storage ?? home.storage) === 'disk';
}
