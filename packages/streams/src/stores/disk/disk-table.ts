import { basename, join } from 'node:path';
import { StreamsError } from '../../streams-error.ts';
import { keyHash } from './key-filter.ts';
import { runsToMerge } from './merge-choice.ts';
import { MergedCursor } from './merged-cursor.ts';
import { OrderedRows, OrderedRowsCursor } from './ordered-rows.ts';
import type { Row } from './row.ts';
import { FlushJob, MergeJob, type RunJob, type RunJobOptions } from './run-job.ts';
import { RunCursor, RunDamaged, SortedRun, type SoughtKey } from './sorted-run.ts';
import type { StateFiles } from './state-files.ts';
import type { StateMemory } from './state-memory.ts';
import { readManifest, removeManifest, type TableManifest, writeManifest } from './table-manifest.ts';

export interface DiskTableOptions<V> {
  readonly name: string;
  readonly memory: StateMemory;
  encode(value: V): Buffer;
  decode(bytes: Buffer): V;
  /** Of a key: its end that tells rows apart which are read together (the time of a window). */
  readonly suffixLength: number;
  /** By which rows are let go, epoch milliseconds. */
  timeOf(key: string, timestamp: number): number;
  /** Rows that are older than the newest by more are gone; null: none ever is. Only where the time is part of the key. */
  readonly retentionMs: number | null;
}

/** Rows that are not to change any more. */
interface Frozen<V> {
  readonly rows: OrderedRows<V>;
  readonly bytes: number;
  /** The changelog's offset that they go up to; null while the commit that they are part of is under way. */
  nextOffset: number | null;
}

interface DiskWork {
  /** Whether there is more to do; what fails is told by the table. */
  step(): boolean;
  abandon(): void;
}

export interface TableEntry<V> {
  readonly key: string;
  readonly value: V;
  readonly timestamp: number;
}

/** What a row in memory costs beside its key and value. */
const rowBytes = 160;
const retryMs = 250;
/** Runs that one read may have to ask, about. */
const runsMax = 16;
/** Rows that were restored faster than they are written are waited for beyond it. */
const frozenMax = 2;

/**
 * Rows by key, more than fit into memory: a log-structured merge tree. What is written is gathered in memory; with a commit it is frozen,
 * and once the commit has succeeded it becomes a sorted file (a run), which a manifest takes up together with the changelog's offset that it
 * goes up to. So the disk never has what was not committed, and a process that is killed goes on from the manifest. Runs are merged in the
 * background, some rows a step. Reads ask the rows in memory and then the runs, the newest first.
 */
export class DiskTable<V> {
  readonly #options: DiskTableOptions<V>;
  #files: StateFiles | null = null;
  #directory = '';
  #identity = '';
  #active = new OrderedRows<V>();
  #activeBytes = 0;
  /** The newest first. */
  readonly #frozen: Frozen<V>[] = [];
  #runs: SortedRun[] = [];
  #nextRun = 1;
  /** What is committed of the changelog; -1: nothing that is known. */
  #nextOffset = -1;
  /** What the manifest says of it. */
  #writtenOffset = -1;
  #newestMs = Number.NEGATIVE_INFINITY;
  #floorMs = Number.NEGATIVE_INFINITY;
  #valueBytes = 32;
  #lastFlushMs = performance.now();
  /** Something was written since the changes were last drained; something was drained whose commit is under way. */
  #isTouched = false;
  #isDrained = false;
  /** What is done in the background. */
  #current: DiskWork | null = null;
  #failure: unknown = null;
  #retryAtMs = 0;
  #damage: StreamsError | null = null;
  #waiting: (() => void)[] = [];
  #isClosed = false;
  /** Of what was read from the disk last. */
  #readKey: string | null = null;
  #readValue: V | null = null;
  #readTimestamp = 0;
  /** Of the row that `get` has found. */
  timestamp = 0;
  /** Times that a run or the manifest could not be written. */
  failures = 0;
  onFailure: (error: unknown) => void = () => {};

