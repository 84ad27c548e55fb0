import { mkdirSync } from 'node:fs';
import { compareLabels, type LabelSet } from '../labels/label-set.ts';
import type { Matcher } from '../labels/matcher.ts';
import { bitsOf, type SampleBuffer, staleHigh, staleLow } from './chunk-codec.ts';
import { ChunkFiles } from './chunk-files.ts';
import type { ChunkPlace, Series } from './series.ts';
import { SeriesIndex } from './series-index.ts';
import { SeriesLog } from './series-log.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

export interface SampleStoreOptions {
  /** Where series are kept over a restart. Default: in memory only. */
  directory?: string;
  /** Default 7 days. */
  retentionMs?: number;
  /** Bytes of closed chunks, on disk or in memory; the oldest go first. Default 512 MiB, in memory 64 MiB. */
  retentionBytes?: number;
  /** Bytes of chunks that stay in memory beside the disk. Default 32 MiB. */
  memoryBytesMax?: number;
  /** Most series at once; more are refused and counted. Default 100,000. */
  seriesMax?: number;
  now?: () => number;
}

export type AppendResult = 'added' | 'duplicate' | 'out-of-order' | 'too-old' | 'series-limit';

export interface StoreStats {
  series: number;
  samples: number;
  /** Of closed chunks. */
  storedBytes: number;
  memoryBytes: number;
  refusedSeries: number;
  outOfOrder: number;
  duplicates: number;
  oldestMs: number;
  writeErrors: number;
}

const samplesOfChunk = 240;
const walBytesMax = 16 * 1024 * 1024;
const dayMs = 86_400_000;
/** What an open chunk, the table and the labels of a series take, about. */
const seriesBytes = 1_000;

/** Series and their samples: newest in memory, older ones on disk, the oldest let go. */
export class SampleStore {
  readonly index = new SeriesIndex();
  readonly #options: Required<Omit<SampleStoreOptions, 'directory'>>;
  readonly #files: ChunkFiles | undefined;
  readonly #wal: WriteAheadLog | undefined;
  readonly #log: SeriesLog | undefined;
  readonly #read: (place: ChunkPlace) => Uint8Array | undefined;
  #samples = 0;
  #bodyBytes = 0;
  #refusedSeries = 0;
  #outOfOrder = 0;
  #duplicates = 0;
  #writeErrors = 0;
  #isClosed = false;

