import type { MergedCursor } from './merged-cursor.ts';
import type { OrderedRowsCursor } from './ordered-rows.ts';
import { RunWriter } from './run-writer.ts';
import type { RunCursor } from './sorted-run.ts';
import type { StateFiles, WritableFile } from './state-files.ts';

/** Rows that one step writes, at most. */
const stepRows = 512;

export interface RunJobOptions {
  readonly path: string;
  readonly files: StateFiles;
  readonly suffixLength: number;
  timeOf(key: string, timestamp: number): number;
  /** Whether a row is past its time. */
  isGone(key: string, timestamp: number): boolean;
  /** There are no older rows that one which was taken away would have to hide. */
  readonly isOldest: boolean;
}

/** Writes a run, some rows a step. */
export abstract class RunJob {
  protected readonly options: RunJobOptions;
  readonly #file: WritableFile;
  readonly #writer: RunWriter;
  #isClosed = false;

  constructor(options: RunJobOptions) {
    this.options = options;
    this.#file = options.files.create(options.path);
    this.#writer = new RunWriter(this.#file, options.suffixLength);
  }

  /** Rows that were written; a run of none is not to be used. */
  get rows(): number {
    return this.#writer.rows;
  }

  /** Whether there is more to do. @throws what the file system throws: `abandon` then */
  step(): boolean {
    for (let rows = 0; rows < stepRows; rows++) if (!this.writeNext()) return this.#finish();
    return true;
  }

  protected abstract writeNext(): boolean;

  protected write(key: string, value: Buffer | null, timestamp: number): void {
    const { isGone, isOldest, timeOf } = this.options;
    if ((value === null && isOldest) || isGone(key, timestamp)) return;
    this.#writer.add(key, value, timestamp, timeOf(key, timestamp));
  }

  #finish(): false {
    if (this.#writer.rows > 0) this.#writer.finish();
    this.#close();
    if (this.#writer.rows === 0) this.options.files.remove(this.options.path);
    return false;
  }

  abandon(): void {
    this.#close();
    this.options.files.remove(this.options.path);
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#file.close();
  }
}

/** Makes a run of rows in memory. */
export class FlushJob<V> extends RunJob {
  readonly #cursor: OrderedRowsCursor<V>;
  readonly #encode: (value: V) => Buffer;

  constructor(cursor: OrderedRowsCursor<V>, encode: (value: V) => Buffer, options: RunJobOptions) {
    super(options);
    this.#cursor = cursor;
    this.#encode = encode;
  }

  protected override writeNext(): boolean {
    const cursor = this.#cursor;
    if (cursor.isDone) return false;
    const { key, timestamp, value } = cursor.row;
    this.write(key, value === null ? null : this.#encode(value), timestamp);
    cursor.advance();
    return true;
  }
}

/** Makes one run of several. */
export class MergeJob extends RunJob {
  readonly #cursor: MergedCursor<RunCursor>;

  constructor(cursor: MergedCursor<RunCursor>, options: RunJobOptions) {
    super(options);
    this.#cursor = cursor;
  }

  protected override writeNext(): boolean {
    const { current } = this.#cursor;
    if (current === null) return false;
    this.write(current.key, current.valueBytes, current.timestamp);
    this.#cursor.advance();
    return true;
  }
}
