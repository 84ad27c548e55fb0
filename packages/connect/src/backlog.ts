import type { FetchedBatch } from '@headwater/client';
import { LogRecord } from './log-record.ts';
import type { SinkRecord } from './sink-options.ts';

/** What was read of a partition and not written. */
interface Waiting {
  /** Of the first batches: they are decoded when their turn comes, so that what waits is bytes. */
  readonly records: SinkRecord[];
  readonly batches: { readonly batch: FetchedBatch; readonly fromOffset: number }[];
  /** After the last decoded one, and after what follows it without being a record. */
  decodedTo: number;
  /** The same of the last batch. */
  next: number;
}

/** What was read and is not written yet. */
export class Backlog {
  readonly #topic: string;
  readonly partitions = new Map<number, Waiting>();
  /** Records that were decoded. */
  read = 0;
  bytes = 0;

  constructor(topic: string) {
    this.#topic = topic;
  }

  get isEmpty(): boolean {
    return this.partitions.size === 0;
  }

  /** How many wait, as far as their batches say. */
  get records(): number {
    let count = 0;
    for (const { batches, records } of this.partitions.values()) {
      count += records.length;
      for (const { batch } of batches) count += batch.header.recordsCount;
    }
    return count;
  }

  /** Where what waits of a partition begins; undefined: nothing does. */
  firstOffset(partition: number): number | undefined {
    const waiting = this.partitions.get(partition);
    return waiting && (waiting.records[0]?.offset ?? waiting.decodedTo);
  }

  /** The records of a batch from an offset on. */
  add(batch: FetchedBatch, from = 0): void {
    const { nextOffset, partition } = batch;
    const fromOffset = Math.max(batch.fromOffset, from);
    let waiting = this.partitions.get(partition);
    if (waiting === undefined) {
      waiting = { records: [], batches: [], decodedTo: fromOffset, next: 0 };
      this.partitions.set(partition, waiting);
    }
    waiting.batches.push({ batch, fromOffset });
    waiting.next = nextOffset;
    this.bytes += batch.sizeBytes;
  }

  /** They come again, or to another. */
  drop(partitions: Iterable<number>): void {
    for (const partition of partitions) this.partitions.delete(partition);
    if (this.isEmpty) this.bytes = 0;
  }

  /** The first `max` records, and where each partition stands after them. */
  first(max: number): { records: SinkRecord[]; ends: Map<number, number> } {
    const records: SinkRecord[] = [];
    const ends = new Map<number, number>();
    for (const [partition, waiting] of this.partitions) {
      const wanted = max - records.length;
      this.#decode(partition, waiting, wanted);
      const taken = waiting.records.slice(0, wanted);
      const isAll = taken.length === waiting.records.length;
      if (taken.length === 0 && (!isAll || waiting.batches.length > 0)) break;
      records.push(...taken);
      ends.set(partition, isAll ? waiting.decodedTo : taken.at(-1)!.offset + 1);
    }
    return { records, ends };
  }

  /** They are written. */
  done(ends: ReadonlyMap<number, number>): void {
    for (const [partition, end] of ends) {
      const waiting = this.partitions.get(partition);
      if (waiting === undefined) continue;
      const at = waiting.records.findIndex(({ offset }) => offset >= end);
      waiting.records.splice(0, at < 0 ? waiting.records.length : at);
      if (waiting.next <= end) this.partitions.delete(partition);
    }
    if (this.isEmpty) this.bytes = 0;
  }

  /** So many are decoded, where there are as many. */
  #decode(partition: number, waiting: Waiting, count: number): void {
    const { batches, records } = waiting;
    let at = 0;
    for (; at < batches.length && records.length < count; at++) {
      const { batch, fromOffset } = batches[at]!;
      if (!batch.header.isControl) {
        const cursor = batch.cursor();
        while (cursor.next()) {
          if (cursor.offset < fromOffset) continue;
          records.push(new LogRecord(this.#topic, partition, cursor));
          this.read += 1;
        }
      }
      waiting.decodedTo = batch.nextOffset;
    }
    batches.splice(0, at);
  }
}