  constructor(options: DiskTableOptions<V>) {
    this.#options = options;
  }

  /**
   * Goes on from what the directory has, or begins anew where that is not whole or of another identity.
   *
   * @throws what the file system throws
   */
  open(directory: string, identity: string): { manifest: TableManifest | null; reason: string } {
    this.#directory = directory;
    this.#identity = identity;
    const { files } = this.#options.memory;
    this.#files = files;
    files.makeDirectory(directory);
    const manifest = readManifest(files, directory);
    let reason = manifest === null && files.list(directory).length > 0 ? 'it has no whole manifest' : '';
    if (manifest !== null && manifest.identity !== identity) reason = 'it is of another topology';
    else if (manifest !== null) {
      try {
        for (const name of manifest.runs) this.#runs.push(this.#openRun(name));
      } catch (error) {
        reason = (error as Error).message;
      }
    }
    if (reason !== '' || manifest === null) {
      this.reset();
      return { manifest: null, reason };
    }
    for (const name of files.list(directory)) {
      if (name !== 'manifest' && !manifest.runs.includes(name)) files.remove(join(directory, name));
      this.#nextRun = Math.max(this.#nextRun, Number.parseInt(name, 10) + 1 || 1);
    }
    this.#nextOffset = manifest.nextOffset;
    this.#writtenOffset = manifest.nextOffset;
    this.#newestMs = manifest.newestMs ?? Number.NEGATIVE_INFINITY;
    return { manifest, reason };
  }