  constructor({ directory, ...options }: SampleStoreOptions = {}) {
    this.#options = {
      retentionMs: 7 * dayMs,
      retentionBytes: (directory === undefined ? 64 : 512) * 1024 * 1024,
      memoryBytesMax: 32 * 1024 * 1024,
      seriesMax: 100_000,
      now: Date.now,
      ...options,
    };
    if (directory !== undefined) {
      mkdirSync(directory, { recursive: true });
      this.#files = new ChunkFiles(directory);
      this.#wal = new WriteAheadLog(directory);
      this.#log = new SeriesLog(directory);
      this.#restore(this.#files, this.#wal, this.#log);
    }
    this.#read = (place) => this.#files?.read(place);
  }

  /** The series of these labels, made when it is new; undefined: there are too many. */
  series(labels: LabelSet): Series | undefined {
    const known = this.index.get(labels);
    if (known !== undefined) return known;
    if (this.index.size >= this.#options.seriesMax) {
      this.#refusedSeries += 1;
      return undefined;
    }
    const series = this.index.add(labels);
    this.#log?.add(series);
    return series;
  }

  append(series: Series, timeMs: number, value: number): AppendResult {
    const [low, high] = bitsOf(value);
    return this.#append(series, timeMs, low, high);
  }

  /** Says that the series has ended: it is not in answers from here on, until there is another sample. */
  appendStale(series: Series, timeMs: number): AppendResult {
    return this.#append(series, timeMs, staleLow, staleHigh);
  }

  /** Makes safe what was appended: after it a killed process has lost nothing. */
  flush(): void {
    if (this.#wal === undefined || this.#isClosed) return;
    try {
      this.#log!.flush();
      this.#wal.flush();
      if (this.#wal.bytes >= walBytesMax) this.#checkpoint();
    } catch {
      // A disk that is full: what is in memory is still answered; told by the counter.
      this.#writeErrors += 1;
    }
  }

  /** Series with samples in [fromMs, toMs], in the order of their labels. */
  select(matchers: readonly Matcher[], fromMs: number, toMs: number): Series[] {
    return this.index
      .select(matchers)
      .filter((series) => series.overlaps(fromMs, toMs))
      .sort((a, b) => compareLabels(a.labels, b.labels));
  }

  /** Appends samples of [fromMs, toMs] to `out`. */
  read(series: Series, fromMs: number, toMs: number, out: SampleBuffer): void {
    series.read(fromMs, toMs, out, this.#read);
  }

  /** Lets go of what is too old, or too much. To be called now and then. */
  clean(): void {
    if (this.#isClosed) return;
    const { memoryBytesMax, now, retentionBytes, retentionMs } = this.#options;
    const beforeMs = now() - retentionMs;
    if (this.#files !== undefined) {
      const file = this.#files.expired(beforeMs, retentionBytes);
      if (file !== undefined) {
        for (const series of this.index.all()) this.#count(series.dropFiles(file));
        this.#files.remove(file);
      }
      if (this.#bodyBytes > memoryBytesMax) {
        this.#files.flush();
        for (const series of this.index.all()) this.#bodyBytes -= series.forgetBodies(this.#files.flushedFile);
      }
    } else {
      for (const series of this.index.all()) this.#count(series.dropBefore(beforeMs));
      // An equal share of the time goes for all when there is no room.
      for (let share = 0.1; this.#bodyBytes > retentionBytes && share <= 1; share += 0.1) {
        const cutMs = beforeMs + retentionMs * share;
        for (const series of this.index.all()) this.#count(series.dropBefore(cutMs));
      }
    }
    for (const series of [...this.index.all()]) {
      const { open } = series;
      if (open !== null && open.lastMs < beforeMs) {
        this.#samples -= open.count;
        series.open = null;
      }
      if (series.isEmpty && series.lastMs < beforeMs) this.index.remove(series);
    }
  }

  stats(): StoreStats {
    let oldestMs = Number.POSITIVE_INFINITY;
    let openBytes = 0;
    for (const series of this.index.all()) {
      oldestMs = Math.min(oldestMs, series.firstMs);
      openBytes += series.open?.capacityBytes ?? 0;
    }
    return {
      series: this.index.size,
      samples: this.#samples,
      storedBytes: this.#files?.bytes ?? this.#bodyBytes,
      memoryBytes: this.#bodyBytes + openBytes + this.index.size * seriesBytes,
      refusedSeries: this.#refusedSeries,
      outOfOrder: this.#outOfOrder,
      duplicates: this.#duplicates,
      oldestMs,
      writeErrors: this.#writeErrors,
    };
  }

  /** May be called twice. */
  close(): void {
    if (this.#isClosed) return;
    this.flush();
    this.#isClosed = true;
    this.#wal?.close();
    this.#files?.close();
  }

  #append(series: Series, timeMs: number, low: number, high: number): AppendResult {
    if (timeMs <= series.lastMs) {
      const { open } = series;
      if (timeMs === series.lastMs && open !== null && open.lastLow === low && open.lastHigh === high) {
        this.#duplicates += 1;
        return 'duplicate';
      }
      this.#outOfOrder += 1;
      return 'out-of-order';
    }
    if (timeMs < this.#options.now() - this.#options.retentionMs) return 'too-old';
    this.#wal?.add(series.ref, timeMs, low, high);
    this.#add(series, timeMs, low, high);
    return 'added';
  }

  #add(series: Series, timeMs: number, low: number, high: number): void {
    const chunk = series.add(timeMs, low, high);
    this.#samples += 1;
    if (chunk.count >= samplesOfChunk) this.#seal(series);
  }

  #seal(series: Series): void {
    const { open } = series;
    if (open === null) return;
    const body = open.bytes();
    const place = this.#files?.add(series.ref, open.firstMs, open.lastMs, open.count, body) ?? {
      file: 0,
      offset: 0,
      length: body.length,
    };
    series.addClosed(open.firstMs, open.lastMs, open.count, place, body);
    series.open = null;
    this.#bodyBytes += body.length;
  }

  #checkpoint(): void {
    for (const series of this.index.all()) this.#seal(series);
    this.#files!.flush();
    this.#wal!.restart();
    this.#log!.compact(this.index.size, this.index.all());
  }

  #count({ bytes, samples }: { bytes: number; samples: number }): void {
    this.#bodyBytes -= bytes;
    this.#samples -= samples;
  }

  #restore(files: ChunkFiles, wal: WriteAheadLog, log: SeriesLog): void {
    const byRef = new Map<number, Series>();
    log.open((ref, labels) => {
      // One that went and came again has two numbers.
      const known = this.index.get(labels);
      this.index.reserve(ref);
      if (!byRef.has(ref)) byRef.set(ref, known ?? this.index.add(labels, ref));
    });
    files.open(({ count, firstMs, lastMs, ref, ...place }) => {
      const series = byRef.get(ref);
      if (series === undefined || firstMs <= series.lastMs) return;
      series.addClosed(firstMs, lastMs, count, place, undefined);
      this.#samples += count;
    });
    wal.open((ref, timeMs, low, high) => {
      const series = byRef.get(ref);
      // What is in a closed chunk is in the log of samples too, until the next checkpoint.
      if (series !== undefined && timeMs > series.lastMs) this.#add(series, timeMs, low, high);
    });
    for (const series of [...this.index.all()]) if (series.isEmpty) this.index.remove(series);
  }
}
