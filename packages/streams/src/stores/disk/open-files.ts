import type { ReadableFile, StateFiles } from './state-files.ts';

/** Files that are read now and then: of very many, those that were opened last are open. */
export class OpenFiles {
  readonly #files: StateFiles;
  readonly #filesMax: number;
  readonly #open = new Map<string, ReadableFile>();

  constructor(files: StateFiles, filesMax: number) {
    this.#files = files;
    this.#filesMax = filesMax;
  }

  /** Valid until another one is asked for. */
  get(path: string): ReadableFile {
    const found = this.#open.get(path);
    if (found !== undefined) return found;
    const file = this.#files.open(path);
    this.#open.set(path, file);
    if (this.#open.size > this.#filesMax) this.close(this.#open.keys().next().value!);
    return file;
  }

  get count(): number {
    return this.#open.size;
  }

  close(path: string): void {
    this.#open.get(path)?.close();
    this.#open.delete(path);
  }
}
