import type { RecordCursor } from '@headwater/protocol';
import type { Operator } from '../processor/operator.ts';
import type { Serde } from '../serdes/serde.ts';
import type { SourceSpec, TimestampExtractor } from '../topology/node-spec.ts';

/** What of a fetched batch a task needs. */
export interface InputBatch {
  /** Records before it were worked on already. */
  readonly fromOffset: number;
  readonly nextOffset: number;
  readonly sizeBytes: number;
  readonly header: { readonly isControl: boolean };
  cursor(): RecordCursor;
}

/** What a task has of one partition of its input: batches, and the first record that was not worked on yet, decoded. */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly source: SourceSpec;
  /** What comes after the source. */
  readonly target: Operator;
  readonly #batches: InputBatch[] = [];
  #cursor: RecordCursor | null = null;
  #current: InputBatch | null = null;
  /** Whether `key`, `value`, `timestamp` and `offset` are those of a record. */
  hasHead = false;
  key: unknown = null;
  value: unknown = null;
  timestamp = -1;
  offset = -1;
  /** The greatest timestamp so far; -1 before the first record. */
  timeMs = -1;
  bufferedBytes = 0;
  /** Where to go on after a restart: everything before was worked on. -1 until something was. */
  nextOffset = -1;
  /** The end of the partition when it was last looked at; -1 before. */
  endOffset = -1;
  /** The offset after the last batch that came in; -1 before. */
  fetchedOffset = -1;
  readonly #keySerde: Serde<unknown>;
  readonly #valueSerde: Serde<unknown>;
  readonly #extractor: TimestampExtractor | null;

  constructor(topic: string, partition: number, source: SourceSpec, target: Operator) {
    this.topic = topic;
    this.partition = partition;
    this.source = source;
    this.target = target;
    this.#keySerde = source.keySerde;
    this.#valueSerde = source.valueSerde;
    this.#extractor = source.timestampExtractor;
  }

  get cursor(): RecordCursor | null {
    return this.#cursor;
  }

  get isEmpty(): boolean {
    return !this.hasHead && this.#cursor === null && this.#batches.length === 0;
  }

  /** All there is was fetched, so nothing is to be waited for. */
  get isCaughtUp(): boolean {
    return this.fetchedOffset >= this.endOffset && this.endOffset !== -1;
  }

  add(batch: InputBatch): void {
    this.#batches.push(batch);
    this.bufferedBytes += batch.sizeBytes;
    this.fetchedOffset = batch.nextOffset;
  }

  /** There is nothing to read before `offset`: control records, or what a cleaner took. */
  skipTo(offset: number): void {
    if (offset > this.fetchedOffset) this.fetchedOffset = offset;
    if (offset > this.nextOffset && this.isEmpty) this.nextOffset = offset;
  }

  /** Lets go of everything that is buffered. */
  clear(): void {
    this.#batches.length = 0;
    this.#cursor = null;
    this.#current = null;
    this.hasHead = false;
    this.bufferedBytes = 0;
  }

  /**
   * Steps to the next record and decodes it: false when there is none at the moment. Throws what the serde throws; the record is behind
   * us then, and `offset` is its.
   */
  advance(): boolean {
    this.hasHead = false;
    for (;;) {
      const cursor = this.#cursor;
      if (cursor === null) {
        if (!this.#openNext()) return false;
        continue;
      }
      if (!cursor.next()) {
        this.#closeCurrent();
        continue;
      }
      if (cursor.offset < this.#current!.fromOffset) continue;
      this.offset = cursor.offset;
      this.timestamp = cursor.timestamp;
      this.#decode(cursor);
      this.hasHead = true;
      return true;
    }
  }

  /** The head was worked on. */
  done(): void {
    this.hasHead = false;
    this.nextOffset = this.offset + 1;
    if (this.timestamp > this.timeMs) this.timeMs = this.timestamp;
  }

  #decode(cursor: RecordCursor): void {
    const { data, keyLength, keyStart, valueLength, valueStart } = cursor;
    this.key = keyLength < 0 ? null : this.#keySerde.decode(data, keyStart, keyStart + keyLength, this.topic);
    this.value =
      valueLength < 0 ? null : this.#valueSerde.decode(data, valueStart, valueStart + valueLength, this.topic);
    if (this.#extractor !== null) {
      this.timestamp = this.#extractor(this.value, this.key, cursor.timestamp, this.timeMs);
    }
  }

  #openNext(): boolean {
    const batch = this.#batches.shift();
    if (batch === undefined) return false;
    this.#current = batch;
    if (batch.header.isControl) this.#closeCurrent();
    else this.#cursor = batch.cursor();
    return true;
  }

  #closeCurrent(): void {
    const batch = this.#current!;
    this.bufferedBytes -= batch.sizeBytes;
    // The next offset may lie beyond the last record's: a control batch, or records that compaction took.
    if (batch.nextOffset > this.nextOffset) this.nextOffset = batch.nextOffset;
    this.#current = null;
    this.#cursor = null;
  }
}