  /** Lets everything go, on the disk too. */
  reset(): void {
    for (const run of this.#runs) this.#closeRun(run);
    this.#runs = [];
    this.#nextOffset = -1;
    this.#writtenOffset = -1;
    this.#newestMs = Number.NEGATIVE_INFINITY;
    this.#readKey = null;
    if (this.#files === null) return;
    this.#files.remove(this.#directory);
    this.#files.makeDirectory(this.#directory);
  }

  get isOpen(): boolean {
    return this.#files !== null;
  }

  get nextOffset(): number {
    return this.#nextOffset;
  }

  /** The greatest time of the rows that were written; minus infinity when there were none. */
  get newestMs(): number {
    return this.#newestMs;
  }

  /** At most so many; a row that was written over counts again until its runs are merged. */
  get count(): number {
    let count = this.#active.count;
    for (const { rows } of this.#frozen) count += rows.count;
    for (const { rows } of this.#runs) count += rows;
    return count;
  }

  /** In memory and on the disk. */
  get sizeBytes(): number {
    let bytes = this.#activeBytes;
    for (const frozen of this.#frozen) bytes += frozen.bytes;
    for (const { sizeBytes } of this.#runs) bytes += sizeBytes;
    return bytes;
  }

  get runsCount(): number {
    return this.#runs.length;
  }

  /** Null when there is no row; its `timestamp` when there is. @throws StreamsError HW_STREAMS_TASK_CORRUPTED */
  get(key: string): V | null {
    let row = this.#active.get(key);
    for (let index = 0; row === undefined && index < this.#frozen.length; index++) {
      row = this.#frozen[index]!.rows.get(key);
    }
    if (row === undefined) return this.#read(key);
    this.timestamp = row.timestamp;
    return this.#isGone(key, row.timestamp) ? null : row.value;
  }

  /** The row to be written. */
  put(key: string, value: V | null, timestamp: number, isTracked: boolean): Row<V> {
    this.#isTouched = true;
    let row = this.#active.get(key);
    if (row === undefined) {
      const before = isTracked ? this.get(key) : null;
      row = this.#active.add(key);
      if (this.#activeBytes === 0) this.#options.memory.unwrittenStores++;
      const bytes = rowBytes + key.length + this.#valueBytes;
      this.#activeBytes += bytes;
      this.#options.memory.written(bytes);
      row.value = before;
    }
    if (isTracked && !row.isUnsent) row.sentValue = row.value;
    row.value = value;
    row.timestamp = timestamp;
    const timeMs = this.#options.timeOf(key, timestamp);
    if (timeMs > this.#newestMs) this.#newestMs = timeMs;
    return row;
  }

  /** Why nothing more should be written: the disk takes nothing, and memory has no room. Null: it may be. */
  noRoom(): StreamsError | null {
    if (this.#failure === null) return null;
    this.#work();
    const { memory, name } = this.#options;
    if (this.#activeBytes < memory.storeBytesMax && !memory.isPressed) return null;
    const reason = this.#failure instanceof Error ? this.#failure.message : String(this.#failure);
    const message = `the store ${name} cannot be written to the disk, and memory has no room for more: ${reason}`;
    return new StreamsError('HW_STREAMS_STORE', message, { cause: this.#failure });
  }

  /**
   * Rows from one key to another, both included, in the order of the keys. `isTogether`: both keys are the same but for the suffix. What is
   * written meanwhile may be seen or not.
   */
  *scan(from: string, to: string | null, isTogether = false): IterableIterator<TableEntry<V>> {
    const sought = this.#sought(from);
    const runs = this.#runs.filter((run) => {
      return run.newestMs >= this.#limitMs && (!isTogether || to === null || run.mayHaveBetween(sought, to));
    });
    for (const run of runs) run.retain();
    try {
      const cursors: (OrderedRowsCursor<V> | RunCursor)[] = [new OrderedRowsCursor(this.#active, from)];
      for (const { rows } of this.#frozen) cursors.push(new OrderedRowsCursor(rows, from));
      for (const run of runs) cursors.push(run.cursor(sought, isTogether));
      const merged = new MergedCursor(cursors);
      for (;;) {
        const { current } = merged;
        if (current === null) return;
        const { key } = current;
        if (to !== null && key > to) return;
        let value: V | null;
        let timestamp: number;
        if (current instanceof RunCursor) {
          const bytes = current.valueBytes;
          value = bytes === null ? null : this.#options.decode(bytes);
          timestamp = current.timestamp;
        } else ({ timestamp, value } = current.row);
        if (value !== null && !this.#isGone(key, timestamp)) yield { key, value, timestamp };
        merged.advance();
      }
    } catch (error) {
      throw this.#damaged(error);
    } finally {
      for (const run of runs) run.release();
    }
  }

  /** Keys that had an earlier timestamp, some of them twice; null after each 256 rows. Runs without such rows are not read. */
  *keysBefore(timestamp: number): IterableIterator<string | null> {
    const runs = this.#runs.filter(({ oldestMs }) => oldestMs < timestamp);
    for (const run of runs) run.retain();
    try {
      const rows = [this.#active, ...this.#frozen.map((frozen) => frozen.rows)];
      const cursors: (() => OrderedRowsCursor<V> | RunCursor)[] = [
        ...rows.map((each) => () => new OrderedRowsCursor(each, '')),
        ...runs.map((run) => () => run.cursor(null, false)),
      ];
      let looked = 0;
      for (const open of cursors) {
        for (const cursor = open(); !cursor.isDone; cursor.advance()) {
          const found = cursor instanceof RunCursor ? cursor.timestamp : cursor.row.timestamp;
          if (found < timestamp) yield cursor.key;
          if (++looked % 256 === 0) yield null;
        }
      }
    } catch (error) {
      throw this.#damaged(error);
    } finally {
      for (const run of runs) run.release();
    }
  }

  /** Rows of before are gone. */
  expireBefore(timeMs: number): void {
    if (timeMs > this.#floorMs) this.#floorMs = timeMs;
  }

  // --- commits ----------------------------------------------------------------------------------------------------------

  /** How large values are, for what is told of memory. */
  noteValueBytes(bytes: number): void {
    this.#valueBytes += (bytes - this.#valueBytes) * 0.01;
  }

  /** All changes were handed over to the commit that is made now. */
  drained(): void {
    this.#isDrained ||= this.#isTouched;
    this.#isTouched = false;
    if (this.#isFlushDue()) this.#freeze(null);
    else if (this.#failure !== null) this.#work();
  }

  /** The commit whose changes were drained has succeeded. `nextOffset`: where the changelog goes on after it; -1 when it is not known. */
  committed(nextOffset: number): void {
    this.#isDrained = false;
    if (nextOffset > this.#nextOffset) this.#nextOffset = nextOffset;
    for (const frozen of this.#frozen) frozen.nextOffset ??= this.#nextOffset;
    this.#work();
  }

  /** All before `nextOffset` was put back; a promise where the disk is behind. @throws StreamsError HW_STREAMS_STORE when it is full */
  restored(nextOffset: number): Promise<void> | undefined {
    this.#isTouched = false;
    if (nextOffset > this.#nextOffset) this.#nextOffset = nextOffset;
    if (this.#isFlushDue()) this.#freeze(this.#nextOffset);
    this.#work();
    // Nobody waits for the disk: what there is is written at once.
    if (this.#frozen.length > 2 * frozenMax) this.#writeFrozen();
    const reason = this.noRoom();
    if (reason !== null) throw reason;
    if (this.#frozen.length < frozenMax || this.#failure !== null) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #isFlushDue(): boolean {
    const bytes = this.#activeBytes;
    if (bytes === 0 || this.#frozen.length >= frozenMax || this.#files === null) return false;
    if (this.#failure !== null && this.#frozen.length > 0) return false;
    const { memory } = this.#options;
    if (bytes >= memory.storeBytesMax || memory.isFull) return true;
    if (memory.isPressed) return bytes * 2 * memory.unwrittenStores >= memory.writtenBytes;
    return performance.now() - this.#lastFlushMs >= memory.flushIntervalMs;
  }

  #freeze(nextOffset: number | null): void {
    this.#frozen.unshift({ rows: this.#active, bytes: this.#activeBytes, nextOffset });
    this.#active = new OrderedRows();
    this.#activeBytes = 0;
    this.#options.memory.unwrittenStores--;
    this.#lastFlushMs = performance.now();
  }

  // --- the disk ---------------------------------------------------------------------------------------------------------

  /** Begins what there is to do in the background, one thing at a time. */
  #work(): void {
    if (this.#current !== null || this.#isClosed || this.#files === null || this.#damage !== null) return;
    if (this.#failure !== null && performance.now() < this.#retryAtMs) return;
    const work = this.#nextWork();
    if (work === null) return;
    this.#current = work;
    this.#options.memory.start({
      step: () => {
        if (this.#current !== work) return false;
        if (work.step()) return true;
        this.#current = null;
        this.#work();
        return false;
      },
    });
  }

  #nextWork(): DiskWork | null {
    const frozen = this.#frozen.at(-1);
    const isFrozen = frozen !== undefined && frozen.nextOffset !== null;
    // Rows may wait, and those who write more then, while there are too many runs to be read.
    if (isFrozen && this.#runs.length < runsMax) return this.#flushing(frozen);
    this.#dropRunsPastTheirTime();
    const choice = runsToMerge(this.#runs, this.#limitMs);
    if (choice !== null) return this.#merging(...choice);
    return isFrozen ? this.#flushing(frozen) : null;
  }

  /** Makes a run of what is frozen. */
  #flushing(frozen: Frozen<V>): DiskWork {
    const name = this.#newName();
    const begin = () => {
      const options = this.#jobOptions(name, this.#runs.length === 0);
      return new FlushJob(new OrderedRowsCursor(frozen.rows, ''), this.#options.encode, options);
    };
    return this.#writing(begin, ({ rows }) => {
      const runs = rows === 0 ? [] : [this.#openRun(name)];
      this.#install([...runs, ...this.#runs], runs, frozen.nextOffset!);
      this.#frozen.pop();
      this.#options.memory.written(-frozen.bytes);
      this.#readKey = null;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const resolve of waiting) resolve();
    });
  }

  /** Makes one run of runs[from, to). */
  #merging(from: number, to: number): DiskWork {
    const merged = this.#runs.slice(from, to);
    const name = this.#newName();
    const begin = () => {
      const cursors = merged.map((run) => run.cursor(null, false));
      return new MergeJob(new MergedCursor(cursors), this.#jobOptions(name, to === this.#runs.length));
    };
    return this.#writing(begin, ({ rows }) => {
      const runs = rows === 0 ? [] : [this.#openRun(name)];
      const kept = [...this.#runs];
      kept.splice(kept.indexOf(merged[0]!), merged.length, ...runs);
      this.#install(kept, runs, null);
      for (const run of merged) this.#removeRun(run);
    });
  }

  #writing(begin: () => RunJob, finish: (job: RunJob) => void): DiskWork {
    let job: RunJob | null = null;
    return {
      step: () => {
        try {
          job ??= begin();
          if (job.step()) return true;
          finish(job);
          this.#failure = null;
        } catch (error) {
          this.#failed(error, job);
        }
        return false;
      },
      abandon: () => job?.abandon(),
    };
  }

  #jobOptions(name: string, isOldest: boolean): RunJobOptions {
    const { suffixLength, timeOf } = this.#options;
    const isGone = (key: string, timestamp: number) => this.#isGone(key, timestamp);
    return { path: join(this.#directory, name), files: this.#files!, suffixLength, timeOf, isGone, isOldest };
  }

  /** Takes runs up. `nextOffset`: null: as it is on the disk. */
  #install(runs: SortedRun[], added: readonly SortedRun[], nextOffset: number | null): void {
    try {
      this.#writeManifest(runs, nextOffset);
    } catch (error) {
      for (const run of added) this.#closeRun(run);
      throw error;
    }
    this.#runs = runs;
  }

  #writeManifest(runs: readonly SortedRun[], nextOffset: number | null): void {
    const offset = nextOffset ?? this.#writtenOffset;
    writeManifest(this.#files!, this.#directory, {
      format: 1,
      identity: this.#identity,
      nextOffset: offset,
      runs: runs.map(({ path }) => basename(path)),
      newestMs: this.#newestMs,
      savedAtMs: Date.now(),
    });
    this.#writtenOffset = offset;
  }

  #dropRunsPastTheirTime(): void {
    const limitMs = this.#limitMs;
    const gone = this.#runs.filter(({ newestMs }) => newestMs < limitMs);
    if (gone.length === 0) return;
    try {
      this.#install(
        this.#runs.filter((run) => !gone.includes(run)),
        [],
        null,
      );
      for (const run of gone) this.#removeRun(run);
    } catch (error) {
      this.#failed(error, null);
    }
  }

  #failed(error: unknown, job: { abandon(): void } | null): void {
    try {
      job?.abandon();
    } catch {
      // What is left of it is taken away when the store is opened the next time.
    }
    if (error instanceof RunDamaged) {
      this.#damaged(error);
      return;
    }
    this.failures++;
    this.#failure = error;
    this.#retryAtMs = performance.now() + retryMs;
    this.onFailure(error);
  }

  /** What is thrown for it: the store is filled anew then. */
  #damaged(error: unknown): unknown {
    if (!(error instanceof RunDamaged)) return error;
    if (this.#damage === null) {
      this.#damage = new StreamsError(
        'HW_STREAMS_TASK_CORRUPTED',
        `The store ${this.#options.name} is damaged on the disk and is filled anew from its changelog: ${error.message}`,
        { cause: error },
      );
      try {
        removeManifest(this.#files!, this.#directory);
      } catch {
        // The damage is found again the next time.
      }
      this.onFailure(this.#damage);
    }
    return this.#damage;
  }

  #read(key: string): V | null {
    if (key === this.#readKey) {
      this.timestamp = this.#readTimestamp;
      return this.#isGone(key, this.timestamp) ? null : this.#readValue;
    }
    if (this.#damage !== null) throw this.#damage;
    let value: V | null = null;
    if (this.#runs.length > 0) {
      const sought = this.#sought(key);
      try {
        for (const run of this.#runs) {
          if (!run.find(sought)) continue;
          const bytes = run.foundValue;
          this.timestamp = run.foundTimestamp;
          if (bytes !== null && !this.#isGone(key, this.timestamp)) value = this.#options.decode(bytes);
          break;
        }
      } catch (error) {
        throw this.#damaged(error);
      }
    }
    this.#readKey = key;
    this.#readValue = value;
    this.#readTimestamp = this.timestamp;
    return value;
  }

  #sought(key: string): SoughtKey {
    const hash = keyHash(key, key.length - this.#options.suffixLength);
    return { key, bytes: Buffer.from(key, 'latin1'), hash };
  }

  get #limitMs(): number {
    const { retentionMs } = this.#options;
    return retentionMs === null ? this.#floorMs : Math.max(this.#floorMs, this.#newestMs - retentionMs);
  }

  #isGone(key: string, timestamp: number): boolean {
    const limitMs = this.#limitMs;
    return limitMs !== Number.NEGATIVE_INFINITY && this.#options.timeOf(key, timestamp) < limitMs;
  }

  #newName(): string {
    return `${String(this.#nextRun++).padStart(8, '0')}.run`;
  }

  #openRun(name: string): SortedRun {
    const { cache, openFiles } = this.#options.memory;
    const run = new SortedRun(join(this.#directory, name), openFiles, cache);
    this.#options.memory.pinnedBytes += run.pinnedBytes;
    return run;
  }

  #closeRun(run: SortedRun): void {
    this.#options.memory.pinnedBytes -= run.pinnedBytes;
    run.release();
  }

  #removeRun(run: SortedRun): void {
    this.#options.memory.pinnedBytes -= run.pinnedBytes;
    run.remove(this.#files!);
  }

  /** At once, what can be written. */
  #writeFrozen(): void {
    this.#abandonWork();
    for (let left = this.#frozen.length; left > 0; left--) {
      const frozen = this.#frozen.at(-1)!;
      if (frozen.nextOffset === null) return;
      const work = this.#flushing(frozen);
      while (work.step());
      if (this.#frozen.length === left) return;
    }
  }

  /** What is half made is made anew, if it is wanted still. */
  #abandonWork(): void {
    try {
      this.#current?.abandon();
    } catch {
      // What is left of it is taken away when the store is opened the next time.
    }
    this.#current = null;
  }

  /** Where the changelog has gone on without a change of the rows. */
  #writeOffset(): void {
    if (this.#nextOffset <= this.#writtenOffset) return;
    try {
      this.#writeManifest(this.#runs, this.#nextOffset);
    } catch (error) {
      this.onFailure(error);
    }
  }

  /** Writes what is committed. May be called twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { memory } = this.#options;
    this.#abandonWork();
    if (this.#files !== null && this.#damage === null) {
      const isCommitted = !this.#isTouched && !this.#isDrained;
      if (isCommitted && this.#activeBytes > 0) this.#freeze(this.#nextOffset);
      this.#writeFrozen();
      if (isCommitted && this.#frozen.length === 0) this.#writeOffset();
    }
    memory.written(-this.#activeBytes);
    if (this.#activeBytes > 0) memory.unwrittenStores--;
    for (const { bytes } of this.#frozen) memory.written(-bytes);
    this.#activeBytes = 0;
    this.#active = new OrderedRows();
    this.#frozen.length = 0;
    for (const run of this.#runs) this.#closeRun(run);
    this.#runs = [];
    for (const resolve of this.#waiting) resolve();
    this.#waiting = [];
  }
}
