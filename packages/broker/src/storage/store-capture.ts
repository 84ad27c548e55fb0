import { encodeLine } from './checked-lines.ts';
import type { Files } from './files/files.ts';
import type { JournalEntry } from './metadata-journal.ts';

/** A file as it was at the moment of a capture: its first bytes, which nothing changes any more, or its content. */
export interface CapturedFile {
  /** Below the data directory, with `/`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Null: to be read from the file. */
  readonly content: Buffer | null;
}

/** All that a data directory held at one moment. Deleting and compacting old segments waits until it is released. */
export interface StoreCapture {
  readonly dir: string;
  readonly files: Files;
  /** Of partitions. */
  readonly partitions: readonly CapturedFile[];
  /** Its topic was deleted since. To be asked in the turn in which the file was opened. */
  isGone(file: CapturedFile): boolean;
  /** Of the store itself, without the topics of these directories. */
  rest(goneDirectories: ReadonlySet<string>): CapturedFile[];
  release(): void;
}

/** `orders-0` of `orders-0/00000000000000000000.log`. */
export function directoryOf(path: string): string {
  return path.slice(0, path.indexOf('/'));
}

/** The journal of a directory that is made of a capture. */
export function capturedJournal(entries: readonly JournalEntry[], header: readonly unknown[]): Buffer {
  return Buffer.from([header, ...entries].map(encodeLine).join(''));
}
