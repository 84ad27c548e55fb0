import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  read,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { takeLock } from './data-dir-lock.ts';
import type { DirectoryEntry, DirectoryLock, DiskSpace, Files, OpenFile, OpenMode } from './files.ts';

/** The file system of the machine. */
export function nodeFiles(): Files {
  return new NodeFiles();
}

class NodeFiles implements Files {
  makeDirectory(path: string): void {
    mkdirSync(path, { recursive: true });
  }

  list(path: string): DirectoryEntry[] {
    return readdirSync(path, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      isDirectory: entry.isDirectory(),
    }));
  }

  exists(path: string): boolean {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  }

  sizeBytes(path: string): number {
    return statSync(path).size;
  }

  modifiedAtMs(path: string): number {
    return statSync(path).mtimeMs;
  }

  space(path: string): DiskSpace {
    const { bavail, blocks, bsize } = statfsSync(path);
    return { totalBytes: blocks * bsize, usableBytes: bavail * bsize };
  }

  open(path: string, mode: OpenMode): OpenFile {
    // Not the `a` flags: Linux ignores the position of a write to a file opened for appending.
    const access = mode === 'read' ? constants.O_RDONLY : constants.O_RDWR;
    return new NodeFile(openSync(path, mode === 'create' ? access | constants.O_CREAT : access, 0o644));
  }

  readFile(path: string): Buffer {
    return readFileSync(path);
  }

  replaceFile(path: string, content: Buffer, isDurable: boolean): void {
    const draft = `${path}.tmp`;
    try {
      writeFileSync(draft, content, { flush: isDurable });
      renameSync(draft, path);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
    if (isDurable) this.syncDirectory(dirname(path));
  }

  rename(from: string, to: string): void {
    renameSync(from, to);
  }

  remove(path: string): void {
    rmSync(path, { force: true });
  }

  async removeTree(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true });
  }

  syncDirectory(path: string): void {
    // Windows cannot open directories, and needs no such sync.
    if (process.platform === 'win32') return;
    const fd = openSync(path, constants.O_RDONLY);
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  lock(path: string): DirectoryLock {
    return takeLock(join(path, 'lock'));
  }
}

class NodeFile implements OpenFile {
  readonly #fd: number;
  #isOpen = true;

  constructor(fd: number) {
    this.#fd = fd;
  }

  readSync(target: Buffer, position: number): number {
    let done = 0;
    while (done < target.length) {
      const count = readSync(this.#fd, target, done, target.length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  read(target: Buffer, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const next = (done: number): void => {
        read(this.#fd, target, done, target.length - done, position + done, (error, count) => {
          if (error) reject(error);
          else if (count === 0 || done + count === target.length) resolve(done + count);
          else next(done + count);
        });
      };
      next(0);
    });
  }

  writeSync(bytes: Buffer, position: number): void {
    let done = 0;
    while (done < bytes.length) {
      done += writeSync(this.#fd, bytes, done, bytes.length - done, position + done);
    }
  }

  truncate(sizeBytes: number): void {
    ftruncateSync(this.#fd, sizeBytes);
  }

  sizeBytes(): number {
    return fstatSync(this.#fd).size;
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => fdatasync(this.#fd, (error) => (error ? reject(error) : resolve())));
  }

  syncSync(): void {
    fdatasyncSync(this.#fd);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#fd);
  }
}
