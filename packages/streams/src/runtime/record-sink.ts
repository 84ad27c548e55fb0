import type { Bytes, RecordHeader } from '@headwater/protocol';
import type { Serde } from '../serdes/serde.ts';

/** Takes what a task writes until it is committed. */
export interface RecordSink {
  /** How many partitions a topic has; undefined when it is not known: the record must wait or is refused. */
  partitionsOf(topic: string): number;
  send(
    topic: string,
    /** -1: none in particular, as for records without a key. */
    partition: number,
    key: Bytes | null,
    value: Bytes | null,
    timestamp: number,
    headers: readonly RecordHeader[],
  ): void;
  /**
   * The same for a record without headers whose serdes write it straight into the batch: how many bytes key and value have; -1, and nothing is done,
   * when that cannot be. Throws what they throw.
   */
  write?<K, V>(
    topic: string,
    partition: number,
    key: K | null,
    value: V,
    timestamp: number,
    keySerde: Serde<K>,
    valueSerde: Serde<V>,
  ): number;
}
