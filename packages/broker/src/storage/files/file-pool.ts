import type { Files, OpenFile, OpenMode } from './files.ts';

/**
 * Keeps at most `maxOpen` files open, however many there are: ten thousand partitions must not need ten thousand descriptors.
 * The files used longest ago are closed and opened again when they are next needed.
 */
export class FilePool {
  readonly files: Files;
  readonly #maxOpen: number;
  readonly #open = new Set<PooledFile>();
  #tick = 0;

  constructor(files: Files, maxOpen: number) {
    this.files = files;
    this.#maxOpen = maxOpen;
  }

  get openCount(): number {
    return this.#open.size;
  }

  file(path: string): PooledFile {
    return new PooledFile(this, path);
  }

  /** @internal */
  opened(file: PooledFile): void {
    this.#open.add(file);
    if (this.#open.size > this.#maxOpen) this.#evict(file);
  }

  /** @internal */
  closed(file: PooledFile): void {
    this.#open.delete(file);
  }

  /** @internal */
  nextTick(): number {
    return ++this.#tick;
  }

  /** An eighth at a time, so that the sort is rare. */
  #evict(keep: PooledFile): void {
    const idle = [...this.#open].filter((file) => file !== keep && !file.isBusy).sort((a, b) => a.lastUse - b.lastUse);
    for (const file of idle.slice(0, Math.max(1, Math.floor(this.#maxOpen / 8)))) file.release();
  }
}

/** A file that opens itself when used. It must exist, or have been made by `create`. Errors are those of `Files`. */
export class PooledFile {
  readonly path: string;
  lastUse = 0;
  readonly #pool: FilePool;
  #handle: OpenFile | null = null;
  #pending = 0;
  #isRetired = false;
  /** Released while reads were in progress; made when needed, as there are tens of thousands of these objects. */
  #orphans: OpenFile[] | null = null;

  constructor(pool: FilePool, path: string) {
    this.#pool = pool;
    this.path = path;
  }

  get isBusy(): boolean {
    return this.#pending > 0;
  }

  /** Makes the file when it does not exist. */
  create(): void {
    this.#use('create');
  }

  get isRetired(): boolean {
    return this.#isRetired;
  }

  readSync(target: Buffer, position: number): number {
    return this.#use().readSync(target, position);
  }

  async read(target: Buffer, position: number): Promise<number> {
    const handle = this.#use();
    this.#pending++;
    try {
      return await handle.read(target, position);
    } finally {
      this.#done();
    }
  }

  writeSync(bytes: Buffer, position: number): void {
    this.#use().writeSync(bytes, position);
  }

  truncate(sizeBytes: number): void {
    this.#use().truncate(sizeBytes);
  }

  sizeBytes(): number {
    return this.#use().sizeBytes();
  }

  /** Without an exception for the usual case that there is no file. */
  sizeBytesOrZero(): number {
    return this.#handle !== null || this.#pool.files.exists(this.path) ? this.sizeBytes() : 0;
  }

  async sync(): Promise<void> {
    const handle = this.#use();
    this.#pending++;
    try {
      await handle.sync();
    } finally {
      this.#done();
    }
  }

  syncSync(): void {
    this.#use().syncSync();
  }

  /** Gives the descriptor back, at once or when the reads in progress are done; a later use opens the file again. */
  release(): void {
    const handle = this.#handle;
    if (handle === null) return;
    this.#handle = null;
    this.#pool.closed(this);
    if (this.#pending === 0) handle.close();
    else (this.#orphans ??= []).push(handle);
  }

  /** As `release`, and every later use fails: the path may belong to another file by then. */
  retire(): void {
    this.release();
    this.#isRetired = true;
  }

  #use(mode: OpenMode = 'write'): OpenFile {
    if (this.#isRetired) throw Object.assign(new Error(`ENOENT: ${this.path} is out of use`), { code: 'ENOENT' });
    this.lastUse = this.#pool.nextTick();
    if (this.#handle === null) {
      this.#handle = this.#pool.files.open(this.path, mode);
      this.#pool.opened(this);
    }
    return this.#handle;
  }

  #done(): void {
    this.#pending--;
    if (this.#pending > 0 || this.#orphans === null) return;
    for (const handle of this.#orphans) handle.close();
    this.#orphans = null;
  }
}
