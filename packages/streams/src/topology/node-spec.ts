import type { Operator } from '../processor/operator.ts';
import type { RecordContext } from '../processor/record-context.ts';
import type { Serde } from '../serdes/serde.ts';

/** The time of a record, epoch milliseconds; a negative one lets the record be skipped and counted. */
export type TimestampExtractor<K = unknown, V = unknown> = (
  value: V,
  key: K,
  recordTimestamp: number,
  /** The greatest of the partition so far; -1 before the first. */
  partitionTimeMs: number,
) => number;

/** The partition that a record goes to; undefined: by the hash of the key's bytes. */
export type StreamPartitioner<K = unknown, V = unknown> = (
  topic: string,
  key: K,
  value: V,
  partitionsCount: number,
) => number | undefined;

export interface SourceSpec {
  readonly kind: 'source';
  readonly name: string;
  /** Names without the application's prefix where the topic is internal; a pattern is matched against all topics there are. */
  readonly topics: readonly string[] | RegExp;
  readonly keySerde: Serde<unknown>;
  readonly valueSerde: Serde<unknown>;
  readonly timestampExtractor: TimestampExtractor | null;
  /** Where there is no committed offset. */
  readonly offsetReset: 'earliest' | 'latest' | null;
}

export interface ProcessorSpec {
  readonly kind: 'processor';
  readonly name: string;
  readonly parents: readonly string[];
  /** Called for each task. */
  create(): Operator;
  readonly stores: readonly string[];
}

export interface SinkSpec {
  readonly kind: 'sink';
  readonly name: string;
  readonly parents: readonly string[];
  readonly topic: string | ((key: unknown, value: unknown, record: RecordContext) => string);
  readonly keySerde: Serde<unknown>;
  readonly valueSerde: Serde<unknown>;
  readonly partitioner: StreamPartitioner | null;
}

export type NodeSpec = SourceSpec | ProcessorSpec | SinkSpec;

/** A topic through which records go to the partition of their new key. Its name has no prefix yet. */
export interface RepartitionTopic {
  readonly name: string;
  /** Null: as many as the topics that it comes from or is joined with. */
  readonly partitions: number | null;
}

/** A table that every instance has whole. */
export interface GlobalTableSpec {
  readonly store: string;
  readonly topic: string;
  readonly keySerde: Serde<unknown>;
  readonly valueSerde: Serde<unknown>;
  /** What its source and its processor are called in a description; default: after the store. */
  readonly nodes?: { readonly source: string; readonly processor: string };
}
