/**
 * Everything that storage does with a disk, so that the same log runs on a file system, in memory, and on a disk that fails on
 * purpose. Paths use `/`. Calls are synchronous where the caller needs the result before it goes on (appends, small metadata),
 * asynchronous where a slow disk would stop every client (cold reads, fsync).
 *
 * Errors are thrown as the system gives them (`error.code` is ENOSPC, EIO, ENOENT …).
 */
export interface Files {
  /** Makes the directory and its parents; no error when it is there. */
  makeDirectory(path: string): void;
  /** Names of files and directories in it, in no particular order. ENOENT when absent. */
  list(path: string): DirectoryEntry[];
  exists(path: string): boolean;
  sizeBytes(path: string): number;
  modifiedAtMs(path: string): number;
  open(path: string, mode: OpenMode): OpenFile;
  readFile(path: string): Buffer;
  /**
   * Replaces the file in one step: after a crash of the process the old or the new content is there, never a mixture. After a power
   * cut too when `isDurable`, which costs an fsync; else it may then be empty.
   */
  replaceFile(path: string, content: Buffer, isDurable: boolean): void;
  rename(from: string, to: string): void;
  /** No error when absent. */
  remove(path: string): void;
  /** Removes a directory with all that is in it. No error when absent. */
  removeTree(path: string): Promise<void>;
  /** Makes created, renamed and removed names of a directory durable. */
  syncDirectory(path: string): void;
  /** Room of the disk that holds it; null where nobody knows. */
  space(path: string): DiskSpace | null;
  /** Takes the directory for this process. @throws StorageError HW_BROKER_DATA_DIR_LOCKED */
  lock(path: string): DirectoryLock;
}

export interface DiskSpace {
  totalBytes: number;
  /** What may still be written. */
  usableBytes: number;
}

export interface DirectoryEntry {
  name: string;
  isDirectory: boolean;
}

/** `read` and `write` (which reads too) ask for a file that exists; `create` makes it when it is absent, and writes. */
export type OpenMode = 'read' | 'write' | 'create';

export interface OpenFile {
  /** Fills `target` from `position`; returns the bytes read, fewer only at the end of the file. */
  readSync(target: Buffer, position: number): number;
  read(target: Buffer, position: number): Promise<number>;
  /** Writes all of `bytes` at `position` or throws; bytes may have been written when it throws. */
  writeSync(bytes: Buffer, position: number): void;
  truncate(sizeBytes: number): void;
  sizeBytes(): number;
  sync(): Promise<void>;
  syncSync(): void;
  close(): void;
}

export interface DirectoryLock {
  /** The lock belonged to a process that is gone. */
  readonly stalePid: number | null;
  release(): void;
}
