import {
  BatchBuilder,
  type Bytes,
  murmur2,
  murmur2Partition,
  type RawHeaders,
  type RecordHeader,
  recordSizeMax,
} from '@headwater/protocol';
import type { Serde } from '../serdes/serde.ts';
import { StreamsError } from '../streams-error.ts';
import type { RecordSink } from './record-sink.ts';

export interface OutputBatch {
  readonly topic: string;
  readonly partition: number;
  readonly batch: BatchBuilder;
  /** Where the partition goes on after it, once it is acknowledged; -1: not known. */
  nextOffset: number;
}

/** The header of a batch, and what compression may add to what cannot be compressed. */
const batchOverheadBytes = 128;
const batchBytesMax = 512 * 1024;
/** Smaller records need no look at the topic's limit, unless that is smaller than a batch. */
const largeBytes = 64 * 1024;
const firstCapacityBytes = 4 * 1024;
/** What a value gets at first that is written straight into its batch; more once one did not fit. */
const firstRoomBytes = 256;
/** What comes behind a value, at most. */
const afterValueBytes = 16;

interface Topic {
  readonly name: string;
  readonly partitions: number;
  /** Of a batch, and so of a record. */
  readonly bytesMax: number;
  /** By partition: the batch that is being filled. */
  readonly open: (BatchBuilder | undefined)[];
  /** Where records without a key go until the next batch. */
  keyless: number;
  /** Of the last batch that was full or sent: the next one will be about as large. */
  capacityBytes: number;
  roomBytes: number;
}

/** A result is for a topic that is not there. */
export class MissingTopicError extends StreamsError {
  readonly topic: string;

  constructor(topic: string) {
    const message = `There is no topic ${topic}; make it first, only topics of the application's own are made by it`;
    super('HW_STREAMS_PRODUCTION', message);
    this.topic = topic;
  }
}

