import {
  closeSync,
  existsSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statfsSync,
  writevSync,
} from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** A file that only grows; appends are complete when the call returns, durable when `sync` resolves. */
export interface AppendFile {
  readonly sizeBytes: number;
  /** An append failed and could not be taken back: the file must not be used any more. */
  readonly isDamaged: boolean;
  /** Appends all chunks, or throws and leaves the file as it was. */
  append(chunks: readonly Uint8Array[]): void;
  sync(): Promise<void>;
  close(): void;
}

export interface ReadFile {
  readonly sizeBytes: number;
  read(offset: number, length: number): Buffer;
  close(): void;
}

/** All file access of the store goes through here, so that tests can make it fail. */
export interface Files {
  makeDir(path: string): void;
  list(path: string): string[];
  readFile(path: string): Promise<Buffer>;
  /** Writes a whole file under a temporary name, makes it durable and gives it its name. */
  writeFile(path: string, chunks: readonly Uint8Array[]): Promise<void>;
  /** Opens for appending, at most `sizeBytes` of what is there kept. */
  openAppend(path: string, sizeBytes: number): AppendFile;
  openRead(path: string): ReadFile;
  remove(path: string): Promise<void>;
  freeBytes(path: string): number;
}

const datasync = promisify(fdatasync);

export const nodeFiles: Files = {
  makeDir: (path) => void mkdirSync(path, { recursive: true }),
  list(path) {
    try {
      return readdirSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  },
  readFile: (path) => readFile(path),
  async writeFile(path, chunks) {
    const temporary = `${path}.tmp`;
    try {
      const file = await open(temporary, 'w');
      try {
        for (const chunk of chunks) if (chunk.byteLength > 0) await file.writeFile(chunk);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      await syncDirectory(dirname(path));
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      throw error;
    }
  },
  openAppend: (path, sizeBytes) => new NodeAppendFile(path, sizeBytes),
  openRead: (path) => new NodeReadFile(path),
  remove: async (path) => {
    await rm(path, { recursive: true, force: true });
  },
  freeBytes(path) {
    const stats = statfsSync(path);
    return stats.bavail * stats.bsize;
  },
};

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

class NodeAppendFile implements AppendFile {
  sizeBytes: number;
  isDamaged = false;
  readonly #path: string;
  #fd: number;
  /** The directory may not know of the file yet. */
  #isNew: boolean;

  constructor(path: string, sizeBytes: number) {
    this.#path = path;
    this.#isNew = !existsSync(path);
    this.#fd = openSync(path, 'a+');
    const found = fstatSync(this.#fd).size;
    if (found > sizeBytes) ftruncateSync(this.#fd, sizeBytes);
    this.sizeBytes = Math.min(found, sizeBytes);
  }

  append(chunks: readonly Uint8Array[]): void {
    if (this.isDamaged) throw new Error(`${this.#path} could not be written to and is not used any more`);
    let wanted = 0;
    for (const chunk of chunks) wanted += chunk.byteLength;
    let written = 0;
    try {
      // A short write means that the disk is nearly full: the next one says so.
      let rest = chunks;
      while (written < wanted) {
        const count = writevSync(this.#fd, rest.slice(0, 1000) as NodeJS.ArrayBufferView[]);
        written += count;
        if (written < wanted) rest = dropBytes(rest, count);
      }
    } catch (error) {
      try {
        ftruncateSync(this.#fd, this.sizeBytes);
      } catch {
        this.isDamaged = true;
      }
      throw error;
    }
    this.sizeBytes += written;
  }

  async sync(): Promise<void> {
    if (this.#fd < 0) return;
    await datasync(this.#fd);
    if (!this.#isNew) return;
    await syncDirectory(dirname(this.#path));
    this.#isNew = false;
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }
}

function dropBytes(chunks: readonly Uint8Array[], count: number): Uint8Array[] {
  let drop = count;
  const rest: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (drop >= chunk.byteLength) drop -= chunk.byteLength;
    else {
      rest.push(drop > 0 ? chunk.subarray(drop) : chunk);
      drop = 0;
    }
  }
  return rest;
}

const openFilesMax = 256;
/** Readers with an open descriptor, longest unused first. */
const openReaders = new Set<NodeReadFile>();

class NodeReadFile implements ReadFile {
  readonly sizeBytes: number;
  readonly #path: string;
  #fd = -1;
  #isClosed = false;

  constructor(path: string) {
    this.#path = path;
    this.#open();
    this.sizeBytes = fstatSync(this.#fd).size;
  }

  read(offset: number, length: number): Buffer {
    if (this.#fd < 0) this.#open();
    else {
      openReaders.delete(this);
      openReaders.add(this);
    }
    const buffer = Buffer.allocUnsafeSlow(length);
    let at = 0;
    while (at < length) {
      const count = readSync(this.#fd, buffer, at, length - at, offset + at);
      if (count === 0) throw new Error(`${this.#path} ends at ${offset + at}, ${length - at} bytes are missing`);
      at += count;
    }
    return buffer;
  }

  close(): void {
    this.#isClosed = true;
    this.#release();
  }

  #open(): void {
    if (this.#isClosed) throw new Error(`${this.#path} was closed`);
    if (openReaders.size >= openFilesMax) openReaders.values().next().value!.#release();
    this.#fd = openSync(this.#path, 'r');
    openReaders.add(this);
  }

  #release(): void {
    openReaders.delete(this);
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }
}

export function joinPath(...parts: string[]): string {
  return join(...parts);
}
