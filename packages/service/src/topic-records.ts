import type { TopicTypes } from './topic-definitions.ts';

export type Headers = Readonly<Record<string, string | Uint8Array | null>>;

type ReadKey<T extends TopicTypes> = T extends { readKey: infer K } ? K : T['key'];
type ReadValue<T extends TopicTypes> = T extends { readValue: infer V } ? V : T['value'];

/** A record to write. A key that may be null may be left out. */
export type NewRecord<T extends TopicTypes> = (null extends T['key'] ? { key?: T['key'] } : { key: T['key'] }) & {
  value: T['value'];
  headers?: Headers;
  /** Epoch milliseconds. Default: now. */
  timestamp?: number;
  /** Default: chosen by key, or by chance for records without one. */
  partition?: number;
};

/** A record that was read. `Tombstones` says whether it may have no value. */
export interface TopicRecord<T extends TopicTypes, Tombstones extends boolean = false> {
  topic: string;
  partition: number;
  offset: number;
  /** Epoch milliseconds. */
  timestamp: number;
  key: ReadKey<T>;
  value: ReadValue<T> | (Tombstones extends true ? null : never);
  headers: readonly { key: string; value: Uint8Array | null }[];
}

/** Records of one partition that came together. */
export interface TopicBatch<T extends TopicTypes, Tombstones extends boolean = false> {
  topic: string;
  partition: number;
  records: readonly TopicRecord<T, Tombstones>[];
}

/** A record that could not be understood, as it stands in the log. Its bytes are views: copy what is kept. */
export interface RawRecord {
  topic: string;
  partition: number;
  offset: number;
  timestamp: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: readonly { key: string; value: Uint8Array | null }[];
}