/** What tasks have written since it was last taken: encoded as it comes, a batch for each partition. */
export class OutputBatches implements RecordSink {
  readonly #partitionsOf: (topic: string) => number | undefined;
  readonly #bytesMaxOf: (topic: string) => number;
  readonly #topics = new Map<string, Topic>();
  readonly #record: {
    key: Bytes | null;
    value: Bytes | null;
    timestamp: number;
    headers: readonly RecordHeader[] | RawHeaders;
  } = { key: null, value: null, timestamp: 0, headers: [] };
  readonly #key = Buffer.allocUnsafeSlow(1024);
  #last: Topic | null = null;
  /** Batches that are being filled, and some that no longer are. */
  #begun: { readonly topic: Topic; readonly partition: number }[] = [];
  #full: OutputBatch[] = [];
  #fullBytes = 0;

  /** `bytesMaxOf`: the largest batch that the topic takes. */
  constructor(partitionsOf: (topic: string) => number | undefined, bytesMaxOf: (topic: string) => number) {
    this.#partitionsOf = partitionsOf;
    this.#bytesMaxOf = bytesMaxOf;
  }

  /** Of batches that are full: what is still being filled is bounded by it too. */
  get fullBytes(): number {
    return this.#fullBytes;
  }

  partitionsOf(topic: string): number {
    return this.#topic(topic).partitions;
  }

  send(
    topicName: string,
    partition: number,
    key: Bytes | null,
    value: Bytes | null,
    timestamp: number,
    headers: readonly RecordHeader[] | RawHeaders,
  ): void {
    const topic = this.#topic(topicName);
    let to = partition;
    if (to < 0) to = key === null ? topic.keyless : murmur2Partition(key, topic.partitions);
    else if (to >= topic.partitions) {
      const message = `${topicName} has ${topic.partitions} partitions, a record is for partition ${to}`;
      throw new StreamsError('HW_STREAMS_PRODUCTION', message);
    }
    const record = this.#record;
    record.key = key;
    record.value = value;
    record.timestamp = timestamp;
    record.headers = headers;
    let batch = topic.open[to];
    const sizeBytes = recordSizeMax(record);
    if (sizeBytes > largeBytes || topic.bytesMax < batchBytesMax) {
      if (sizeBytes + batchOverheadBytes > topic.bytesMax) {
        const message = `a record of ${sizeBytes} bytes is too large for ${topicName}, which takes ${topic.bytesMax}`;
        throw new StreamsError('HW_STREAMS_PRODUCTION', `${message}: raise its max.message.bytes`);
      }
      if (batch !== undefined && batch.sizeBytes + sizeBytes + batchOverheadBytes > topic.bytesMax) {
        this.#close(topic, to, batch);
        batch = undefined;
      }
    }
    if (batch === undefined) {
      batch = this.#begin(topic, to);
    }
    batch.append(record);
    if (batch.sizeBytes >= batchBytesMax) this.#close(topic, to, batch);
  }

  write<K, V>(
    topicName: string,
    partition: number,
    key: K | null,
    value: V,
    timestamp: number,
    keySerde: Serde<K>,
    valueSerde: Serde<V>,
    headers: RawHeaders | null,
  ): number {
    if (valueSerde.write === undefined) return -1;
    const topic = this.#topic(topicName);
    if (topic.bytesMax < batchBytesMax || partition >= topic.partitions) return -1;
    const keyTarget = this.#key;
    let keyBytes = 0;
    if (key !== null) {
      if (keySerde.write === undefined) return -1;
      keyBytes = keySerde.write(key, keyTarget, 0, keyTarget.length, topicName);
      if (keyBytes < 0) return -1;
    }
    let to = partition;
    if (to < 0) to = key === null ? topic.keyless : (murmur2(keyTarget, keyBytes) & 0x7fff_ffff) % topic.partitions;
    let batch = topic.open[to];
    if (batch === undefined) {
      batch = this.#begin(topic, to);
    }
    const headersBytes = headers === null ? 0 : headers.sizeBytes;
    if (headersBytes > largeBytes) return -1;
    const start = batch.beginRecord(
      timestamp,
      key === null ? null : keyTarget,
      keyBytes,
      topic.roomBytes,
      headersBytes,
    );
    const { bytes } = batch;
    const limit = Math.min(bytes.length - afterValueBytes - headersBytes, start + largeBytes);
    const end = valueSerde.write(value, bytes, start, limit, topicName);
    if (end < 0) {
      topic.roomBytes = Math.min(largeBytes, topic.roomBytes * 4);
      return -1;
    }
    batch.endRecord(end, headers);
    if (batch.sizeBytes >= batchBytesMax) this.#close(topic, to, batch);
    return keyBytes + end - start;
  }

  #begin(topic: Topic, to: number): BatchBuilder {
    const batch = new BatchBuilder(topic.capacityBytes);
    topic.open[to] = batch;
    this.#begun.push({ topic, partition: to });
    return batch;
  }

  #close(topic: Topic, to: number, batch: BatchBuilder): void {
    topic.open[to] = undefined;
    topic.capacityBytes = batch.sizeBytes + 1024;
    this.#full.push({ topic: topic.name, partition: to, batch, nextOffset: -1 });
    this.#fullBytes += batch.sizeBytes;
    if (to === topic.keyless) topic.keyless = (to + 1) % topic.partitions;
  }

  /** Batches that are full, in their order: they may go before a commit. */
  takeFull(): OutputBatch[] {
    const full = this.#full;
    this.#full = [];
    this.#fullBytes = 0;
    return full;
  }

  /** All that there is. */
  takeAll(): OutputBatch[] {
    const all = this.takeFull();
    const begun = this.#begun;
    this.#begun = [];
    for (const each of begun) {
      const { partition, topic } = each;
      const batch = topic.open[partition];
      // It was full meanwhile, or stands in the list once more.
      if (batch === undefined) continue;
      // One whose only record could not be written is empty.
      if (batch.recordsCount === 0) {
        this.#begun.push(each);
        continue;
      }
      topic.open[partition] = undefined;
      topic.capacityBytes = Math.max(firstCapacityBytes, batch.sizeBytes);
      all.push({ topic: topic.name, partition, batch, nextOffset: -1 });
      if (partition === topic.keyless) topic.keyless = (topic.keyless + 1) % topic.partitions;
    }
    return all;
  }

  /** Whether anything waits to be taken. */
  get isEmpty(): boolean {
    return this.#full.length === 0 && this.#begun.length === 0;
  }

  /** Drops what was not taken, and what is known of topics. */
  clear(): void {
    this.takeFull();
    this.#begun = [];
    this.#topics.clear();
    this.#last = null;
  }

  #topic(name: string): Topic {
    if (this.#last !== null && this.#last.name === name) return this.#last;
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      const partitions = this.#partitionsOf(name);
      if (partitions === undefined) {
        throw new MissingTopicError(name);
      }
      topic = {
        name,
        partitions,
        bytesMax: this.#bytesMaxOf(name),
        open: [],
        keyless: Math.floor(Math.random() * partitions),
        capacityBytes: firstCapacityBytes,
        roomBytes: firstRoomBytes,
      };
      this.#topics.set(name, topic);
    }
    this.#last = topic;
    return topic;
  }
}
