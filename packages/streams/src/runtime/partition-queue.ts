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

/** What is told while a serde has to ask for something before a batch can be read. */
export interface QueuePreparation {
  onPrepared(): void;
  /** It is tried again. */
  onFailed(error: unknown): void;
}

const noPreparation: QueuePreparation = { onPrepared() {}, onFailed() {} };
const retryMs = 500;

/** What a task has of one partition of its input: batches, and the first record that was not worked on yet, decoded. */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly source: SourceSpec;
  /** What comes after the source. */
  readonly target: Operator;
  readonly #batches: InputBatch[] = [];
  readonly #preparation: QueuePreparation;
  /** A serde asks for what the batch at hand needs. */
  #isPreparing = false;
  #isCleared = false;
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

  constructor(
    topic: string,
    partition: number,
    source: SourceSpec,
    target: Operator,
    preparation: QueuePreparation = noPreparation,
  ) {
    this.#preparation = preparation;
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
    return !this.hasHead && !this.#isPreparing && this.#cursor === null && this.#batches.length === 0;
  }

  /** All there is was fetched, so nothing is to be waited for. */
  get isCaughtUp(): boolean {
    return this.fetchedOffset >= this.endOffset && this.endOffset !== -1 && !this.#isPreparing;
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

  /** Lets go of everything that is buffered, for good. */
  clear(): void {
    this.#isCleared = true;
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
    if (this.#isPreparing) return false;
    const batch = this.#batches.shift();
    if (batch === undefined) return false;
    this.#current = batch;
    if (batch.header.isControl) this.#closeCurrent();
    else if (this.#isToBePrepared && this.#prepare(batch)) return false;
    else this.#cursor = batch.cursor();
    return true;
  }

  get #isToBePrepared(): boolean {
    return this.#keySerde.prepare !== undefined || this.#valueSerde.prepare !== undefined;
  }

  /** Asks for what the batch needs; false when all is there, as nearly always. */
  #prepare(batch: InputBatch): boolean {
    const pending: Promise<void>[] = [];
    const cursor = batch.cursor();
    while (cursor.next()) {
      if (cursor.offset < batch.fromOffset) continue;
      const { data, keyLength, keyStart, valueLength, valueStart } = cursor;
      const forKey =
        keyLength < 0 ? undefined : this.#keySerde.prepare?.(data, keyStart, keyStart + keyLength, this.topic);
      const forValue =
        valueLength < 0
          ? undefined
          : this.#valueSerde.prepare?.(data, valueStart, valueStart + valueLength, this.topic);
      if (forKey !== undefined) pending.push(forKey);
      if (forValue !== undefined) pending.push(forValue);
    }
    if (pending.length === 0) return false;
    this.#isPreparing = true;
    Promise.all(pending).then(
      () => {
        this.#isPreparing = false;
        if (this.#isCleared) return;
        this.#cursor = batch.cursor();
        this.#preparation.onPrepared();
      },
      (error: unknown) => {
        if (this.#isCleared) return;
        this.#preparation.onFailed(error);
        setTimeout(() => {
          if (this.#isCleared || this.#prepare(batch)) return;
          this.#isPreparing = false;
          this.#cursor = batch.cursor();
          this.#preparation.onPrepared();
        }, retryMs);
      },
    );
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
