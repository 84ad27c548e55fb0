import { stringSerde } from '../serdes/basic-serdes.ts';
import { jsonSerde } from '../serdes/json-serde.ts';
import type { Serde } from '../serdes/serde.ts';
import type { Storage } from '../stores/state-store.ts';
import type { StreamPartitioner, TimestampExtractor } from '../topology/node-spec.ts';

/** How records of a topic are read. Default: keys are text, values are JSON. */
export interface Consumed<K, V> {
  key?: Serde<K>;
  value?: Serde<V>;
  timestamp?: TimestampExtractor<K, V>;
  /** Where there is no committed offset. Default: that of the application. */
  offsetReset?: 'earliest' | 'latest';
  name?: string;
}

/** How records are written to a topic. Default: as the stream's were read. */
export interface Produced<K, V> {
  key?: Serde<K>;
  value?: Serde<V>;
  partitioner?: StreamPartitioner<K, V>;
  name?: string;
}

/** Serdes where a new key or value needs some. */
export interface Grouped<K, V> {
  key?: Serde<K>;
  value?: Serde<V>;
  /** Of the repartition topic. */
  name?: string;
}

/** The store of a table. */
export interface Materialized<K, V> {
  /** The store's name: by it the table can be queried. */
  store?: string;
  key?: Serde<K>;
  value?: Serde<V>;
  /** Of windows: how long they are kept, in stream time. Default: size and grace. */
  retentionMs?: number;
  /**
   * Of a table that is read from a topic or put together without windows: a row is taken away when stream time is past its last update by more.
   * Those downstream and the changelog hear of it as of any row that is taken away. Default: rows stay.
   */
  ttlMs?: number;
  /** Default true: changes go to a topic, from which another instance takes over. */
  isLogged?: boolean;
  /** 'disk': more rows than memory has room for, in the application's `stateDir`. Default: that of the application. */
  storage?: Storage;
  name?: string;
}

/** The rows of a foreign-key join, and where the messages of its two sides go. */
export interface ForeignKeyJoined<K, V, KForeign> extends Materialized<K, V> {
  /** Of answers, where the left table's topic is not written by the default partitioner. Default: back to the left row's partition. */
  partitioner?: StreamPartitioner<K>;
  /** Of subscriptions, where the other table's topic is not written by the default partitioner. */
  otherPartitioner?: StreamPartitioner<KForeign>;
  /**
   * Default true. False, as in Kafka Streams: an inner join says nothing of a row that has no partner and had no result before, and so may keep
   * a result for ever when a row is taken away and comes again within the time that an answer takes.
   */
  isEachRowAnswered?: boolean;
}

/** The stores of a join of two streams, and serdes where a new key or value needs some. */
export interface StreamJoined<K, V, VOther> {
  key?: Serde<K>;
  value?: Serde<V>;
  otherValue?: Serde<VOther>;
  /** What the names of the stores begin with. */
  store?: string;
  /** Default true: changes go to topics, from which another instance takes over. */
  isLogged?: boolean;
  name?: string;
}

/** Of `mapValuesAsync`. */
export interface AsyncOptions {
  /** Calls under way at once, for each partition. Default 100. */
  concurrency?: number;
  /** How long a call may take; then it has failed. Default 30,000. */
  timeoutMs?: number;
  /** Default true: results in the order of the partition's records. False: as they come. */
  ordered?: boolean;
  name?: string;
}

/** Of `KStream.through`. */
export interface OperatorOptions<K, V> extends Named {
  stores?: readonly string[];
  /** Of what comes out, where it is another than what goes in. */
  key?: Serde<K>;
  value?: Serde<V>;
  /** Default false. */
  isKeyChanged?: boolean;
}

export interface Named {
  name?: string;
}

export interface Repartitioned<K, V> {
  key?: Serde<K>;
  value?: Serde<V>;
  /** Default: as many as the topic that the stream comes from. */
  partitions?: number;
  name?: string;
}

export const defaultKeySerde = stringSerde as Serde<unknown>;
export const defaultValueSerde: Serde<unknown> = jsonSerde();
