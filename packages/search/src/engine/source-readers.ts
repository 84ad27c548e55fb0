import type { Files, ReadFile } from './files.ts';
import type { SourceReader } from './segment.ts';

/** Sources that are not on disk (yet). */
export class MemorySource implements SourceReader {
  readonly #bytes: Buffer;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  read(offset: number, length: number): Buffer {
    return this.#bytes.subarray(offset, offset + length);
  }
  get sizeBytes(): number {
    return this.#bytes.length;
  }
  get bytes(): Buffer {
    return this.#bytes;
  }
}

/** Sources in a file. Reads are synchronous: the page cache answers in microseconds, less than a promise costs. */
export class FileSource implements SourceReader {
  readonly #file: ReadFile;
  constructor(files: Files, path: string) {
    this.#file = files.openRead(path);
  }
  read(offset: number, length: number): Buffer {
    return this.#file.read(offset, length);
  }
  get sizeBytes(): number {
    return this.#file.sizeBytes;
  }
  close(): void {
    this.#file.close();
  }
}
