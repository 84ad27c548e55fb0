import type { Bytes, RecordHeader } from '@headwater/protocol';
import type { Serde } from '../serdes/serde.ts';
import type { StateMemory } from './disk/state-memory.ts';

/** Where a store's changes go: the batch of its changelog's partition that is sent with the next commit. */
export interface ChangelogSink {
  /** Key and value are copied before it comes back: their bytes may be used again then. */
  /** `timestamp`: -1 for the clock's. */
  append(key: Bytes, value: Bytes | null, timestamp: number, headers?: readonly RecordHeader[]): void;
  /** The same written by the serdes straight to where it is sent from; false, and nothing is done, where that cannot be. */
  write?<K, V>(key: K, value: V, timestamp: number, keySerde: Serde<K>, valueSerde: Serde<V>): boolean;
}

export interface StoreContext {
  /** What serdes are told that they write to: the changelog's topic, also where there is none. */
  readonly changelogTopic: string;
  /** Whether changes are collected for a changelog or a checkpoint. */
  readonly isLogged: boolean;
}

/** What a task keeps in between records. Changes are collected and written once a commit: the last one of a key counts. */
export interface StateStore {
  readonly name: string;
  open(context: StoreContext): void;
  /** Hands over what has changed since the last time. */
  drainChanges(sink: ChangelogSink): void;
  /** Takes back a record of the changelog; it is not collected again. */
  restore(key: Buffer, value: Buffer | null, timestamp: number): void;
  /** Rows, about. */
  readonly count: number;
  /** In memory and on the disk, about; absent where it is not counted. */
  readonly sizeBytes?: number;
  close(): void;
}

/** Where rows are: all in memory, or on the disk with as many in memory as there is room for. */
export type Storage = 'memory' | 'disk';

/** What stores are made with. */
export interface StoreHome {
  /** Of stores that say nothing of it themselves. */
  readonly storage: Storage;
  /** Shared by all stores on the disk. */
  readonly memory: StateMemory;
}

/** Makes a store for one task. */
export interface StoreSpec {
  readonly name: string;
  create(home: StoreHome): StateStore;
  /** Default: that of the application. */
  readonly storage?: Storage | undefined;
  /** `null`: not logged. `topic`: an existing compacted topic that holds the same (a table's source). */
  readonly changelog: StoreChangelog | null;
  /** Absent: rows stay until they are taken away. */
  readonly expiry?: RowExpiry;
  /** Which kind of store it is for those who ask it. Default 'key-value'. */
  readonly kind?: 'key-value' | 'window' | 'session';
  /** By which the partition of a key is found; without them it is not asked by key from outside. */
  readonly serdes?: { readonly key: Serde<unknown>; readonly value: Serde<unknown> };
}

/** Of stores that let rows go by their time. */
export interface RowExpiry {
  /** In the time of the rows. */
  readonly retentionMs: number;
  /** The time of a row, by its key in the changelog; epoch milliseconds. */
  timeOf(key: Buffer): number;
}

export interface StoreChangelog {
  readonly topic?: string;
  /** Of the changelog topic when it is made, beside those of its kind. */
  readonly configs: Readonly<Record<string, string>>;
}
