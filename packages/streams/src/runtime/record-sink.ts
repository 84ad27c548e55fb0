import type { Bytes, RecordHeader } from '@headwater/protocol';

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
}
