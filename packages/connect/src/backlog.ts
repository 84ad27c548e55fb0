import type { FetchedBatch } from '@headwater/client';
import type { SinkRecord } from './sink-options.ts';

/** Records of a partition that were read and not written. */
export interface Waiting {
  readonly records: SinkRecord[];
  /** After the last one, and after what follows it without being a record. */
  next: number;
}

/** What was read and is not written yet. */
export class Backlog {
  readonly #topic: string;
  readonly partitions = new Map<number, Waiting>();
  records = 0;
  bytes = 0;

  constructor(topic: string) {
    this.#topic = topic;
  }

  get isEmpty(): boolean {
    return this.partitions.size === 0;
  }

  /** Returns how many records it has. */
  add(batch: FetchedBatch): number {
    const { partition } = batch;
    const records = batch.records();
    let waiting = this.partitions.get(partition);
    if (waiting === undefined) this.partitions.set(partition, (waiting = { records: [], next: 0 }));
    for (const record of records) waiting.records.push({ topic: this.#topic, partition, ...record });
    this.records += records.length;
    waiting.next = batch.nextOffset;
    this.bytes += batch.sizeBytes;
    return records.length;
  }

  /** They come again, or to another. */
  drop(partitions: Iterable<number>): void {
    for (const partition of partitions) {
      const waiting = this.partitions.get(partition);
      if (waiting === undefined) continue;
      this.records -= waiting.records.length;
      this.partitions.delete(partition);
    }
    if (this.isEmpty) this.bytes = 0;
  }

  /** The first `max` records, and where each partition stands after them. */
  first(max: number): { records: SinkRecord[]; ends: Map<number, number> } {
    const records: SinkRecord[] = [];
    const ends = new Map<number, number>();
    for (const [partition, waiting] of this.partitions) {
      const taken = waiting.records.slice(0, max - records.length);
      const isAll = taken.length === waiting.records.length;
      if (taken.length === 0 && !isAll) break;
      records.push(...taken);
      ends.set(partition, isAll ? waiting.next : taken.at(-1)!.offset + 1);
    }
    return { records, ends };
  }

  /** They are written. */
  done(ends: ReadonlyMap<number, number>): void {
    for (const [partition, end] of ends) {
      const waiting = this.partitions.get(partition);
      if (waiting === undefined) continue;
      const at = waiting.records.findIndex(({ offset }) => offset >= end);
      const count = at < 0 ? waiting.records.length : at;
      waiting.records.splice(0, count);
      this.records -= count;
      if (waiting.next <= end) this.partitions.delete(partition);
    }
    if (this.isEmpty) this.bytes = 0;
  }
}
