import { decodeLine, encodeLine } from './checked-lines.ts';
import type { FilePool, PooledFile } from './files/file-pool.ts';
import { SharedRun } from './shared-run.ts';
import { ioError, StorageError } from './storage-error.ts';

/** One change; the last one of a kind and key wins. */
export type JournalEntry =
  | ['topic', name: string, topicId: string, partitions: number, configs: [string, string][]]
  /** Its files are on their way out. */
  | ['topic-deleting', name: string, topicId: string]
  | ['topic-deleted', topicId: string]
  | ['log-start', topicId: string, partition: number, offset: number]
  | ['value', key: string, value: string | null];

export interface OpenedJournal {
  journal: MetadataJournal;
  entries: JournalEntry[];
  /** There was no journal, or nothing of it was readable. */
  isNew: boolean;
  /** Bytes of a torn end that were cut off. */
  cutBytes: number;
}

export const journalHeader = ['headwater-metadata', 1] as const;
const header = journalHeader;
/** Room that is given up when the disk is full, so that a topic can still be deleted to make some. */
const reserveBytes = 64 * 1024;
/** Rewritten when it holds so many lines, and most of them are history. */
const rewriteLinesMin = 1000;

/**
 * What the store knows beside the records: topics, configurations, a few values. A text file of checked lines that only grows, and
 * is rewritten when most of it is history, so that creating ten thousand topics does not write ten thousand files of all topics.
 */
export class MetadataJournal {
  readonly #pool: FilePool;
  readonly #file: PooledFile;
  readonly #path: string;
  readonly #sync: SharedRun;
  #sizeBytes: number;
  #lines: number;
  #forgottenLines = 0;
  #hasTornEnd = false;
  /** Not at a start: the process before may have been killed before it synced what is read now. */
  #isSynced = false;
  #hasReserve = false;

  private constructor(pool: FilePool, path: string, sizeBytes: number, lines: number) {
    this.#pool = pool;
    this.#path = path;
    this.#file = pool.file(path);
    this.#sizeBytes = sizeBytes;
    this.#lines = lines;
    this.#sync = new SharedRun(async () => {
      this.#isSynced = true;
      await this.#file.sync();
    });
  }

  static open(pool: FilePool, path: string): OpenedJournal {
    const { files } = pool;
    const content = files.exists(path) ? files.readFile(path) : Buffer.alloc(0);
    const entries: unknown[][] = [];
    let sizeBytes = 0;
    for (let end = content.indexOf(10); end >= 0; end = content.indexOf(10, sizeBytes)) {
      const entry = decodeLine(content.toString('utf8', sizeBytes, end));
      if (entry === undefined) break;
      entries.push(entry);
      sizeBytes = end + 1;
    }
    const first = entries.shift();
    if (first !== undefined && (first[0] !== header[0] || first[1] !== header[1])) {
      throw new StorageError(
        'HW_BROKER_DATA_DIR_UNREADABLE',
        'KAFKA_STORAGE_ERROR',
        `${path} is of format ${first.join(' ')}, this version reads ${header.join(' ')}. Use the version that wrote it, or another data directory.`,
      );
    }
    const journal = new MetadataJournal(pool, path, sizeBytes, entries.length);
    if (first === undefined) journal.rewrite([]);
    else if (sizeBytes < content.length) journal.#file.truncate(sizeBytes);
    const cutBytes = content.length - sizeBytes;
    return { journal, entries: entries as JournalEntry[], isNew: first === undefined, cutBytes };
  }

  /** Written when it returns, on the disk after `flush`. @throws StorageError KAFKA_STORAGE_ERROR, with nothing changed */
  append(entries: JournalEntry[]): void {
    const bytes = Buffer.from(entries.map(encodeLine).join(''));
    try {
      this.#write(bytes);
    } catch (error) {
      if (!this.#giveUpReserve(error)) throw ioError('Writing the metadata', error);
      try {
        this.#write(bytes);
      } catch (again) {
        throw ioError('Writing the metadata', again);
      }
    }
    this.#sizeBytes += bytes.length;
    this.#lines += entries.length;
    this.#isSynced = false;
  }

  /** Those found at the start, and all since. */
  get changes(): number {
    return this.#forgottenLines + this.#lines;
  }

  isRewriteDue(liveLines: number): boolean {
    return this.#lines > rewriteLinesMin && this.#lines > 2 * liveLines;
  }

  /** Replaces the whole by its current state. */
  rewrite(entries: JournalEntry[]): void {
    const bytes = Buffer.from([header, ...entries].map(encodeLine).join(''));
    this.#file.release();
    this.#pool.files.replaceFile(this.#path, bytes, true);
    this.#sizeBytes = bytes.length;
    this.#forgottenLines += Math.max(0, this.#lines - entries.length);
    this.#lines = entries.length;
    this.#hasTornEnd = false;
  }

  async flush(): Promise<void> {
    if (this.#isSynced) return this.#sync.settled();
    try {
      await this.#sync.run();
    } catch (error) {
      this.#isSynced = false;
      throw ioError('Syncing the metadata', error);
    }
  }

  flushSync(): void {
    try {
      this.#file.syncSync();
    } catch (error) {
      throw ioError('Syncing the metadata', error);
    }
  }

  close(): void {
    this.#file.release();
  }

  /** Sets room aside again when there is any. */
  keepReserve(): void {
    if (this.#hasReserve) return;
    try {
      const { files } = this.#pool;
      const path = this.#reservePath;
      this.#hasReserve = files.exists(path) && files.sizeBytes(path) === reserveBytes;
      if (!this.#hasReserve) files.replaceFile(path, Buffer.alloc(reserveBytes, 'headwater '), false);
      this.#hasReserve = true;
    } catch {
      // No room now; the next round tries again.
    }
  }

  get #reservePath(): string {
    return `${this.#path}.reserve`;
  }

  #giveUpReserve(error: unknown): boolean {
    const { code } = error as NodeJS.ErrnoException;
    if (!this.#hasReserve || (code !== 'ENOSPC' && code !== 'EDQUOT')) return false;
    this.#hasReserve = false;
    this.#pool.files.remove(this.#reservePath);
    return true;
  }

  #write(bytes: Buffer): void {
    if (this.#hasTornEnd) this.#cutTornEnd();
    try {
      this.#file.writeSync(bytes, this.#sizeBytes);
    } catch (error) {
      this.#hasTornEnd = true;
      this.#cutTornEnd();
      throw error;
    }
  }

  #cutTornEnd(): void {
    this.#file.truncate(this.#sizeBytes);
    this.#hasTornEnd = false;
  }
}
