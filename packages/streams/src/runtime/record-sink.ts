import type { Bytes, RawHeaders, RecordHeader } from '@headwater/protocol';
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
    headers: readonly RecordHeader[] | RawHeaders,
  ): void;
  /**
   * The same for a record whose serdes write it straight into the batch, its headers as they stood in another: how many bytes key and value have; -1, and nothing is done,
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
    headers: RawHeaders | null,
  ): number;
}
